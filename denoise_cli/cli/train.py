"""`hifidenoise train-stage1`, `train-stage2` and `train-stage3`: one function, called with three stages."""

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from denoise_cli.training.stages import Stage

Data = Annotated[Path, typer.Option("--data", help="Prepared corpus, made by prepare-data.")]
Output = Annotated[Path, typer.Option("-o", "--output", help="Run folder; it is also a model folder.")]
Init = Annotated[Path | None, typer.Option("--init", help="Model folder to start from.")]
Preset = Annotated[str, typer.Option("--preset", help="compact or paper.")]
ConfigFile = Annotated[Path | None, typer.Option("--config", help="TOML file that changes the preset.")]
Assignments = Annotated[
    list[str] | None, typer.Option("--set", help="One change, for instance train.batch_size=4; repeatable.")
]
Resume = Annotated[bool, typer.Option("--resume/--no-resume", help="Go on with the run in the output folder.")]
MaxSteps = Annotated[int | None, typer.Option("--max-steps", min=0, help="Stop at this step.")]
MaxMinutes = Annotated[float | None, typer.Option("--max-minutes", min=0, help="Stop after these minutes [min].")]
Device = Annotated[str, typer.Option("-d", "--device", help="auto, cpu, cuda, cuda:N or mps.")]
Threads = Annotated[int | None, typer.Option("--threads", min=1, help="CPU threads.")]


def train_stage1(
    data: Data, output: Output, init: Init = None, preset: Preset = "compact", config: ConfigFile = None,
    assignments: Assignments = None, resume: Resume = True, max_steps: MaxSteps = None,
    max_minutes: MaxMinutes = None, device: Device = "auto", threads: Threads = None,
) -> None:  # fmt: skip
    """Train the WaveNet alone."""
    from denoise_cli.training.stages import STAGE1

    _train(STAGE1, data, output, init, preset, config, assignments, resume, max_steps, max_minutes, device, threads)


def train_stage2(
    data: Data, output: Output, init: Init = None, preset: Preset = "compact", config: ConfigFile = None,
    assignments: Assignments = None, resume: Resume = True, max_steps: MaxSteps = None,
    max_minutes: MaxMinutes = None, device: Device = "auto", threads: Threads = None,
) -> None:  # fmt: skip
    """Train WaveNet and PostNet together, from a stage-1 model."""
    from denoise_cli.training.stages import STAGE2

    _train(STAGE2, data, output, init, preset, config, assignments, resume, max_steps, max_minutes, device, threads)


def train_stage3(
    data: Data, output: Output, init: Init = None, preset: Preset = "compact", config: ConfigFile = None,
    assignments: Assignments = None, resume: Resume = True, max_steps: MaxSteps = None,
    max_minutes: MaxMinutes = None, device: Device = "auto", threads: Threads = None,
) -> None:  # fmt: skip
    """Train both networks against discriminators, from a stage-2 model."""
    from denoise_cli.training.stages import STAGE3

    _train(STAGE3, data, output, init, preset, config, assignments, resume, max_steps, max_minutes, device, threads)


def _train(
    stage: "Stage", data: Path, output: Path, init: Path | None, preset: str, config: Path | None,
    assignments: list[str] | None, resume: bool, max_steps: int | None, max_minutes: float | None,
    device: str, threads: int | None,
) -> None:  # fmt: skip
    from denoise_cli.cli.training_progress import TrainingProgress
    from denoise_cli.config_io import load_config
    from denoise_cli.workflows.train_stage import TrainOptions, train_stage

    for number in (signal.SIGINT, signal.SIGTERM):  # a scheduler's end, and Ctrl-C also under nohup: save and go
        signal.signal(number, signal.default_int_handler)
    resolved = load_config(preset, config, assignments or ())
    options = TrainOptions(data, output, init, resume, max_steps, max_minutes, device, threads)
    with TrainingProgress(stage.name) as progress:
        scores = train_stage(stage, resolved, options, progress.update)
    listed = ", ".join(f"{name} {value:.3f}" for name, value in scores.items())
    typer.echo(f"{stage.name}: {listed} on dev; model in {output}", err=True)
