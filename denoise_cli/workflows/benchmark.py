"""Compares systems on a folder of recordings: outputs, scores, intervals, speed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from denoise_cli.errors import DenoiseError, UsageConflict
from denoise_cli.metrics.statistics import (
    Interval,
    mean_interval,
    paired_difference,
    pooled_difference,
    pooled_interval,
)
from denoise_cli.metrics.table import FAMILIES, Column, Family
from denoise_cli.workflows.benchmark_systems import Outputs, Speed, System
from denoise_cli.workflows.pairing import Item, Pairs
from denoise_cli.workflows.scoring import Score, ScoreTask, compare_headers, score_all

POOLED = MappingProxyType({family.columns[0].key: family.pooled for family in FAMILIES.values() if family.pooled})


@dataclass
class FileScores:
    """One file of one system: values by column, reasons for gaps by family, remarks, and the file that was scored.

    `parts` are what the file adds to numbers that are of all files together, by column.
    """

    path: Path
    reference: Path | None
    values: dict[str, float] = field(default_factory=dict)
    parts: dict[str, tuple[float, ...]] = field(default_factory=dict)
    gaps: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass
class SystemScores:
    """One system: its files, what could not be scored and why, and its speed if it ran here."""

    name: str
    kind: str
    source: str
    clean_in: bool
    files: dict[str, FileScores]
    problems: dict[str, str]
    speed: Speed | None

    def by_file(self, key: str) -> dict[str, float]:
        """A column's values by file, without the gaps."""
        return {name: file.values[key] for name, file in self.files.items() if key in file.values}

    def mean(self, key: str) -> Interval | None:
        """Of a column over files; for a pooled column, its number over all of them."""
        if key in POOLED:
            return pooled_interval(self._parts(key), POOLED[key])
        return mean_interval(list(self.by_file(key).values()))

    def difference(self, key: str, baseline: "SystemScores") -> Interval | None:
        """Of a column to another system, over the files that both have."""
        if key in POOLED:
            return pooled_difference(self._parts(key), baseline._parts(key), POOLED[key])
        return paired_difference(self.by_file(key), baseline.by_file(key))

    def _parts(self, key: str) -> dict[str, tuple[float, ...]]:
        return {name: file.parts[key] for name, file in self.files.items() if key in file.parts}


@dataclass(frozen=True)
class Comparison:
    """What `benchmark` found. The first system is the unprocessed input, which the others are compared with."""

    items: tuple[Item, ...]
    columns: tuple[Column, ...]
    systems: tuple[SystemScores, ...]
    problems: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """1 when a file was left out; a gap of one metric on one file is no failure."""
        return 1 if self.problems or any(system.problems for system in self.systems) else 0

    @property
    def gaps(self) -> Mapping[str, int]:
        """How often each reason for a gap occurred, by `family: reason`."""
        counts: dict[str, int] = {}
        for system in self.systems:
            for file in system.files.values():
                for family, reason in file.gaps.items():
                    counts[f"{family}: {reason}"] = counts.get(f"{family}: {reason}", 0) + 1
        return counts


def compare_systems(
    pairs: Pairs,
    systems: Sequence[System],
    families: Sequence[Family],
    jobs: int,
    folder: Path,
    on_progress: Callable[[int, int, str], None] = lambda done, total, text: None,
) -> Comparison:
    """Run each system over all items, then score all outputs.

    Nothing else runs while a system does, so that its speed is its own. Outputs are written below `folder`.
    on_progress gets steps done, steps in all, and what was done.

    Raises UsageConflict for two systems of one name, and what loading a model raises.
    """
    names = [system.name for system in systems]
    if len(set(names)) != len(names):
        raise UsageConflict(f"two systems have the same name: {', '.join(names)}")
    progress = _Steps(len(pairs.items) * sum(system.kind == "model" for system in systems), on_progress)
    found = [
        _collect(system, pairs.items, folder / _folder_name(number, system.name), progress)
        for number, system in enumerate(systems)
    ]
    tasks = [task for scores in found for task in _tasks(scores, families)]
    progress.total += len(tasks)
    for result in score_all(tasks, jobs):
        _enter(result, found, families)
        progress.step(f"{result.task.system}: {result.task.item}: {result.task.family}")
    columns = tuple(column for family in families for column in family.columns)
    return Comparison(pairs.items, columns, tuple(found), pairs.problems)


class _Steps:
    def __init__(self, total: int, on_progress: Callable[[int, int, str], None]) -> None:
        self.done, self.total, self._on_progress = 0, total, on_progress

    def step(self, text: str) -> None:
        self.done += 1
        self._on_progress(self.done, self.total, text)


def _folder_name(number: int, name: str) -> str:
    return f"{number}_" + "".join(character if character.isalnum() else "_" for character in name)


def _collect(system: System, items: Sequence[Item], folder: Path, progress: _Steps) -> SystemScores:
    outputs: Outputs = system.outputs(items, folder, progress.step)
    scores = SystemScores(
        system.name, system.kind, system.source, system.clean_in, {}, dict(outputs.problems), outputs.speed
    )
    for item in items:
        if item.name not in outputs.files:
            continue
        file = FileScores(outputs.files[item.name], item.clean)
        problem = _check(file)
        if problem is None:
            scores.files[item.name] = file
        else:
            scores.problems[item.name] = problem
    return scores


def _check(file: FileScores) -> str | None:
    try:
        file.notes, problem = compare_headers(file.reference or file.path, file.path)
    except DenoiseError as error:
        return str(error)
    return problem


def _tasks(scores: SystemScores, families: Sequence[Family]) -> list[ScoreTask]:
    return [
        ScoreTask(scores.name, name, family.name, file.reference if family.needs_reference else None, file.path)
        for name, file in scores.files.items()
        for family in families
    ]


def _enter(result: Score, found: Sequence[SystemScores], families: Sequence[Family]) -> None:
    task = result.task
    file = next(scores for scores in found if scores.name == task.system).files[task.item]
    if result.values is None:
        file.gaps[task.family] = result.gap or ""
        return
    family = next(family for family in families if family.name == task.family)
    if family.pooled is not None:
        file.parts[family.columns[0].key] = result.values
        return
    file.values.update({column.key: value for column, value in zip(family.columns, result.values, strict=True)})
