"""Speech-like signals for the tests of metrics, made here: nothing is read from disk."""

import numpy as np
import numpy.typing as npt

Signal = npt.NDArray[np.float64]
SAMPLE_RATE = 16_000


def speech_like(seconds: float = 3.0, sample_rate: int = SAMPLE_RATE, seed: int = 0) -> Signal:
    """A pulse train with moving pitch through three moving resonances, in syllables with pauses; RMS about 0.05."""
    generator = np.random.default_rng(seed)
    count = int(seconds * sample_rate)
    time = np.arange(count) / sample_rate
    pitch_hz = 120.0 + 25.0 * np.sin(2 * np.pi * 0.7 * time)
    phase = np.cumsum(pitch_hz) / sample_rate
    harmonics = np.arange(1, int(min(sample_rate / 2, 5_000) / 150))
    centres_hz = (
        500 + 250 * np.sin(2 * np.pi * 1.3 * time),
        1500 + 500 * np.sin(2 * np.pi * 0.9 * time),
        2600 + 0 * time,
    )
    signal = np.zeros(count)
    for harmonic in harmonics:
        gain = sum(1.0 / (1.0 + ((harmonic * pitch_hz - centre) / 120.0) ** 2) for centre in centres_hz)
        signal += gain * np.sin(2 * np.pi * harmonic * phase)
    syllables = np.clip(np.sin(2 * np.pi * 2.0 * time) + 0.4, 0.0, 1.0)
    signal = signal * syllables + 1e-4 * generator.standard_normal(count)
    return np.asarray(signal * 0.05 / np.sqrt(np.mean(signal**2)))


def with_noise(clean: Signal, snr_db: float, seed: int = 1) -> Signal:
    """White noise added at an exact signal-to-noise ratio over the whole signal."""
    noise = np.random.default_rng(seed).standard_normal(clean.size)
    noise *= np.sqrt(np.mean(clean**2) / np.mean(noise**2)) * 10 ** (-snr_db / 20)
    return clean + noise
