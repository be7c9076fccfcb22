"""Noises as they are drawn: of the kind asked for, at unit RMS, at other speeds and in grains."""

import dataclasses
from pathlib import Path

import numpy as np

from denoise_cli.config import DegradationConfig
from denoise_cli.data.corpus import Corpus
from denoise_cli.data.noise_segments import NoiseSource
from tests.data.small_corpus import write_corpus

RECORDED_ALONE = DegradationConfig(synthetic_noise_probability=0.0, babble_probability=0.0, rumble_probability=0.0)
TONE = np.sin(2 * np.pi * 1_000 * np.arange(64_000) / 16_000).astype(np.float32)


def drawn(corpus: Corpus, config: DegradationConfig, number: int, samples: int) -> np.ndarray:
    """(number, samples) of the corpus' train split."""
    source = NoiseSource(corpus, "train", corpus.select("speech", "train"), config, samples)
    return np.stack([source.draw(np.random.default_rng(item)) for item in range(number)])


def test_each_is_as_long_as_asked_for_and_at_unit_rms(tmp_path: Path) -> None:
    hiss = np.random.default_rng(1).standard_normal(3_000).astype(np.float32)  # shorter: it is repeated
    corpus = write_corpus(tmp_path / "c", [("speech", "train", 0, (TONE,)), ("noise", "train", 1, (0.01 * hiss,))])
    noise = drawn(corpus, DegradationConfig(), 24, 48_000)  # of every kind
    np.testing.assert_allclose(np.sqrt(np.square(noise).mean(axis=1)), 1, atol=1e-4)


def test_noises_at_other_speeds_have_other_pitches(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "c", [("speech", "train", 0, (TONE,)), ("noise", "train", 1, (TONE,))])
    config = dataclasses.replace(RECORDED_ALONE, noise_speed_probability=1.0, noise_speed=(0.5, 2.0))
    noise = drawn(corpus, config, 12, 8_000)
    pitch = np.abs(np.fft.rfft(noise * np.hanning(8_000))).argmax(axis=1) * 2.0  # Hz
    assert 500 <= pitch.min() < 750 < 1_400 < pitch.max() <= 2_000
    plain = dataclasses.replace(config, noise_speed_probability=0.0)
    same = drawn(corpus, plain, 12, 8_000)
    assert set(np.abs(np.fft.rfft(same)).argmax(axis=1) * 2.0) == {1_000.0}


def test_grains_of_a_recorded_noise_are_drawn_where_asked_for(tmp_path: Path) -> None:
    source = np.random.default_rng(3)
    recording = np.concatenate([np.ones(32_000), -np.ones(32_000)]) + 0.01 * source.standard_normal(64_000)
    corpus = write_corpus(
        tmp_path / "c", [("speech", "train", 0, (TONE,)), ("noise", "train", 1, (recording.astype(np.float32),))]
    )
    changes = []
    for probability in (0.0, 1.0):
        config = dataclasses.replace(RECORDED_ALONE, noise_grains_probability=probability)
        noise = drawn(corpus, config, 4, 48_000)
        changes.append(int((np.diff(np.sign(noise[:, ::160]), axis=1) != 0).sum()))
    assert changes[0] <= 4 < 12 < changes[1]  # one step a segment, against one between most grains
