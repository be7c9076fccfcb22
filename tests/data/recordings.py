"""Recordings made in the test: voices that pass as clean speech, and what a bad file can be."""

from pathlib import Path

import numpy as np
import soundfile

RATE = 16_000


def speech(seed: int, seconds: float = 1.5, rate: int = RATE) -> np.ndarray:
    """Syllables of a buzzing voice with hisses between: pauses, full band, no flat tops, peak 0.5. (samples,)."""
    source = np.random.default_rng(seed)
    time = np.arange(int(rate * seconds)) / rate
    pitch = source.uniform(90, 250) * (1 + 0.02 * np.sin(2 * np.pi * 2.3 * time))
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    buzz = sum(np.sin(k * phase + k) / k for k in range(1, 20))
    syllables = np.clip(np.sin(2 * np.pi * 3 * time + source.uniform(0, 6)), 0, None) ** 2
    hisses = np.clip(np.sin(2 * np.pi * 1.5 * time + source.uniform(0, 6)) - 0.5, 0, None)
    voice = buzz * syllables * source.uniform(0.8, 1.0) + 0.5 * source.standard_normal(len(time)) * hisses
    return 0.5 * voice / np.abs(voice).max() + 3e-5 * source.standard_normal(len(time))


def hiss(seed: int, seconds: float = 1.5) -> np.ndarray:
    return 0.1 * np.random.default_rng(seed).standard_normal(int(RATE * seconds))


def response(seed: int, delay: int = 50, seconds: float = 0.3, level: float = 0.3) -> np.ndarray:
    """A decaying tail behind a direct path of `level` after `delay` samples."""
    time = np.arange(int(RATE * seconds)) / RATE
    tail = 0.1 * np.random.default_rng(seed).standard_normal(len(time)) * 10 ** (-3 * time / 0.2)
    tail[:20] = 0
    tail[0] = 1
    return level * np.concatenate([np.zeros(delay), tail])


def write(path: Path, samples: np.ndarray, rate: int = RATE, subtype: str | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate, subtype=subtype)
    return path
