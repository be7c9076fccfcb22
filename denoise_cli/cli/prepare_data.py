"""`hifidenoise prepare-data`: folders of recordings into a prepared corpus."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from denoise_cli.errors import UsageConflict

if TYPE_CHECKING:
    from denoise_cli.data.sources import SpeakerNaming

SPREADING = frozenset({"--speech", "--noise", "--rir", "--pairs"})


class SpreadingCommand(TyperCommand):
    """Takes `--speech A B` for `--speech A --speech B`; the command has no arguments that this could swallow."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, spread(args))


def spread(args: list[str]) -> list[str]:
    """Repeat a spreading flag before each of the values that follow it."""
    result: list[str] = []
    flag: str | None = None
    values = 0
    for arg in args:
        if arg.startswith("-"):
            flag, values = (arg, 0) if arg in SPREADING else (None, 0)
            result.append(arg)
            continue
        if flag is not None and values > 0:
            result.append(flag)
        result.append(arg)
        values += 1
    return result


Output = Annotated[Path, typer.Option("-o", "--output", metavar="CORPUS", help="Folder of the corpus.")]
Speech = Annotated[
    list[Path] | None,
    typer.Option("--speech", metavar="DIR...", help="Clean speech, as SOURCE/SPEAKER/file or SPEAKER/file."),
]
Noise = Annotated[list[Path] | None, typer.Option("--noise", metavar="DIR...", help="Noise recordings.")]
Rir = Annotated[
    list[Path] | None, typer.Option("--rir", metavar="DIR...", help="Room impulse responses; each channel counts.")
]
Pairs = Annotated[
    list[Path] | None,
    typer.Option("--pairs", metavar="NOISY CLEAN...", help="Noisy and clean recordings by the same names."),
]
Seed = Annotated[int, typer.Option("--seed", help="Of the split into train and dev.")]
DevShare = Annotated[float, typer.Option("--dev-share", help="Share of speakers, noises and rooms in dev.")]
SpeakerDepth = Annotated[
    int | None,
    typer.Option("--speaker-depth", min=1, metavar="N", help="The first N folders name the speaker; default: all."),
]
SpeakerFrom = Annotated[
    str | None,
    typer.Option("--speaker-from", metavar="REGEX", help="First group, searched in the path, names the speaker."),
]
MinSeconds = Annotated[
    float, typer.Option("--min-seconds", min=0, help="In seconds; shorter speech is skipped (noise: 0.1).")
]
MinSnr = Annotated[float, typer.Option("--min-snr", help="In dB; noisier speech is skipped.")]
MinBandwidth = Annotated[
    float, typer.Option("--min-bandwidth", min=0, help="In Hz; speech that reaches less high is skipped.")
]
MinRate = Annotated[
    int, typer.Option("--min-rate", min=1, help="In Hz; speech and rooms of lower sample rate are skipped.")
]
MaxClipped = Annotated[
    float,
    typer.Option("--max-clipped", min=0, max=1, help="Share of samples; speech with more in flat tops is skipped."),
]
Jobs = Annotated[
    int | None, typer.Option("-j", "--jobs", min=1, help="Files decoded at a time; default: one a processor.")
]

Shards = Annotated[
    str | None,
    typer.Option("--shards", metavar="ADDRESS", help="Also write it as tar shards: to a folder, s3://..., gs://..."),
]
ShardMb = Annotated[int, typer.Option("--shard-mb", min=1, help="Size of a shard [MB].")]


def prepare_data(
    output: Output, speech: Speech = None, noise: Noise = None, rir: Rir = None, pairs: Pairs = None,
    seed: Seed = 0, dev_share: DevShare = 0.05, speaker_depth: SpeakerDepth = None, speaker_from: SpeakerFrom = None,
    min_seconds: MinSeconds = 0.5, min_snr: MinSnr = 15.0, min_bandwidth: MinBandwidth = 6000.0,
    min_rate: MinRate = 16_000, max_clipped: MaxClipped = 1e-4, jobs: Jobs = None,
    shards: Shards = None, shard_mb: ShardMb = 64,
) -> None:  # fmt: skip
    """Prepare a corpus for training from folders of clean speech, noise and room impulse responses.

    Recordings of any format, rate and depth that libsndfile reads become 16 kHz mono (the first channel). Bad ones are
    skipped, with the reason in CORPUS/report.json. A second run decodes only what is new; an interrupted one goes on
    where it stopped. --speech A B is the same as --speech A --speech B. A speaker is all of train or all of dev.
    """
    from denoise_cli.cli.prepare_summary import PrepareProgressBar, print_summary
    from denoise_cli.data.screening import Thresholds
    from denoise_cli.workflows.prepare_data import PrepareOptions, prepare_data

    options = PrepareOptions(
        corpus=output, speech=speech or (), noise=noise or (), rir=rir or (), pairs=_two_by_two(pairs or []),
        seed=seed, dev_share=dev_share, naming=_naming(speaker_depth, speaker_from), jobs=jobs or os.cpu_count() or 1,
        thresholds=Thresholds(
            min_seconds=min_seconds, min_rate_hz=min_rate, max_clipped_share=max_clipped, min_snr_db=min_snr,
            min_bandwidth_hz=min_bandwidth,
        ),
    )  # fmt: skip
    with PrepareProgressBar() as progress:
        report = prepare_data(options, progress.update)
    print_summary(report, output)
    if shards is not None:
        _write_shards(output, shards, shard_mb)


def _write_shards(corpus: Path, address: str, shard_mb: int) -> None:
    from denoise_cli.data.corpus import Corpus
    from denoise_cli.data.shard_store import write_shards

    written = write_shards(Corpus.open(corpus), address, shard_mb)
    typer.echo(f"{len(written)} shards in {address}", err=True)


def _two_by_two(folders: list[Path]) -> list[tuple[Path, Path]]:
    if len(folders) % 2:
        raise UsageConflict(f"--pairs {folders[-1]}: needs two folders, noisy and clean")
    return list(zip(folders[::2], folders[1::2], strict=True))


def _naming(depth: int | None, pattern: str | None) -> "SpeakerNaming":
    from denoise_cli.data.sources import SpeakerNaming

    if depth is not None and pattern is not None:
        raise UsageConflict("--speaker-depth and --speaker-from: give only one of them")
    try:
        return SpeakerNaming(depth, re.compile(pattern) if pattern is not None else None)
    except re.error as error:
        raise UsageConflict(f"--speaker-from {pattern}: not a regular expression ({error})") from error
