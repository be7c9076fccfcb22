"""Room impulse responses: decay and direct-to-reverberant ratio (Bryan 2019, arXiv 1909.03642)."""

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
DIRECT_SECONDS = 0.0025  # to each side of the direct path


def estimate_rt60(response: Samples, sample_rate: int) -> float:
    """Decay time in seconds from Schroeder's backward integral, -5 to -20 dB; between 0.05 and 5."""
    energy = np.cumsum(np.square(response[::-1], dtype=np.float64))[::-1]
    decibel = 10 * np.log10(energy / energy[0] + 1e-12)
    start, end = int(np.argmax(decibel < -5)), int(np.argmax(decibel < -20))
    if end <= start:
        return 0.05
    return float(np.clip((end - start) / sample_rate * 4, 0.05, 5.0))


def reshape_decay(response: Samples, rt60_s: float, sample_rate: int, known_rt60_s: float | None = None) -> Samples:
    """Give the part after the direct path another decay time; shorter only, as a longer one would lift the noise floor.

    The envelope is exp-weighted from the end of the direct path on (reverberation-time shortening, arXiv 2204.08765);
    rt60_s 0 leaves the direct path alone.
    """
    direct = int(DIRECT_SECONDS * sample_rate)
    if rt60_s <= 0:
        return np.where(np.arange(len(response)) < direct, response, 0).astype(np.float32)
    present = known_rt60_s if known_rt60_s is not None else estimate_rt60(response, sample_rate)
    rate = 3 / sample_rate * max(1 / rt60_s - 1 / present, 0.0)  # decades a sample
    late = np.maximum(np.arange(len(response)) - direct, 0)
    return np.asarray(response * 10.0 ** (-rate * late), np.float32)


def with_drr(response: Samples, drr_db: float, sample_rate: int) -> Samples:
    """Scale the direct path (a Hann window's half of 2.5 ms) for a direct-to-reverberant ratio in dB.

    The direct path is never scaled below the largest reflection: it would no longer be the first.
    """
    direct = int(DIRECT_SECONDS * sample_rate)
    window = np.zeros(len(response))
    window[:direct] = 0.5 + 0.5 * np.cos(np.pi * np.arange(direct) / direct)
    early, late = response * window, response * (1 - window)
    early_energy, late_energy = float(np.sum(early**2)), float(np.sum(late**2))
    if early_energy == 0 or late_energy == 0:
        return response
    gain = np.sqrt(late_energy * 10 ** (drr_db / 10) / early_energy)
    floor = np.abs(late).max() / np.abs(early).max()
    return np.asarray(max(gain, floor) * early + late, np.float32)
