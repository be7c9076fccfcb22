"""Room impulse responses made of nothing: a direct path, a few early reflections, a decaying tail of noise.

The statistical model of a room (Polack 1988: Gaussian noise under an exponential envelope) with a decay time per octave
band. It stands in where no measured responses are at hand and adds to them where there are; it knows no geometry.
"""

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
Wide = NDArray[np.float64]

DIRECT_SECONDS = 0.0025  # nothing but the direct path within; the window of Bryan 2019 for his energy ratio
EARLY_SECONDS = 0.05  # early reflections end here
BANDS_HZ = (125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)


def simulated_room(rng: np.random.Generator, rt60_s: float, drr_db: float, sample_rate: int) -> Samples:
    """An impulse response with its direct path, 1.0, at sample 0.

    rt60_s: seconds for a decay of 60 dB at 500-1000 Hz; lows last up to 1.3 times as long, 8 kHz 0.4-0.9 times.
    drr_db: energy of the direct path over all that follows, in dB. Returns (ceil(1.1 * rt60_s * sample_rate),).

    Raises ValueError if the decay time is not longer than the direct path.
    """
    if rt60_s <= 2 * DIRECT_SECONDS:
        raise ValueError(f"rt60_s must be above {2 * DIRECT_SECONDS}, not {rt60_s}")
    samples = int(np.ceil(1.1 * rt60_s * sample_rate))
    late = _tail(rng, samples, rt60_s, sample_rate)
    late += _early_reflections(rng, samples, rt60_s, sample_rate) * np.sqrt(np.sum(np.square(late)))
    late[: int(np.ceil(DIRECT_SECONDS * sample_rate))] = 0.0
    late *= 10 ** (-drr_db / 20) / np.sqrt(np.sum(np.square(late)))
    late[0] = 1.0
    return late.astype(np.float32)


def _tail(rng: np.random.Generator, samples: int, rt60_s: float, sample_rate: int) -> Wide:
    """Noise of which each octave band decays at its own pace; it builds up over the first milliseconds."""
    seconds = np.arange(samples) / sample_rate
    spectrum = np.fft.rfft(rng.standard_normal(samples))
    low_factor, high_factor = rng.uniform(1.0, 1.3), rng.uniform(0.4, 0.9)
    tilt_db = rng.uniform(-6.0, 0.0)  # walls and air take more of the highs: over the span of the bands
    tail = np.zeros(samples)
    for index, weight in enumerate(_band_weights(samples, sample_rate)):
        position = np.log2(BANDS_HZ[index] / 707.0) / np.log2(BANDS_HZ[-1] / 707.0)  # 0 in the middle, 1 on top
        factor = high_factor**position if position > 0 else low_factor ** min(-position * 1.4, 1.0)
        envelope = 10 ** (-3 * seconds / (rt60_s * factor) + tilt_db * max(position, 0.0) / 20)
        tail += np.fft.irfft(spectrum * weight, samples) * envelope
    build_up_s = rng.uniform(0.001, 0.02)
    tail *= 1 - np.exp(-seconds / build_up_s)
    return tail


def _band_weights(samples: int, sample_rate: int) -> list[Wide]:
    """Octave bands as triangles over log frequency that add up to one everywhere; the outer ones reach to the ends."""
    frequencies = np.maximum(np.fft.rfftfreq(samples, 1 / sample_rate), 1.0)
    octaves = np.clip(np.log2(frequencies / BANDS_HZ[0]), 0.0, len(BANDS_HZ) - 1.0)
    return [np.maximum(1 - np.abs(octaves - band), 0.0) for band in range(len(BANDS_HZ))]


def _early_reflections(rng: np.random.Generator, samples: int, rt60_s: float, sample_rate: int) -> Wide:
    """0 to 10 single reflections within 50 ms, weaker the later, with up to as much energy as the tail (energy 1)."""
    reflections = np.zeros(samples)
    first = int(np.ceil(DIRECT_SECONDS * sample_rate))
    last = min(samples, max(first + 1, int(EARLY_SECONDS * sample_rate)))
    count = int(rng.integers(0, 11))
    places = rng.integers(first, last, count)
    strength = 10 ** (-3 * places / (sample_rate * rt60_s)) * rng.uniform(0.3, 1.0, count)
    np.add.at(reflections, places, strength)
    energy = float(np.sum(np.square(reflections)))
    return reflections * np.sqrt(rng.uniform(0.0, 1.0) / energy) if energy > 0 else reflections
