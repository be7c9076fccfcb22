"""A corpus as tar shards under an address: written, read, and drawn from by lanes."""

import dataclasses
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from denoise_cli.config import DegradationConfig
from denoise_cli.data.corpus import Corpus
from denoise_cli.data.segments import SegmentSource
from denoise_cli.data.shard_store import ShardStore, is_sharded, write_shards
from denoise_cli.data.shard_stream import Lane, MemoryRecordings, ShardStream, dev_recordings
from denoise_cli.errors import MissingPackage, UnusableCorpus
from tests.data.small_corpus import write_corpus
from tests.data.speech_corpus import make_speech_corpus


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return make_speech_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture
def many(tmp_path: Path) -> ShardStore:
    """Twelve shards of one second of speech each, of one speaker a shard; one of noise."""
    path = str(tmp_path / "many")
    items = [("speech", "train", speaker, (np.full(16_000, 0.5, np.float32),)) for speaker in range(12)]
    items.append(("noise", "train", 100, (np.full(16_000, 0.1, np.float32),)))
    write_shards(write_corpus(tmp_path / "corpus", items), path)  # one shard a kind: cut up by hand below
    store = ShardStore.open(path)
    (speech,) = store.select("speech", "train")
    whole = store.read(speech)
    cut = [dataclasses.replace(speech, name=f"{n}", items=1, samples=16_000) for n in range(12)]
    return CutStore(path, 16_000, (*cut, *store.select("noise", "train")), whole)


@dataclasses.dataclass(frozen=True)
class CutStore(ShardStore):
    whole: list  # type: ignore[type-arg]

    def read(self, shard):  # type: ignore[no-untyped-def]
        return [self.whole[int(shard.name)]] if shard.kind == "speech" else super().read(shard)


def test_what_is_written_is_read(corpus: Corpus, tmp_path: Path) -> None:
    written = write_shards(corpus, str(tmp_path / "shards"))
    assert is_sharded(str(tmp_path / "shards")) and not is_sharded(str(corpus.path))
    store = ShardStore.open(str(tmp_path / "shards"))
    assert store.shards == tuple(written)
    for kind in ("speech", "noise", "rir"):
        for split in ("train", "dev"):
            read = MemoryRecordings([i for s in store.select(kind, split) for i in store.read(s)], 16_000)
            there = corpus.select(kind, split)
            assert sorted(read.samples) == sorted(corpus.samples[there])
            ours = sorted(float(np.abs(read.read(number)).sum()) for number in range(len(read.samples)))
            theirs = sorted(float(np.abs(corpus.read(int(number))).sum()) for number in there)
            np.testing.assert_allclose(ours, theirs, rtol=1e-4)
            assert len(set(read.group)) == len(set(corpus.group[there]))


def test_pairs_keep_both_halves(tmp_path: Path) -> None:
    noisy, clean = np.linspace(-0.5, 0.5, 800, dtype=np.float32), np.linspace(0, 0.25, 800, dtype=np.float32)
    corpus = write_corpus(tmp_path / "c", [("pair", "train", 0, (noisy, clean))])
    (shard,) = write_shards(corpus, str(tmp_path / "s"))
    read = MemoryRecordings(ShardStore.open(str(tmp_path / "s")).read(shard), 16_000)
    for ours, theirs in zip(read.read_pair(0, 100, 500), (noisy, clean), strict=True):
        np.testing.assert_allclose(ours, theirs[100:600], atol=2e-5)


def test_parts_add_up_and_a_part_replaces_itself(corpus: Corpus, tmp_path: Path) -> None:
    other = write_corpus(tmp_path / "c", [("speech", "train", 0, (np.ones(800, np.float32),))])
    address = str(tmp_path / "s")
    first = len(write_shards(corpus, address))
    write_shards(other, address)
    assert len(ShardStore.open(address).shards) == first + 1
    write_shards(other, address)
    assert len(ShardStore.open(address).shards) == first + 1


def test_shards_are_cut_by_size_and_are_plain_tar_files(tmp_path: Path) -> None:
    items = [("speech", "train", n, (np.full(300_000, 0.5, np.float32),)) for n in range(4)]
    shards = write_shards(write_corpus(tmp_path / "c", items), str(tmp_path / "s"), shard_mb=1)
    assert sum(shard.items for shard in shards) == 4 and len(shards) > 1
    with tarfile.open(tmp_path / "s" / shards[0].name) as tar:
        assert [name.split(".", 1)[1] for name in tar.getnames()][:2] == ["json", "i16"]


