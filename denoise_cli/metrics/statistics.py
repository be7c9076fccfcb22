"""Means with bootstrap intervals, and paired differences between systems."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

RESAMPLES = 2_000
SEED = 20_06_05694


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


def paired_difference(values: dict[str, float], baseline: dict[str, float]) -> Interval | None:
    """Mean of value minus baseline over the files that have both, with its interval; None when there are none.

    Pairing takes out how files differ in difficulty, so it decides between systems where two intervals overlap.
    """
    common = sorted(values.keys() & baseline.keys())
    return mean_interval([values[file] - baseline[file] for file in common])
