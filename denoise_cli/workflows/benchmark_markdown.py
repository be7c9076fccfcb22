"""A benchmark's JSON as Markdown: for a repository's own pages, which then say what was measured and nothing else."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from denoise_cli.metrics.table import HIGHER, LOWER
from denoise_cli.workflows.model_cost import Cost, cost_rows

Record = Mapping[str, Any]  # what `benchmark_record.to_mapping` makes, read from JSON or not
NAMES = {"word_error_clean": "word error against the recogniser's words on clean speech, %"}


def to_markdown(record: Record, heading: str) -> str:
    """A section: the command line, means, paired differences, speed, cost, and the versions they were measured with."""
    lines = [f"## {heading}", "", "```sh", shlex.join(record["command"]), "```", ""]
    lines += [f"{len(record['items'])} files; ± is half of the 95 % interval.", "", *_means(record), ""]
    others = [system for system in record["systems"] if system["difference"]]
    if others:
        lines += [f"Paired difference to {record['systems'][0]['name']}:", "", *_differences(record, others), ""]
    for rows in (_speeds(record), _costs(record)):
        lines += [*rows, ""] if rows else []
    left_out = sum(len(system["problems"]) for system in record["systems"]) + len(record["problems"])
    if left_out:
        lines += [f"{left_out} files were left out.", ""]
    return "\n".join([*lines, _machine(record), ""])


def cell(interval: Mapping[str, float] | None, digits: int, sign: str = "") -> str:
    """A mean with half of its interval; a dash for none."""
    if interval is None:
        return "-"
    return f"{interval['mean']:{sign}.{digits}f} ±{(interval['high'] - interval['low']) / 2:.{digits}f}"


def title(metric: Mapping[str, Any]) -> str:
    """A metric's name with its unit and an arrow to what is best."""
    return label(metric) + {HIGHER: " ↑", LOWER: " ↓"}.get(metric["best"], "")


def label(metric: Mapping[str, Any]) -> str:
    """A metric's name with its unit."""
    unit = f", {metric['unit']}" if metric["unit"] not in ("", "MOS") else ""
    return NAMES.get(metric["key"], f"{metric['title']}{unit}")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a Markdown table, numbers to the right."""
    lines = [[_escaped(text) for text in row] for row in (head, *rows)]
    rule = ["---", *["--:"] * (len(head) - 1)]
    return [f"| {' | '.join(row)} |" for row in (lines[0], rule, *lines[1:])]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")


def _measured(record: Record) -> list[Mapping[str, Any]]:
    return [m for m in record["metrics"] if any(system["mean"][m["key"]] for system in record["systems"])]


def _means(record: Record) -> list[str]:
    systems = record["systems"]
    rows = [[title(m), *(cell(system["mean"][m["key"]], m["digits"]) for system in systems)] for m in _measured(record)]
    return table(["mean", *(system["name"] for system in systems)], rows)


def _differences(record: Record, systems: Sequence[Record]) -> list[str]:
    rows = [
        [title(m), *(cell(system["difference"][m["key"]], m["digits"], "+") for system in systems)]
        for m in _measured(record)
    ]
    return table(["difference", *(system["name"] for system in systems)], rows)


def _speeds(record: Record) -> list[str]:
    timed = [(system["name"], system["speed"]) for system in record["systems"] if system["speed"]]
    rows = [
        [name, str(speed["threads"]), f"{speed['real_time_factor']:.4f}", f"{speed['cpu_real_time_factor']:.4f}"]
        for name, speed in timed
    ]
    return (
        table(["speed, whole set in one process", "threads", "real-time factor", "by processor time"], rows)
        if rows
        else []
    )


def _costs(record: Record) -> list[str]:
    measured = {system["name"]: system["cost"] for system in record["systems"] if system["cost"]}
    if not measured:
        return []
    costs = [Cost(**{**cost, "real_time_factors": _by_threads(cost)}) for cost in measured.values()]
    return table(["cost, the command", *measured], [[label, *texts] for label, texts in cost_rows(costs)])


def _by_threads(cost: Record) -> dict[int, float]:
    return {int(count): factor for count, factor in cost["real_time_factors"].items()}  # JSON has no integers as keys


def _machine(record: Record) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in record["versions"].items() if version)
    machine = record["machine"]
    heard = f"; words by {record['recogniser']}" if record["recogniser"] else ""
    return f"Measured on {machine['system']} {machine['processor']}, {machine['cores']} cores; {versions}{heard}."
