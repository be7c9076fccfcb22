"""What a benchmark found: scores by system and file, means and differences with intervals."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from denoise_cli.metrics.statistics import (
    POOLED_RESAMPLES,
    RESAMPLES,
    Interval,
    mean_interval,
    paired_difference,
    pooled_difference,
    pooled_interval,
)
from denoise_cli.metrics.table import FAMILIES, WORD_ERROR, WORD_ERROR_CLEAN, Column
from denoise_cli.metrics.word_error import word_error_rate
from denoise_cli.workflows.benchmark_systems import Speed
from denoise_cli.workflows.model_cost import Cost
from denoise_cli.workflows.pairing import Item


@dataclass(frozen=True)
class Pooled:
    """A number over all files: how to get it from what each file adds, and how often to draw for its interval."""

    statistic: Callable[[Sequence[Sequence[float]]], float]
    resamples: int


POOLED: Mapping[str, Pooled] = MappingProxyType(
    {
        **{f.columns[0].key: Pooled(f.pooled, POOLED_RESAMPLES) for f in FAMILIES.values() if f.pooled},
        **{column.key: Pooled(word_error_rate, RESAMPLES) for column in (WORD_ERROR, WORD_ERROR_CLEAN)},
    }
)


@dataclass
class FileScores:
    """One file of one system: values by column, reasons for gaps by family, remarks, and the file that was scored.

    `parts` are what the file adds to numbers that are of all files together, by column; `heard`: a recogniser's words.
    """

    path: Path
    reference: Path | None
    values: dict[str, float] = field(default_factory=dict)
    parts: dict[str, tuple[float, ...]] = field(default_factory=dict)
    gaps: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    heard: str | None = None


@dataclass
class SystemScores:
    """One system: its files, what could not be scored and why, its speed if it ran here, its cost if asked."""

    name: str
    kind: str
    source: str
    clean_in: bool
    files: dict[str, FileScores]
    problems: dict[str, str]
    speed: Speed | None
    cost: Cost | None = None

    def by_file(self, key: str) -> dict[str, float]:
        """A column's values by file, without the gaps."""
        return {name: file.values[key] for name, file in self.files.items() if key in file.values}

    def mean(self, key: str) -> Interval | None:
        """Of a column over files; for a pooled column, its number over all of them."""
        if key in POOLED:
            return pooled_interval(self._parts(key), POOLED[key].statistic, POOLED[key].resamples)
        return mean_interval(list(self.by_file(key).values()))

    def difference(self, key: str, baseline: "SystemScores") -> Interval | None:
        """Of a column to another system, over the files that both have."""
        if key in POOLED:
            pooled = POOLED[key]
            return pooled_difference(self._parts(key), baseline._parts(key), pooled.statistic, pooled.resamples)
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
    said: Mapping[str, str] = field(default_factory=dict)  # by item, what word errors were counted against
    recogniser: str | None = None

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
