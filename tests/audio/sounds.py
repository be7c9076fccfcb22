"""Small recordings made for tests."""

import numpy as np

from denoise_cli.audio.samples import Samples


def voice_like(seconds: float, sample_rate: int, channels: int = 1, seed: int = 0) -> Samples:
    """Harmonics in syllables with hiss under them, every channel another, peak near 0.5."""
    random = np.random.default_rng(seed)
    samples = round(seconds * sample_rate)
    time = np.arange(samples) / sample_rate
    rows = []
    for channel in range(channels):
        pitch = 110 + 17 * channel
        harmonics = [np.sin(2 * np.pi * pitch * n * time) / n for n in range(1, 20) if pitch * n < 0.45 * sample_rate]
        syllables = np.clip(np.sin(2 * np.pi * (2.1 + 0.3 * channel) * time), 0, 1)
        rows.append(0.25 * syllables * np.sum(harmonics, axis=0) + 0.005 * random.standard_normal(samples))
    return np.asarray(rows, np.float32).reshape(channels, samples)