def speakers_at(stream: ShardStream, turn: int) -> set[int]:
    recordings = stream.at(turn)
    return set(recordings.group[recordings.select("speech", "train")].tolist())


def stream_of(store: ShardStore, lane: int = 0, lanes: int = 1, seed: int = 0) -> ShardStream:
    return ShardStream(store, Lane(lane, lanes), seed, window=3, batch_size=2, samples=8_000)  # a shard a batch


def test_a_window_moves_by_a_shard_and_reads_each_once_an_epoch(many: ShardStore) -> None:
    stream = stream_of(many)
    windows = [speakers_at(stream, turn) for turn in range(24)]
    assert all(1 <= len(window) <= 3 for window in windows)
    assert len(set().union(*windows[:10])) == 12  # window n has the shards n to n + 2 of the epoch's twelve
    assert len(set().union(*windows[12:22])) == 12
    assert windows[:10] != windows[12:22]  # another epoch, another order
    assert stream.at(3) is stream.at(3)


def test_a_resumed_stream_is_where_an_unbroken_one_would_be(many: ShardStore) -> None:
    unbroken = stream_of(many)
    for turn in range(15):
        unbroken.at(turn)
    assert speakers_at(stream_of(many), 15) == speakers_at(unbroken, 15)
    seen = [speakers_at(stream_of(many, seed=1), turn) for turn in range(4)]
    assert seen != [speakers_at(stream_of(many), turn) for turn in range(4)]


def test_lanes_share_the_shards_out_and_all_hear_the_only_noise(many: ShardStore) -> None:
    streams = [stream_of(many, lane, 3) for lane in range(3)]
    own = [set().union(*(speakers_at(stream, turn) for turn in range(4))) for stream in streams]
    assert [len(speakers) for speakers in own] == [4, 4, 4]
    assert len(set().union(*own)) == 12
    assert all(len(stream.at(0).select("noise", "train")) == 1 for stream in streams)


def test_batches_are_drawn_from_a_window_as_from_a_corpus(corpus: Corpus, tmp_path: Path) -> None:
    write_shards(corpus, str(tmp_path / "s"))
    store = ShardStore.open(str(tmp_path / "s"))
    batch = SegmentSource(stream_of(store).at(0), "train", DegradationConfig(), 8_000).batch(3, 0, 0)
    assert batch.speech.shape == (3, 8_000) and np.isfinite(batch.noise).all()
    assert len(dev_recordings(store, 8).select("speech", "dev")) == len(corpus.select("speech", "dev"))


def test_what_cannot_be_read_is_said(corpus: Corpus, tmp_path: Path) -> None:
    with pytest.raises(UnusableCorpus, match="no shards here"):
        ShardStore.open(str(tmp_path / "nowhere"))
    with pytest.raises((MissingPackage, UnusableCorpus)):
        ShardStore.open("nosuchprotocol://bucket/corpus")
    shard = write_shards(corpus, str(tmp_path / "s"))[0]
    file = tmp_path / "s" / shard.name
    file.write_bytes(file.read_bytes()[:20_000])
    with pytest.raises(UnusableCorpus, match=shard.name):
        ShardStore.open(str(tmp_path / "s")).read(shard)


@pytest.fixture(params=["memory", "s3"])
def address(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    if request.param == "memory":
        yield "memory://bucket/corpus"
        return
    server = pytest.importorskip("moto.server", reason="moto is not installed: no local store that speaks S3")
    pytest.importorskip("s3fs", reason="s3fs is not installed: no client for S3")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setitem(os.environ, name, "testing")
    store = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    store.start()
    _, port = store.get_host_and_port()
    monkeypatch.setitem(os.environ, "AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    yield "s3://bucket/corpus"
    store.stop()


@pytest.mark.filterwarnings("ignore")
def test_any_store_will_do(corpus: Corpus, address: str) -> None:
    with pytest.raises(UnusableCorpus, match="no shards here"):
        ShardStore.open(address)
    write_shards(corpus, address)
    store = ShardStore.open(address)
    assert len(stream_of(store).at(0).select("speech", "train")) == len(corpus.select("speech", "train"))
