"""What is drawn: by seed and step alone, from the split asked for."""

import dataclasses
import pickle
from pathlib import Path

import numpy as np
import pytest

from denoise_cli.config import DegradationConfig
from denoise_cli.data.corpus import Corpus
from denoise_cli.data.segments import SegmentSource
from denoise_cli.errors import UnusableCorpus
from tests.data.small_corpus import write_corpus
from tests.data.speech_corpus import make_speech_corpus


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return make_speech_corpus(tmp_path_factory.mktemp("corpus") / "c")


def test_a_batch_is_a_function_of_seed_and_step(corpus: Corpus) -> None:
    first = SegmentSource(corpus, "train", DegradationConfig(), 8_000)
    again = SegmentSource(pickle.loads(pickle.dumps(corpus)), "train", DegradationConfig(), 8_000)
    again.batch(3, seed=5, step=6)  # what was drawn before does not matter
    one, two = first.batch(3, seed=5, step=7), again.batch(3, seed=5, step=7)
    other = first.batch(3, seed=5, step=8)
    for field in dataclasses.fields(one):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(two, field.name))
    assert not np.array_equal(one.speech, other.speech)


def test_shapes_and_types(corpus: Corpus) -> None:
    batch = SegmentSource(corpus, "train", DegradationConfig(), 8_000).batch(3, 0, 0)
    assert batch.speech.shape == batch.noise.shape == batch.second_noise.shape == (3, 8_000)
    assert batch.room.shape == batch.target_room.shape == (3, 16_000)
    assert batch.snr_db.shape == (3,)
    assert {getattr(batch, field.name).dtype for field in dataclasses.fields(batch)} == {np.dtype(np.float32)}


def test_segments_longer_than_any_clip_are_filled(corpus: Corpus) -> None:
    batch = SegmentSource(corpus, "dev", DegradationConfig(), 80_000).batch(2, 0, 0)
    halves = batch.speech.reshape(2, 4, -1)
    assert bool((np.abs(halves).max(axis=-1) > 0.1).all())


def test_a_corpus_without_noise_and_rooms_still_gives_both(tmp_path: Path) -> None:
    voices = [("speech", "train", n, (np.sin(np.arange(20_000) / (5 + n)).astype(np.float32),)) for n in range(2)]
    corpus = write_corpus(tmp_path / "c", voices)
    config = dataclasses.replace(DegradationConfig(), reverb_probability=1.0)
    batch = SegmentSource(corpus, "train", config, 8_000).batch(4, 0, 0)
    assert bool((batch.noise.std(axis=1) > 0.5).all())
    assert bool((np.abs(batch.room[:, 1:]).max(axis=1) > 0).all())


def test_a_split_without_speech_is_an_error(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "c", [("noise", "train", 0, (np.ones(20_000, np.float32),))])
    with pytest.raises(UnusableCorpus, match="no speech"):
        SegmentSource(corpus, "train", DegradationConfig(), 8_000)
