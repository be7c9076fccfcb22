"""What prepare-data shows on stderr: a bar on a terminal, a line a minute elsewhere, and a table at the end."""

import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

if TYPE_CHECKING:
    from denoise_cli.workflows.prepare_data import PrepareProgress
    from denoise_cli.workflows.prepare_report import PrepareReport

LINE_SECONDS = 60.0
SHOWN_NAMES = 3  # a reason
_CELLS = (("items", "d"), ("hours", ".2f"))


class PrepareProgressBar:
    """Context manager; `update` takes the workflow's reports."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._last_line = time.monotonic()
        self._bar = Progress(
            TextColumn("preparing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
            console=self._console, disable=not self._console.is_terminal, transient=True,
        )  # fmt: skip
        self._task = self._bar.add_task("", total=None)

    def __enter__(self) -> "PrepareProgressBar":
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def update(self, progress: "PrepareProgress") -> None:
        self._bar.update(self._task, completed=progress.done, total=progress.total)
        if self._bar.disable and time.monotonic() - self._last_line >= LINE_SECONDS:
            self._last_line = time.monotonic()
            line = f"{progress.done} of {progress.total} files, at {progress.name}"
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)


def print_summary(report: "PrepareReport", corpus: Path) -> None:
    """The table of what the corpus holds, what was skipped and why, and a last line of counts."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    table = Table("kind", box=None, pad_edge=False)
    for column in ("new", "kept", "train", "hours", "dev", "hours"):
        table.add_column(column, justify="right")
    for kind, splits in report.corpus["kinds"].items():
        cells = [f"{splits[split][what]:{form}}" for split in ("train", "dev") for what, form in _CELLS]
        table.add_row(kind, str(report.done[kind]), str(report.kept[kind]), *cells)
    console.print(table)
    speakers = report.corpus["speakers"]
    console.print(f"speakers: {speakers['train']} in train, {speakers['dev']} in dev")
    for reason, count in report.skipped.most_common():
        names = [f"  {escape(name)}" for name in report.names[reason][:SHOWN_NAMES]]
        more = ["  ..."] if count > len(names) else []
        console.print("\n".join([f"skipped, {reason}: {count}", *names, *more]))
    for note in report.notes:
        console.print(f"note: {note}")
    console.print(_last_line(report, corpus))


def _last_line(report: "PrepareReport", corpus: Path) -> str:
    skipped = sum(report.skipped.values())
    counts = f"{report.done.total()} new, {report.kept.total()} kept, {skipped} skipped, {report.removed} gone"
    return f"{counts}; {escape(str(corpus))} " + ("is ready" if report.changed else "is unchanged")
