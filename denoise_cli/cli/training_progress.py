"""The progress of a training run on stderr: a bar on a terminal, a line a minute elsewhere."""

import time
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from denoise_cli.training.loop import Progress as Report

LINE_SECONDS = 60.0


class TrainingProgress:
    """Context manager; `update` takes the loop's reports. quiet: nothing is shown."""

    def __init__(self, name: str, quiet: bool = False) -> None:
        self.console = Console(stderr=True, quiet=quiet)
        self.name = name
        self.last_line = 0.0
        self.bar = Progress(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"),
            TextColumn("{task.fields[facts]}"), TimeRemainingColumn(), console=self.console,
            disable=not self.console.is_terminal,
        )  # fmt: skip
        self.task = self.bar.add_task(name, total=None, facts="")

    def __enter__(self) -> "TrainingProgress":
        self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bar.stop()

    def update(self, report: "Report") -> None:
        scores = " ".join(f"{name} {value:.3f}" for name, value in report.scores.items())
        facts = f"loss {report.loss:.4f} x{report.audio_seconds_per_second:.1f} {scores}"
        self.bar.update(self.task, completed=report.step, total=report.last_step, facts=facts)
        if self.bar.disable and time.monotonic() - self.last_line >= LINE_SECONDS:
            self.last_line = time.monotonic()
            self.console.print(
                f"{self.name}: step {report.step}, {report.minutes:.1f} min, {facts}", highlight=False, soft_wrap=True
            )
