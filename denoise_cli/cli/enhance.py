"""`hifidenoise enhance`: files and folders in, the same without noise and reverberation out."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import typer

from denoise_cli.audio.output_format import OutputFormat
from denoise_cli.audio.raw_format import RawEncoding, RawFormat
from denoise_cli.cli import options as flags
from denoise_cli.errors import UsageConflict
from denoise_cli.inference.options import (
    ChannelRule,
    ClipRule,
    ClusterName,
    EngineName,
    EnhanceOptions,
    HighBandRule,
    Precision,
    parse_channels,
)

if TYPE_CHECKING:
    from denoise_cli.inference.engine import Engine
    from denoise_cli.workflows.plan_jobs import Plan


def enhance(
    inputs: flags.Inputs = None,
    output: flags.Output = None,
    residual: flags.Residual = None,
    filename: flags.Filename = None,
    format_name: flags.Format = None,
    subtype: flags.Subtype = None,
    sample_rate: flags.SampleRate = None,
    input_list: flags.InputList = None,
    raw_format: flags.RawSamples = None,
    raw_rate: flags.RawRate = None,
    raw_channels: flags.RawChannels = None,
    model: flags.Model = "default",
    offline: flags.Offline = False,
    atten_lim: flags.AttenuationLimit = None,
    mix: flags.Mix = 1.0,
    high_band: flags.HighBand = HighBandRule.FOLLOW,
    clip: flags.Clip = ClipRule.SCALE,
    loudness: flags.Loudness = None,
    channels: flags.Channels = "keep",
    overwrite: flags.Overwrite = False,
    skip_existing: flags.SkipExisting = False,
    recursive: flags.Recursive = True,
    shard: flags.ShardOfPlan = None,
    dry_run: flags.DryRun = False,
    device: flags.Device = "auto",
    threads: flags.Threads = None,
    precision: flags.ComputePrecision = Precision.FLOAT32,
    jobs: flags.Jobs = None,
    engine_cluster: flags.Cluster = ClusterName.NONE,
    engine: flags.Engine = EngineName.AUTO,
    chunk_seconds: flags.ChunkSeconds = None,
    cycle_spins: flags.CycleSpins = 1,
    as_json: flags.Json = False,
    quiet: flags.Quiet = False,
) -> None:
    """Remove noise and reverberation from speech recordings.

    Rate, channels, length, alignment, level and format stay as they are. Exit code: 0 all done, 1 some failed, 2 wrong
    usage and nothing written, 3 the model could not be started, 130 interrupted.
    """
    from denoise_cli.audio.format_checks import parse_output_format
    from denoise_cli.cli.console import Console, print_plan
    from denoise_cli.inference.engine_choice import open_engine
    from denoise_cli.models.finding import find_model
    from denoise_cli.models.reference import parse_reference
    from denoise_cli.workflows.enhance_files import enhance_files
    from denoise_cli.workflows.file_threads import default_threads
    from denoise_cli.workflows.input_names import take_inputs
    from denoise_cli.workflows.plan_jobs import Existing, parse_shard, plan_jobs
    from denoise_cli.workflows.target_names import TargetNames

    if overwrite and skip_existing:
        raise UsageConflict("--overwrite and --skip-existing: choose one")
    existing = Existing.REPLACE if overwrite else Existing.SKIP if skip_existing else Existing.REFUSE
    raw = _raw(raw_format, raw_rate, raw_channels)
    written = parse_output_format(format_name, subtype, sample_rate)
    rule = parse_channels(channels)
    chosen = EnhanceOptions(
        high_band, clip, mix, atten_lim, chunk_seconds, written, rule, loudness, as_json, cycle_spins
    )
    names = TargetNames(filename, written)
    part = None if shard is None else parse_shard(shard)
    plan = plan_jobs(take_inputs(inputs or (), input_list), output, existing, recursive, residual, names, part)
    if raw is not None:
        _check_raw(plan, residual, chosen)
    if dry_run:
        print_plan(plan)
        return
    _check_streams(plan, as_json)
    if plan.jobs and parse_reference(model) is not None:  # a download has a bar of its own, before the console's
        model = str(find_model(model, offline, not quiet and sys.stderr.isatty()))
    at_once = min(jobs, max(1, len(plan.jobs))) if jobs is not None else default_threads(len(plan.jobs))
    with _ended_by_sigterm(), Console(len(plan.jobs), quiet, as_json) as console:

        def load() -> "Engine":
            return open_engine(model, device, threads, engine, precision, at_once, console.notes)

        if raw is not None:
            from denoise_cli.workflows.enhance_raw import enhance_raw

            report = enhance_raw(raw, load, chosen, console)
        elif engine_cluster is ClusterName.RAY:
            from denoise_cli.workflows.ray_cluster import RayWorkers, enhance_on_ray

            remote = partial(open_engine, str(find_model(model).absolute()), device, threads or 1, engine, precision)
            workers = RayWorkers(threads or 1, 1 if device.startswith("cuda") else 0, jobs)
            report = enhance_on_ray(plan, remote, chosen, console, workers)
        else:
            report = enhance_files(plan, load, chosen, console, at_once)
    console.summary(report)
    raise typer.Exit(report.exit_code)


def _raw(encoding: RawEncoding | None, sample_rate: int | None, channels: int | None) -> RawFormat | None:
    if encoding is None:
        if sample_rate is not None or channels is not None:
            raise UsageConflict("--raw-rate and --raw-channels: say nothing without --raw-format")
        return None
    if sample_rate is None:
        raise UsageConflict(f"--raw-format {encoding.value}: needs --raw-rate, which nothing in the samples tells")
    return RawFormat(encoding, sample_rate, channels or 1)


def _check_raw(plan: "Plan", residual: str | None, chosen: EnhanceOptions) -> None:
    """Raises UsageConflict for what samples without a header cannot be made into."""
    from denoise_cli.workflows.plan_jobs import STANDARD_JOB

    if residual is not None or plan.jobs != (STANDARD_JOB,):
        raise UsageConflict("--raw-format: goes from standard input to standard output only, as in `enhance - -o -`")
    if (chosen.written, chosen.channels, chosen.loudness_lufs) != (OutputFormat(), ChannelRule.KEEP, None):
        raise UsageConflict(
            "--raw-format: goes out as it came in; leave format, rate, channels and loudness to the next program"
        )


def _check_streams(plan: "Plan", as_json: bool) -> None:
    """Raises UsageConflict where standard input or output cannot be what the plan wants of it."""
    from denoise_cli.workflows.plan_jobs import STANDARD_STREAM

    for job in plan.jobs:
        if job.source == STANDARD_STREAM and sys.stdin.isatty():
            raise UsageConflict("-: standard input is a terminal; pipe a recording in, as in `cat in.wav | ...`")
        if job.target == STANDARD_STREAM and as_json:
            raise UsageConflict("--json and -o -: both want standard output; choose one")
        if job.target == STANDARD_STREAM and sys.stdout.isatty():
            raise UsageConflict("-o -: standard output is a terminal; redirect it, as in `> out.wav`")


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Lets SIGTERM end the command as Ctrl-C does, by an exception: what is half-written is then removed."""

    def end(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
