import json
import os
from pathlib import Path

import pytest

from denoise_cli.data.corpus_writing import Stored
from denoise_cli.data.manifest import JOURNAL, Entry, Journal, KnownSources, Record, record_from, state_of
from denoise_cli.data.screening import Measurements
from denoise_cli.data.sources import Source

MEASURED = Measurements(16_000, 1.0, 0.5, 0.0, None, 8000.0)
STORED = Stored("00000-0123abcd.i16", 0, 10, 1e-4, 0.0, 7)


@pytest.fixture
def corpus(tmp_path):
    (tmp_path / "shards").mkdir()
    (tmp_path / "shards" / STORED.shard).write_bytes(bytes(20))
    return tmp_path


def source(path, kind="speech", clean=None):
    return Source(kind, path, path.name, "set", "anna", "set/LICENSE", clean)


def file(corpus, name, content=b"1234"):
    path = corpus / name
    path.write_bytes(content)
    return path


def record(path, stored=STORED, kind="speech"):
    return Record(kind, str(path), state_of(path), (Entry(measured=MEASURED, stored=stored),))


def known(corpus, *records, manifest=()):
    journal = Journal(corpus)
    for each in records:
        journal.add(each)
    journal.close()
    (corpus / "manifest.jsonl").write_text(
        "".join(each.manifest_line(source(Path(each.path)), [0]) for each in manifest)
    )
    return KnownSources(corpus, [corpus / "manifest.jsonl", corpus / JOURNAL])


def found(corpus, path, *records, manifest=(), kind="speech"):
    sources = known(corpus, *records, manifest=manifest)
    try:
        return sources.find(source(path, kind))
    finally:
        sources.close()


def test_a_record_survives_its_line(corpus):
    path = file(corpus, "a.wav")
    made = Record("pair", str(path), state_of(path), (Entry(reason="silent"), Entry(stored=STORED)), "c", None)
    line = made.manifest_line(source(path), [None, 3])
    assert record_from(line.encode()) == made
    content = json.loads(line)
    assert [entry["item"] for entry in content["entries"]] == [None, 3]
    assert (content["speaker"], content["licence"], content["source_set"]) == ("anna", "set/LICENSE", "set")


def test_an_unchanged_source_is_known_from_manifest_and_journal_alike(corpus):
    path = file(corpus, "a.wav")
    assert found(corpus, path, record(path)) == record(path)
    (corpus / JOURNAL).unlink()
    assert found(corpus, path, manifest=[record(path)]) == record(path)


def test_kind_and_path_both_count(corpus):
    path, other = file(corpus, "a.wav"), file(corpus, "b.wav")
    assert found(corpus, other, record(path)) is None
    assert found(corpus, path, record(path), kind="noise") is None


@pytest.mark.parametrize("change", ["size", "time", "gone", "shard short", "shard gone"])
def test_what_has_changed_is_not_known(corpus, change):
    path = file(corpus, "a.wav")
    made = record(path)
    shard = corpus / "shards" / STORED.shard
    if change == "size":
        path.write_bytes(b"12345")
        os.utime(path, ns=(0, made.state.mtime_ns))
    elif change == "time":
        os.utime(path, ns=(0, made.state.mtime_ns + 1))
    elif change == "gone":
        path.unlink()
    elif change == "shard short":
        shard.write_bytes(bytes(19))
    else:
        shard.unlink()
    assert found(corpus, path, made) is None


def test_the_latest_record_counts(corpus):
    path = file(corpus, "a.wav")
    old, new = record(path), Record("speech", str(path), state_of(path), (Entry(reason="silent"),))
    assert found(corpus, path, old, new) == new
    (corpus / JOURNAL).unlink()
    assert found(corpus, path, new, manifest=[old]) == new


def test_a_torn_line_is_dropped_and_what_follows_is_whole(corpus):
    first, second = file(corpus, "a.wav"), file(corpus, "b.wav")
    known(corpus, record(first)).close()
    with (corpus / JOURNAL).open("ab") as torn:
        torn.write(b'{"kind": "spee')
    assert found(corpus, first) == record(first)
    assert found(corpus, second, record(second)) == record(second)
    assert (corpus / JOURNAL).read_bytes().count(b"\n") == 2


def test_sources_that_are_gone_are_counted(corpus):
    paths = [file(corpus, name) for name in ("a.wav", "b.wav", "c.wav")]
    sources = known(corpus, *(record(path) for path in paths), manifest=[record(paths[0])])
    sources.find(source(paths[1]))
    assert sources.never_asked_for() == 2
    assert sources.shards == {STORED.shard}
    sources.close()


def test_a_pair_is_known_by_both_halves(corpus):
    noisy, clean = file(corpus, "n.wav"), file(corpus, "c.wav")
    made = Record("pair", str(noisy), state_of(noisy), (Entry(stored=STORED),), str(clean), state_of(clean))
    sources = known(corpus, made)
    assert sources.find(source(noisy, "pair", clean)) == made
    clean.write_bytes(b"changed")
    assert sources.find(source(noisy, "pair", clean)) is None
    sources.close()
