"""A small prepared corpus: speakers of tones, noises, a room."""

from pathlib import Path

import numpy as np

from denoise_cli.data.corpus import Corpus
from tests.data.small_corpus import write_corpus


def voice(seed: int, seconds: float) -> np.ndarray:
    source = np.random.default_rng(seed)
    time = np.arange(int(16_000 * seconds)) / 16_000
    pitch = source.uniform(90, 250)
    tones = sum(np.sin(2 * np.pi * pitch * k * time) / k for k in range(1, 15))
    return (0.1 * tones * (0.55 - 0.45 * np.cos(2 * np.pi * 3 * time))).astype(np.float32)


def room(seed: int) -> np.ndarray:
    time = np.arange(6_000) / 16_000
    response = 0.1 * np.random.default_rng(seed).standard_normal(6_000) * 10 ** (-3 * time / 0.4)
    response[0] = 1
    return response.astype(np.float32)


def make_speech_corpus(path: Path) -> Corpus:
    items = []
    for speaker in range(4):
        split = "dev" if speaker == 3 else "train"
        items += [("speech", split, speaker, (voice(10 * speaker + n, 1.5 + n),)) for n in range(2)]
    for number in range(4):
        split = "dev" if number == 3 else "train"
        hiss = 0.1 * np.random.default_rng(number).standard_normal(20_000)
        items.append(("noise", split, 100, (hiss.astype(np.float32),)))
        items.append(("rir", split, 200, (room(number),)))
    return write_corpus(path, items)
