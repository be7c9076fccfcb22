"""Means with bootstrap intervals, and paired differences between systems."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

RESAMPLES = 2_000
POOLED_RESAMPLES = 200  # of what is computed anew from all files each time
SEED = 20_06_05694
Part = TypeVar("Part")


class Interval(NamedTuple):
    """A mean, the ends of its 95 % interval, and how many files it is of."""

    mean: float
    low: float
    high: float
    files: int


def mean_interval(values: npt.ArrayLike) -> Interval | None:
    """Mean over files with its 95 % percentile bootstrap interval; None when there are no values.

    values: (files,), finite. Seeded: the same values give the same interval. One value gives an interval of no width.
    """
    sample = np.asarray(values, dtype=np.float64)
    if sample.size == 0:
        return None
    generator = np.random.default_rng(SEED)
    means = [sample[generator.integers(0, sample.size, sample.size)].mean() for _ in range(RESAMPLES)]
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(float(sample.mean()), float(low), float(high), int(sample.size))


def paired_difference(values: Mapping[str, float], baseline: Mapping[str, float]) -> Interval | None:
    """Mean of value minus baseline over the files that have both, with its interval; None when there are none.

    Pairing takes out how files differ in difficulty, so it decides between systems where two intervals overlap.
    """
    common = sorted(values.keys() & baseline.keys())
    return mean_interval([values[file] - baseline[file] for file in common])


Parts = Sequence[Sequence[float]]  # what each file adds to one number


def pooled_interval(
    files: Mapping[str, Sequence[float]], pooled: Callable[[Parts], float], resamples: int = POOLED_RESAMPLES
) -> Interval | None:
    """One number of all files, with its 95 % percentile bootstrap interval over files; None when there are none.

    A distance between sets is larger for fewer distinct files, so that the interval can lie above the number itself.
    """
    return _pooled(list(files.values()), pooled, resamples)


def pooled_difference(
    files: Mapping[str, Sequence[float]],
    baseline: Mapping[str, Sequence[float]],
    pooled: Callable[[Parts], float],
    resamples: int = POOLED_RESAMPLES,
) -> Interval | None:
    """The same for the difference of two systems' numbers over the files that both have, drawn together."""
    common = sorted(files.keys() & baseline.keys())
    pairs = [(files[name], baseline[name]) for name in common]
    return _pooled(
        pairs, lambda drawn: pooled([own for own, _ in drawn]) - pooled([other for _, other in drawn]), resamples
    )


def _pooled(parts: Sequence[Part], statistic: Callable[[Sequence[Part]], float], resamples: int) -> Interval | None:
    if not parts:
        return None
    generator = np.random.default_rng(SEED)
    draws = [generator.integers(0, len(parts), len(parts)) for _ in range(resamples)]
    low, high = np.percentile([statistic([parts[i] for i in draw]) for draw in draws], [2.5, 97.5])
    return Interval(statistic(parts), float(low), float(high), len(parts))
