"""A comparison on the terminal: the table on stdout, progress and what went wrong on stderr."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from denoise_cli.metrics.statistics import Interval
from denoise_cli.metrics.table import HIGHER, LOWER, Column
from denoise_cli.workflows.comparison import Comparison, SystemScores
from denoise_cli.workflows.model_cost import cost_rows

SHOWN_NOTES = 5
TITLE_WIDTH, CELL_WIDTH = 36, 17  # characters; systems that do not fit beside each other get a table of their own


@contextmanager
def progress_bar() -> Iterator[Callable[[int, int, str], None]]:
    """A bar on stderr while the block runs, if stderr is a terminal; else nothing."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("benchmark", total=None)

        def on_progress(done: int, total: int, text: str) -> None:
            progress.update(bar, completed=done, total=total, description=text[-40:])

        yield on_progress


def print_comparison(comparison: Comparison, command: str) -> None:
    """Means, differences and speed on stdout; gaps and left-out files on stderr."""
    console = Console()
    at_once = max(1, (console.width - TITLE_WIDTH) // CELL_WIDTH)
    console.print(f"Mean over {len(comparison.items)} files, ± half of its 95 % interval")
    for systems in _groups(comparison.systems, at_once):
        console.print(_means(comparison, systems))
    others = [system for system in comparison.systems[1:] if not system.clean_in]
    if others:
        console.print(f"Paired difference to {comparison.systems[0].name}, ± half of its 95 % interval")
    for systems in _groups(others, at_once):
        console.print(_differences(comparison, systems))
    if any(system.speed for system in comparison.systems):
        console.print("Speed")
        console.print(_speeds(comparison))
    if any(system.cost for system in comparison.systems):
        console.print("Cost of the command")
        console.print(_costs(comparison))
    console.print(Text(command, style="dim"), soft_wrap=True)
    _print_problems(comparison, Console(stderr=True, soft_wrap=True))


def _groups(systems: Sequence[SystemScores], size: int) -> list[Sequence[SystemScores]]:
    return [systems[start : start + size] for start in range(0, len(systems), size)]


def _means(comparison: Comparison, systems: Sequence[SystemScores]) -> Table:
    table = Table()
    table.add_column("", no_wrap=True)
    for system in systems:
        table.add_column(Text(system.name), justify="right")
    for column in comparison.columns:
        intervals = [system.mean(column.key) for system in systems]
        cells = [_cell(interval, column, len(comparison.items)) for interval in intervals]
        table.add_row(_title(column), *cells)
    return table


def _differences(comparison: Comparison, systems: Sequence[SystemScores]) -> Table:
    first = comparison.systems[0]
    table = Table()
    table.add_column("", no_wrap=True)
    for system in systems:
        table.add_column(Text(system.name), justify="right")
    for column in comparison.columns:
        intervals = [system.difference(column.key, first) for system in systems]
        cells = [_cell(interval, column, len(comparison.items), sign="+") for interval in intervals]
        table.add_row(_title(column), *cells)
    return table


def _speeds(comparison: Comparison) -> Table:
    table = Table()
    for title in ("", "real-time factor", "by CPU time", "threads", "start-up"):
        table.add_column(title, justify="left" if not title else "right")
    for system in comparison.systems:
        if system.speed is not None:
            speed = system.speed
            factors = (f"{speed.real_time_factor:.4f}", f"{speed.cpu_real_time_factor:.4f}")
            table.add_row(Text(system.name), *factors, str(speed.threads), f"{speed.load_seconds:.2f} s")
    return table


def _costs(comparison: Comparison) -> Table:
    measured = {system.name: system.cost for system in comparison.systems if system.cost is not None}
    table = Table()
    table.add_column("", no_wrap=True)
    for name in measured:
        table.add_column(Text(name), justify="right")
    for label, texts in cost_rows(list(measured.values())):
        table.add_row(label, *texts)
    return table


def _title(column: Column) -> Text:
    arrow = {HIGHER: " ↑", LOWER: " ↓"}.get(column.best, "")
    return Text(f"{column.title}, {column.unit}{arrow}" if column.unit not in ("", "MOS") else f"{column.title}{arrow}")


def _cell(interval: Interval | None, column: Column, count: int, sign: str = "") -> Text:
    if interval is None:
        return Text("-")
    form = f"{sign}.{column.digits}f"
    text = Text(f"{interval.mean:{form}}")
    text.append(f" ±{(interval.high - interval.low) / 2:.{column.digits}f}", style="dim")
    if interval.files < count:
        text.append(f" of {interval.files}", style="yellow")
    return text


def _print_problems(comparison: Comparison, console: Console) -> None:
    for problem in comparison.problems:
        console.print(f"hifidenoise: {problem}", markup=False)
    for system in comparison.systems:
        for item, problem in system.problems.items():
            console.print(f"hifidenoise: {system.name}: {item}: {problem}", markup=False)
        noted = [(item, note) for item, file in system.files.items() for note in file.notes]
        for item, note in noted[:SHOWN_NOTES]:
            console.print(f"note: {system.name}: {item}: {note}", markup=False)
        if len(noted) > SHOWN_NOTES:
            console.print(f"note: {system.name}: {len(noted) - SHOWN_NOTES} more notes; see --json", markup=False)
    for gap, count in comparison.gaps.items():
        console.print(f"gap: {count} x {gap}", markup=False)
