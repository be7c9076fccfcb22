"""Parts of recordings, at the length, speed and level that a segment needs."""

import numpy as np
import soxr
from numpy.typing import NDArray

from denoise_cli.data.corpus import Recordings, Samples

RESAMPLER_MARGIN = 64  # samples that it may give less than the ratio says


def excerpt(corpus: Recordings, item: int, wanted: int, rng: np.random.Generator) -> Samples:
    """`wanted` samples of a recording, or all of a shorter one."""
    samples = int(corpus.samples[item])
    count = min(samples, wanted)
    return corpus.read(item, int(rng.integers(0, samples - count + 1)), count)


def samples_at(samples: int, speed: float) -> int:
    """How many samples become `samples` at a speed, with a margin for the resampler."""
    return int(np.ceil(samples * speed)) + RESAMPLER_MARGIN


def at_speed(signal: Samples, speed: float, samples: int) -> Samples:
    """At most `samples` samples of a signal, played at a speed."""
    if speed != 1.0:
        signal = soxr.resample(signal, speed, 1.0, quality="MQ")
    return np.asarray(signal[:samples], np.float32)


def pick(cumulative_weight: NDArray[np.float64], rng: np.random.Generator) -> int:
    """An index, drawn by the weights whose running sums are given."""
    place = rng.random() * cumulative_weight[-1]
    return int(np.searchsorted(cumulative_weight[:-1], place, side="right"))


def unit_rms(signal: Samples) -> Samples:
    rms = float(np.sqrt(np.mean(np.square(signal, dtype=np.float64)))) if len(signal) else 0.0
    return (signal / rms).astype(np.float32) if rms > 1e-6 else signal


def to_length(signal: Samples, samples: int) -> Samples:
    return np.pad(signal, (0, max(samples - len(signal), 0)))[:samples].astype(np.float32)
