import json
import pickle

import numpy as np
import pytest

from denoise_cli.data.corpus import Corpus
from denoise_cli.errors import UnusableCorpus
from tests.data.small_corpus import write_corpus


def noise(seed, samples=1000, level=0.3):
    return np.clip(np.random.default_rng(seed).standard_normal(samples) * level, -1, 1).astype(np.float32)


@pytest.fixture
def corpus(tmp_path):
    return write_corpus(
        tmp_path / "corpus",
        [
            ("speech", "train", 0, (noise(0),)),
            ("speech", "dev", 1, (noise(1, 500),)),
            ("noise", "train", 0, (noise(2, 2000, 1e-4),)),
            ("rir", "train", 0, (noise(3, 300),)),
            ("pair", "dev", 1, (noise(4), noise(5, level=0.001))),
            ("speech", "train", 0, (noise(6, 1),)),
        ],
    )


def test_items_are_selected_by_kind_and_split(corpus):
    assert corpus.select("speech", "train").tolist() == [0, 5]
    assert corpus.select("speech", "dev").tolist() == [1]
    assert corpus.select("pair", "train").tolist() == []
    assert corpus.select("pair", "dev").dtype == np.int64
    with pytest.raises(ValueError):
        corpus.select("voice", "train")


def test_samples_and_groups_are_listed_for_every_item(corpus):
    assert corpus.samples.tolist() == [1000, 500, 2000, 300, 1000, 1]
    assert corpus.group.tolist() == [0, 1, 0, 0, 1, 0]
    assert corpus.samples.dtype == np.int64 and corpus.group.dtype == np.int64
    assert corpus.sample_rate == 16_000 and len(corpus) == 6


@pytest.mark.parametrize(("item", "seed", "level"), [(0, 0, 0.3), (2, 2, 1e-4)])
def test_loud_and_quiet_items_alike_keep_sixteen_bits_of_their_own_peak(corpus, item, seed, level):
    original = noise(seed, int(corpus.samples[item]), level)
    read = corpus.read(item)
    assert read.dtype == np.float32
    np.testing.assert_allclose(read, original, rtol=0, atol=0.51 * np.abs(original).max() / (0.9 * 32767))


def test_a_part_equals_the_same_part_of_the_whole(corpus):
    whole = corpus.read(2)
    np.testing.assert_array_equal(corpus.read(2, 300, 50), whole[300:350])
    np.testing.assert_array_equal(corpus.read(2, 1990), whole[1990:])
    assert corpus.read(2, 2000).shape == (0,)


@pytest.mark.parametrize(("start", "count"), [(-1, 5), (999, 2), (1001, None), (5, -1)])
def test_a_part_outside_of_the_item_is_an_error_and_never_the_neighbour(corpus, start, count):
    with pytest.raises(IndexError):
        corpus.read(0, start, count)


def test_halves_of_a_pair_come_at_their_true_levels(corpus):
    noisy, clean = corpus.read_pair(4, 100, 700)
    np.testing.assert_allclose(noisy, noise(4)[100:800], atol=2e-5)
    np.testing.assert_allclose(clean, noise(5, level=0.001)[100:800], atol=1e-7)
    np.testing.assert_array_equal(corpus.read(4, 100, 700), noisy)
    with pytest.raises(ValueError):
        corpus.read_pair(0)


def test_a_pickled_corpus_is_small_and_reads_the_same(corpus):
    corpus.read(0)
    pickled = pickle.dumps(corpus)
    assert len(pickled) < 2000
    np.testing.assert_array_equal(pickle.loads(pickled).read(1, 10, 20), corpus.read(1, 10, 20))


def test_an_open_corpus_stays_with_its_generation(corpus):
    later = write_corpus(corpus.path, [("speech", "train", 0, (noise(9),))], generation=2)
    assert len(later) == 1 and len(corpus) == 6
    np.testing.assert_allclose(pickle.loads(pickle.dumps(corpus)).read(1), noise(1, 500), atol=1e-4)


def test_reading_maps_the_file_and_does_not_load_it(corpus):
    before = corpus.read(0, 0, 10)
    shard = next((corpus.path / "shards").iterdir())
    with shard.open("r+b") as file:
        file.write(np.full(5, 123, "<i2").tobytes())
    after = corpus.read(0, 0, 10)
    assert len(set(after[:5])) == 1 and len(set(before[:5])) == 5
    np.testing.assert_array_equal(before[5:], after[5:])


def test_more_shards_than_may_be_open_are_read_in_turn(tmp_path, monkeypatch):
    monkeypatch.setattr("denoise_cli.data.corpus.OPEN_SHARDS", 2)
    monkeypatch.setattr("denoise_cli.data.corpus_writing.SHARD_BYTES", 100)
    corpus = write_corpus(tmp_path, [("speech", "train", 0, (noise(seed),)) for seed in range(5)])
    assert len(list((tmp_path / "shards").iterdir())) == 5
    for item in (0, 3, 0, 4, 1, 2, 0):
        np.testing.assert_allclose(corpus.read(item), noise(item), atol=1e-4)
    assert len(corpus._shards) == 2


def test_description_names_the_content_and_not_its_place(tmp_path):
    items = [("speech", "train", 0, (noise(0),)), ("noise", "dev", 0, (noise(1),))]
    first, second = write_corpus(tmp_path / "a", items), write_corpus(tmp_path / "b", items)
    louder = write_corpus(tmp_path / "c", [items[0], ("noise", "dev", 0, (noise(2),))])
    assert first.describe() == second.describe()
    assert first.describe()["sha256"] != louder.describe()["sha256"]
    assert json.dumps(first.describe())


def test_an_empty_corpus_opens(tmp_path):
    assert write_corpus(tmp_path, []).select("speech", "train").tolist() == []


def test_no_corpus_is_told_in_one_line(tmp_path):
    with pytest.raises(UnusableCorpus, match="no corpus here"):
        Corpus.open(tmp_path)
    with pytest.raises(UnusableCorpus, match="no corpus here"):
        Corpus.open(tmp_path / "absent")


@pytest.mark.parametrize(
    ("content", "message"),
    [("{", "cannot be read"), ("[1]", "not a corpus"), ('{"format_version": 99}', "format 99"),
     ('{"format_version": 1}', "lacks")],
)  # fmt: skip
def test_a_broken_or_foreign_commit_point_is_told_in_one_line(tmp_path, content, message):
    (tmp_path / "corpus.json").write_text(content)
    with pytest.raises(UnusableCorpus, match=message) as caught:
        Corpus.open(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_shard_or_column_that_is_missing_or_short_is_told(corpus):
    shard = next((corpus.path / "shards").iterdir())
    whole = shard.read_bytes()
    shard.write_bytes(whole[:-2])
    with pytest.raises(UnusableCorpus, match="cut short"):
        Corpus.open(corpus.path)
    shard.write_bytes(whole)
    Corpus.open(corpus.path)
    (corpus.path / "index-000001" / "scale.npy").unlink()
    with pytest.raises(UnusableCorpus, match="scale.npy"):
        Corpus.open(corpus.path)
