"""`hifidenoise train-stage1`, `train-stage2` and `train-stage3`: one function, made for three stages."""

import json
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from denoise_cli.cli.one_line import one_line
from denoise_cli.errors import DenoiseError, TrainingFailed, UsageConflict

if TYPE_CHECKING:
    from denoise_cli.config import Config
    from denoise_cli.training.processes import Place
    from denoise_cli.workflows.train_stage import TrainOptions


class LogStyle(str, Enum):
    """How a run reports."""

    text = "text"
    json = "json"


Data = Annotated[
    str, typer.Option("--data", help="Prepared corpus, made by prepare-data; or the address of shards, as s3://...")
]
Output = Annotated[Path, typer.Option("-o", "--output", help="Run folder; it is also a model folder.")]
Init = Annotated[Path | None, typer.Option("--init", help="Model folder to start from; a smaller WaveNet grows.")]
Preset = Annotated[str, typer.Option("--preset", help="compact or paper.")]
ConfigFile = Annotated[Path | None, typer.Option("--config", help="TOML file that changes the preset.")]
Assignments = Annotated[
    list[str] | None, typer.Option("--set", help="One change, for instance train.batch_size=4; repeatable.")
]
Resume = Annotated[bool, typer.Option("--resume/--no-resume", help="Go on with the run in the output folder.")]
MaxSteps = Annotated[int | None, typer.Option("--max-steps", min=0, help="Stop at this step.")]
MaxMinutes = Annotated[float | None, typer.Option("--max-minutes", min=0, help="Stop after these minutes [min].")]
Device = Annotated[str, typer.Option("-d", "--device", help="auto, cpu, cuda, cuda:N or mps.")]
Threads = Annotated[int | None, typer.Option("--threads", min=1, help="CPU threads of each process.")]
Gpus = Annotated[
    int | None,
    typer.Option("--gpus", min=1, metavar="N", help="Train on N GPUs of this machine; with --device cpu, N processes."),
]
Log = Annotated[LogStyle, typer.Option("--log", help="json: one object a line on stdout, and no progress on stderr.")]


@dataclass(frozen=True)
class Job:
    """What one process does; it travels to processes that are started for it."""

    stage: str
    config: "Config"
    options: "TrainOptions"
    log: LogStyle


def train_command(stage: str) -> Callable[..., None]:
    """The command of a stage."""

    def train(
        data: Data, output: Output, init: Init = None, preset: Preset = "compact", config: ConfigFile = None,
        assignments: Assignments = None, resume: Resume = True, max_steps: MaxSteps = None,
        max_minutes: MaxMinutes = None, device: Device = "auto", threads: Threads = None, gpus: Gpus = None,
        log: Log = LogStyle.text,
    ) -> None:  # fmt: skip
        from denoise_cli.config_io import load_config
        from denoise_cli.workflows.train_stage import TrainOptions

        options = TrainOptions(data, output, init, resume, max_steps, max_minutes, device, threads, _place())
        job = Job(stage, load_config(preset, config, assignments or ()), options, log)
        if gpus is None or gpus == 1:
            _run(job)
        else:
            _run_in_processes(gpus, job)

    return train


def _place() -> "Place":
    """Of this process, where torchrun or another launcher has started it."""
    from denoise_cli.training.processes import Place

    names = ("RANK", "LOCAL_RANK", "WORLD_SIZE")
    if not all(name in os.environ for name in names):
        return Place()
    return Place(*(int(os.environ[name]) for name in names))


def _run(job: Job) -> None:
    from denoise_cli.cli.training_progress import TrainingProgress
    from denoise_cli.training.stages import STAGES
    from denoise_cli.workflows.train_stage import train_stage

    first, as_json = job.options.place.rank == 0, job.log is LogStyle.json
    if first:  # others wait for it in code that no handler interrupts; once they train, they note signals themselves
        for number in (signal.SIGINT, signal.SIGTERM):  # a scheduler's end, and Ctrl-C also under nohup: save and go
            signal.signal(number, signal.default_int_handler)
    with TrainingProgress(job.stage, quiet=as_json or not first) as progress:
        on_line = typer.echo if as_json and first else None
        scores = train_stage(STAGES[job.stage], job.config, job.options, progress.update, on_line)
    if first:
        _report_end(job, scores)


def _report_end(job: Job, scores: dict[str, float]) -> None:
    output = str(job.options.output)
    if job.log is LogStyle.json:
        typer.echo(json.dumps({"kind": "end", "stage": job.stage, "model": output, "scores": scores}))
        return
    listed = ", ".join(f"{name} {value:.3f}" for name, value in scores.items())
    typer.echo(f"{job.stage}: {listed} on dev; model in {output}", err=True)


def _run_in_processes(count: int, job: Job) -> None:
    import torch

    from denoise_cli.training.launch import ProcessFailed, run_in_processes

    if job.options.place.count > 1:
        raise UsageConflict("--gpus: a launcher has started this process already; leave the number to it")
    present = torch.cuda.device_count()
    if job.options.device in ("auto", "cuda") and present < count:
        raise UsageConflict(f"--gpus {count}: this machine has {present}; --device cpu runs processes without GPUs")
    if job.options.device not in ("auto", "cuda", "cpu"):
        raise UsageConflict(f"--gpus {count}: --device {job.options.device} is one device")
    threads = job.options.threads or max(1, torch.get_num_threads() // count)
    try:
        run_in_processes(count, Worker(replace(job, options=replace(job.options, threads=threads))))
    except ProcessFailed as failed:
        raise typer.Exit(failed.exit_code if failed.exit_code > 0 else 1) from None


@dataclass(frozen=True)
class Worker:
    """The work of a started process: it takes its place, and turns errors into its exit code."""

    job: Job

    def __call__(self) -> None:
        place = _place()
        try:
            _run(replace(self.job, options=replace(self.job.options, place=place)))
        except DenoiseError as error:
            if place.rank == 0 or not isinstance(error, TrainingFailed):  # a diverged run fails in all alike
                typer.echo(one_line(f"hifidenoise: {error}"), err=True)
            raise SystemExit(error.exit_code) from None
        except KeyboardInterrupt:
            raise SystemExit(130) from None
