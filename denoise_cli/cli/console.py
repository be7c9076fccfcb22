"""What a batch has to tell: everything on stderr, a bar where that is a terminal, else a line a file."""

import json
import sys
from types import TracebackType
from typing import TYPE_CHECKING

import typer

from denoise_cli.audio.reading import AudioInfo
from denoise_cli.cli.one_line import one_line
from denoise_cli.workflows.enhance_files import BatchListener, Outcome, Report
from denoise_cli.workflows.plan_jobs import Plan

if TYPE_CHECKING:
    from rich.progress import Progress

MINUTES_FROM_SECONDS = 120


class Console(BatchListener):
    """Context manager. quiet: errors only. as_json: one object a file on stdout besides."""

    def __init__(self, files: int, quiet: bool, as_json: bool) -> None:
        self._files = files
        self._quiet = quiet
        self._as_json = as_json
        self._number = 0
        self._bar = _bar("s" if files == 1 else "files") if files and not quiet and sys.stderr.isatty() else None
        self._task = self._bar.add_task("loading the model", total=None) if self._bar is not None else None

    def __enter__(self) -> "Console":
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def begins(self, info: AudioInfo) -> None:
        self._number += 1
        if self._bar is not None and self._task is not None:
            name = one_line(info.path.name)[-40:]
            if self._files > 1:  # some are under way at a time: the bar counts those that are done
                self._bar.update(self._task, description=f"{self._number}/{self._files} {name}", total=self._files)
            else:
                self._bar.reset(self._task, description=name, total=info.frames / info.sample_rate)

    def advances(self, seconds: float) -> None:
        if self._bar is not None and self._task is not None and self._files == 1:
            self._bar.advance(self._task, seconds)

    def notes(self, text: str, once: str | None = None) -> None:
        if not self._quiet:
            self._tell(text)

    def ends(self, outcome: Outcome) -> None:
        done = outcome.enhanced is not None or outcome.error is not None
        if done and self._bar is not None and self._task is not None and self._files > 1:
            self._bar.advance(self._task)
        if outcome.error is not None:
            self._tell(f"hifidenoise: {outcome.error}")
        elif not self._quiet:
            self._tell(_line(outcome))
        if self._as_json:
            typer.echo(json.dumps(_as_json(outcome)))

    def summary(self, report: Report) -> None:
        """The last line: counts, audio and time; after several files a table of them, too."""
        if self._quiet:
            return
        if len(report.outcomes) > 1:
            for name, value in _table(report):
                self._tell(f"{name:18}{value:>10}")
        self._tell(_summary(report))

    def _tell(self, text: str) -> None:
        if self._bar is not None:
            self._bar.console.print(one_line(text), markup=False, highlight=False, soft_wrap=True)
        else:
            typer.echo(one_line(text), err=True)


def print_plan(plan: Plan) -> None:
    """INPUT -> OUTPUT a line on stdout."""
    for job in plan.jobs:
        typer.echo(one_line(f"{job.source} -> {job.target}"))
    for job in plan.skipped:
        typer.echo(one_line(f"{job.source} -> {job.target} (exists, skipped)"))


def _bar(unit: str) -> "Progress":
    from rich.console import Console as RichConsole
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.completed:.0f} " + unit),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=RichConsole(stderr=True), transient=True)


def _line(outcome: Outcome) -> str:
    job, enhanced = outcome.job, outcome.enhanced
    if enhanced is None:
        return f"{job.source} -> {job.target}: exists, skipped"
    pace = enhanced.seconds / max(enhanced.wall_seconds, 1e-9)
    times = f"{_duration(enhanced.seconds)} in {_duration(enhanced.wall_seconds)} (x{pace:.3g})"
    return f"{job.source} -> {job.target}: {times}"


def _table(report: Report) -> list[tuple[str, str]]:
    rows = [("done", str(report.done)), ("skipped", str(report.skipped)), ("failed", str(report.failed))]
    rows += [("audio hours", f"{report.audio_seconds / 3600:.3f}")]
    if report.audio_seconds:
        rows += [("real-time factor", f"{report.wall_seconds / report.audio_seconds:.4f}")]
    if report.done:
        rows += [("files a second", f"{report.done / max(report.wall_seconds, 1e-9):.1f}")]
    return rows


def _summary(report: Report) -> str:
    counts = f"{report.done} done, {report.failed} failed, {report.skipped} skipped"
    pace = report.audio_seconds / max(report.wall_seconds, 1e-9)
    audio, wall = _duration(report.audio_seconds), _duration(report.wall_seconds)
    return f"{counts}, {audio} audio in {wall} (x{pace:.3g})"


def _duration(seconds: float) -> str:
    if seconds >= MINUTES_FROM_SECONDS:
        return f"{seconds / 60:.0f} min"
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.2g} s"


def _as_json(outcome: Outcome) -> dict[str, str | float | None]:
    enhanced = outcome.enhanced
    status = "done" if enhanced is not None else "failed" if outcome.error is not None else "skipped"
    fields: dict[str, str | float | None] = {
        "input": str(outcome.job.source),
        "output": str(outcome.job.target),
        "status": status,
    }
    if outcome.job.residual is not None:
        fields["residual"] = str(outcome.job.residual)
    if enhanced is not None:
        fields["seconds"] = enhanced.seconds
        fields["wall_seconds"] = enhanced.wall_seconds
        fields["real_time_factor"] = enhanced.wall_seconds / enhanced.seconds
        fields["peak"] = enhanced.peak
        if enhanced.lufs_after is not None:
            fields["loudness_before"] = enhanced.lufs_before
            fields["loudness_after"] = enhanced.lufs_after
    if outcome.error is not None:
        fields["error"] = str(outcome.error)
    return fields
