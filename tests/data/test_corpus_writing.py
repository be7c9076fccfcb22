import json
import threading

import numpy as np
import pytest

from denoise_cli.data.corpus import Corpus
from denoise_cli.data.corpus_writing import Generation, Quantised, ShardWriters, sweep
from tests.data.small_corpus import write_corpus

TONE = np.sin(np.arange(800) / 7).astype(np.float32)


def test_blocks_are_joined_and_the_gain_is_applied_on_reading(tmp_path):
    writers, made = ShardWriters(tmp_path), Generation(tmp_path, 1)
    with writers.borrow() as writer:
        writer.append((Quantised([TONE], 1.0),))
        stored = writer.append((Quantised(np.array_split(TONE, 9), 1.0, gain=0.25),))
    writers.close()
    assert (stored.offset, stored.samples) == (800, 800)
    made.add("speech", 0, stored)
    made.commit(np.zeros(1, np.uint8), {"summary": {}, "sha256": "", "seed": 0, "dev_share": 0})
    np.testing.assert_allclose(Corpus.open(tmp_path).read(0), TONE / 4, atol=1e-5)


def test_threads_write_to_shards_of_their_own(tmp_path):
    writers, names = ShardWriters(tmp_path), []
    together = threading.Barrier(3)

    def write():
        with writers.borrow() as writer:
            together.wait()
            names.append(writer.append((Quantised([TONE], 1.0),)).shard)

    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writers.close()
    assert len(set(names)) == 3
    assert sorted(name[:5] for name in names) == ["00000", "00001", "00002"]


def test_new_shards_never_take_an_old_name(tmp_path):
    for _ in range(2):
        writers = ShardWriters(tmp_path)
        with writers.borrow() as writer:
            writer.append((Quantised([TONE], 1.0),))
        writers.close()
    assert sorted(file.name[:5] for file in (tmp_path / "shards").iterdir()) == ["00000", "00001"]


def test_halves_of_different_length_are_refused(tmp_path):
    writers = ShardWriters(tmp_path)
    with writers.borrow() as writer, pytest.raises(ValueError, match="differ in length"):
        writer.append((Quantised([TONE], 1.0), Quantised([TONE[:-1]], 1.0)))
    writers.close()


def test_a_discarded_generation_leaves_the_old_one(tmp_path):
    old = write_corpus(tmp_path, [("speech", "train", 0, (TONE,))])
    before = sorted(file.name for file in tmp_path.iterdir())
    with Generation(tmp_path, 2) as made:
        made.describe("{}\n")
    assert sorted(file.name for file in tmp_path.iterdir()) == before
    assert Corpus.open(tmp_path).describe() == old.describe()


def test_sweeping_takes_what_is_ours_and_unnamed_and_nothing_else(tmp_path):
    write_corpus(tmp_path, [("speech", "train", 0, (TONE,))])
    write_corpus(tmp_path, [("speech", "train", 0, (TONE,))], generation=2)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "shards" / "mine.i16").write_bytes(b"")
    header = json.loads((tmp_path / "corpus.json").read_text())
    keep = {header["index"], header["manifest"], *(shard["name"] for shard in header["shards"])}
    swept = sweep(tmp_path, keep)
    assert [name for name in swept if not name.endswith("i16")] == [
        "index-000001",
        "manifest-000001.jsonl",
    ]  # fmt: skip
    assert len(swept) == 3
    assert (tmp_path / "notes.txt").exists() and (tmp_path / "shards" / "mine.i16").exists()
    np.testing.assert_allclose(Corpus.open(tmp_path).read(0), TONE, atol=1e-4)
