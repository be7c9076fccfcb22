import json
import os
import pickle
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from denoise_cli.data.corpus import Corpus
from denoise_cli.data.screening import Thresholds
from denoise_cli.errors import CannotStart, UnusableCorpus, UsageConflict
from denoise_cli.workflows.prepare_data import PrepareOptions, PrepareProgress, prepare_data
from tests.data.recordings import hiss, response, speech, write

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def sources(tmp_path):
    for speaker in range(4):
        for number in range(2):
            write(tmp_path / f"speech/set/s{speaker}/{number}.flac", speech(10 * speaker + number, 1.0))
    for number in range(3):
        write(tmp_path / f"noise/kind/{number}.wav", hiss(number, 1.0))
        write(tmp_path / f"rir/{number}.wav", response(number))
    (tmp_path / "speech/set/LICENSE").write_text("CC0")
    return tmp_path


def options(folder, **changes):
    roots = {kind: (folder / kind,) for kind in ("speech", "noise", "rir")}
    return PrepareOptions(**{"corpus": folder / "corpus", **roots, **changes})


def prepare(folder, **changes):
    return prepare_data(options(folder, **changes), lambda progress: None)


def names(corpus_folder):
    return sorted(str(file.relative_to(corpus_folder)) for file in corpus_folder.rglob("*") if file.is_file())


def test_folders_become_a_corpus(sources):
    report = prepare(sources)
    corpus = Corpus.open(sources / "corpus")
    assert dict(report.done) == {"speech": 8, "noise": 3, "rir": 3} and not report.skipped and report.changed
    every = {kind: [*corpus.select(kind, "train"), *corpus.select(kind, "dev")] for kind in ("speech", "noise", "rir")}
    assert [len(items) for items in every.values()] == [8, 3, 3]
    assert all(len(corpus.select(kind, split)) for kind in every for split in ("train", "dev"))
    first = corpus.read(0)
    assert np.abs(first).max() == pytest.approx(0.5, abs=0.01) and len(first) == 16_000
    assert all(corpus.read(item)[0] == pytest.approx(1.0, abs=1e-3) for item in every["rir"])
    assert corpus.describe()["speakers"] == {"train": 3, "dev": 1}


def test_no_speaker_is_in_both_splits(sources):
    prepare(sources, dev_share=0.5)
    corpus = Corpus.open(sources / "corpus")
    train, dev = (set(corpus.group[corpus.select("speech", split)]) for split in ("train", "dev"))
    assert train and dev and not train & dev and len(train | dev) == 4


def test_manifest_names_source_speaker_licence_and_item(sources):
    prepare(sources)
    header = json.loads((sources / "corpus/corpus.json").read_text())
    lines = [json.loads(line) for line in (sources / "corpus" / header["manifest"]).read_text().splitlines()]
    assert [line["entries"][0]["item"] for line in lines] == list(range(14))
    assert lines[0]["path"] == str(sources / "speech/set/s0/0.flac")
    assert (lines[0]["speaker"], lines[0]["source_set"], lines[0]["licence"]) == (
        "set/s0",
        "speech/set",
        "speech/set/LICENSE",
    )
    assert lines[0]["entries"][0]["measured"]["snr_db"] > 20
    assert header["summary"]["sources"][0]["licences"] == ["speech/set/LICENSE"]


def test_a_second_run_decodes_nothing_and_changes_nothing(sources):
    prepare(sources)
    before = {name: (sources / "corpus" / name).read_bytes() for name in names(sources / "corpus")}
    report = prepare(sources)
    after = {name: (sources / "corpus" / name).read_bytes() for name in names(sources / "corpus")}
    assert report.kept.total() == 14 and report.done.total() == 0 and not report.changed
    assert {**before, "report.json": b""} == {**after, "report.json": b""}


def test_only_what_is_new_or_changed_is_decoded_and_what_is_gone_drops_out(sources):
    prepare(sources)
    old = Corpus.open(sources / "corpus")
    write(sources / "speech/set/s9/0.wav", speech(99, 1.0))
    write(sources / "noise/kind/1.wav", hiss(50, 0.7))
    (sources / "rir/2.wav").unlink()
    report = prepare(sources)
    assert dict(report.done) == {"speech": 1, "noise": 1}
    assert dict(report.kept) == {"speech": 8, "noise": 2, "rir": 2} and report.removed == 1
    corpus = Corpus.open(sources / "corpus")
    assert len(corpus) == 14 and corpus.describe()["generation"] == 2
    np.testing.assert_array_equal(corpus.read(3), old.read(3))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(old)).read(13), old.read(13))  # readers have a run's grace
    prepare(sources)
    with pytest.raises(UnusableCorpus, match="prepared anew"):
        pickle.loads(pickle.dumps(old)).read(13)


def test_what_one_more_speaker_changes_is_not_the_split_of_the_others(sources):
    prepare(sources)
    before = Corpus.open(sources / "corpus").select("speech", "dev").tolist()
    write(sources / "speech/set/s9/0.wav", speech(99, 1.0))
    prepare(sources)
    after = Corpus.open(sources / "corpus").select("speech", "dev").tolist()
    assert [item for item in after if item < 8] == before


def test_other_thresholds_judge_without_decoding_what_is_known(sources):
    prepare(sources)
    for file in (sources / "speech/set").rglob("*.flac"):
        state = file.stat()
        file.write_bytes(bytes(state.st_size))  # what is decoded now is lost
        os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    write(sources / "speech/set/s9/0.wav", speech(99, 2.0))
    report = prepare(sources, thresholds=Thresholds(min_seconds=1.5))
    assert report.skipped == {"too short": 8} and report.done == {"speech": 1}
    report = prepare(sources, thresholds=Thresholds(min_seconds=1.5, min_snr_db=-100))
    assert report.skipped == {"too short": 8} and report.kept["speech"] == 1


def test_bad_files_are_counted_by_reason_with_their_names(sources):
    write(sources / "speech/set/s0/silent.wav", np.zeros(16_000))
    (sources / "speech/set/s0/text.wav").write_text("hello")
    report = prepare(sources)
    assert report.skipped == {"silent": 1, "unreadable": 1}
    content = json.loads((sources / "corpus/report.json").read_text())
    assert content["skipped"]["silent"] == {"count": 1, "files": [str(sources / "speech/set/s0/silent.wav")]}
    assert "text.wav" in content["skipped"]["unreadable"]["files"][0]
    assert prepare(sources).skipped == report.skipped


def test_speech_alone_and_pairs_alone_make_a_corpus(sources):
    clean = speech(1, 1.0)
    for number in range(3):
        write(sources / f"pairs/noisy/p{number}.wav", clean + hiss(number, 1.0))
        write(sources / f"pairs/clean/p{number}.flac", clean)
    prepare(sources, corpus=sources / "a", noise=(), rir=())
    assert len(Corpus.open(sources / "a")) == 8
    folders = ((sources / "pairs/noisy", sources / "pairs/clean"),)
    report = prepare(sources, corpus=sources / "b", speech=(), noise=(), rir=(), pairs=folders)
    corpus = Corpus.open(sources / "b")
    assert "pair: split by file" in report.notes[0]
    noisy, target = corpus.read_pair(int(corpus.select("pair", "train")[0]))
    np.testing.assert_allclose(target, clean, atol=1e-4)
    assert np.std(noisy - target) == pytest.approx(0.1, rel=0.05)


def test_many_threads_give_the_same_corpus_as_one(sources):
    prepare(sources)
    prepare(sources, corpus=sources / "other", jobs=4)
    one, many = Corpus.open(sources / "corpus"), Corpus.open(sources / "other")
    assert one.describe() == many.describe()
    for item in range(14):
        np.testing.assert_array_equal(one.read(item), many.read(item))


def test_progress_counts_to_the_end(sources):
    seen: list[PrepareProgress] = []
    prepare_data(options(sources), seen.append)
    assert [progress.done for progress in seen] == list(range(1, 15)) and seen[0].total == 14


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"speech": ()}, "give --speech"),
        ({"dev_share": 0.9}, "dev-share"),
        ({"noise": (Path("absent"),)}, "no such folder"),
        ({"rir": (PROJECT / "denoise_cli" / "data",)}, "no audio files"),
    ],
)
def test_contradictory_options_are_refused_before_anything_is_written(sources, changes, message):
    with pytest.raises(UsageConflict, match=message):
        prepare(sources, **changes)
    assert not (sources / "corpus").exists()


def test_nested_folders_are_refused(sources):
    with pytest.raises(UsageConflict, match="already found below"):
        prepare(sources, speech=(sources / "speech/set", sources / "speech"))


def test_no_usable_speech_is_told_and_the_old_corpus_stays(sources):
    prepare(sources)
    before = Corpus.open(sources / "corpus").describe()
    with pytest.raises(UnusableCorpus, match="8 too short"):
        prepare(sources, thresholds=Thresholds(min_seconds=60))
    assert Corpus.open(sources / "corpus").describe() == before


def test_a_corpus_of_another_format_is_left_alone(sources):
    (sources / "corpus").mkdir()
    (sources / "corpus/corpus.json").write_text('{"format_version": 99}')
    with pytest.raises(UnusableCorpus, match="format 99"):
        prepare(sources)
    assert json.loads((sources / "corpus/corpus.json").read_text()) == {"format_version": 99}


def test_two_runs_do_not_collide(sources):
    def prepare_again(progress):
        with pytest.raises(CannotStart):
            prepare(sources)

    prepare_data(options(sources), prepare_again)
    assert len(Corpus.open(sources / "corpus")) == 14


def test_ctrl_c_leaves_the_old_corpus_and_the_next_run_goes_on(sources):
    def interrupt(progress):
        if progress.done == 9:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare_data(options(sources), interrupt)
    with pytest.raises(UnusableCorpus):
        Corpus.open(sources / "corpus")
    report = prepare(sources)
    assert report.kept.total() >= 9 and report.kept.total() + report.done.total() == 14
    assert not (sources / "corpus/journal.jsonl").exists()
    assert [name for name in names(sources / "corpus") if name.endswith(".part")] == []


KILLED = """
import os, signal, sys
from pathlib import Path
from denoise_cli.workflows.prepare_data import PrepareOptions, prepare_data
folder, where, when = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def on_progress(progress):
    if where == "source" and progress.done == when:
        die()

calls = 0
def replace(source, target, original=os.replace):
    global calls
    calls += 1
    if where == "before" and calls == when:
        die()
    original(source, target)
    if where == "after" and calls == when:
        die()

os.replace = replace
prepare_data(PrepareOptions(folder / "corpus", speech=(folder / "speech",), noise=(folder / "noise",)), on_progress)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs kill -9")
@pytest.mark.parametrize(
    ("where", "when", "is_new"),
    [("source", 1, False), ("source", 8, False), ("before", 1, False), ("after", 1, False), ("before", 2, False),
     ("after", 2, True), ("before", 3, True)],
)  # fmt: skip
def test_a_killed_run_leaves_the_old_corpus_or_the_new_one(sources, where, when, is_new):
    prepare(sources, rir=())
    old = Corpus.open(sources / "corpus").describe()["sha256"]
    write(sources / "speech/set/s0/0.flac", speech(77, 1.0))
    write(sources / "noise/kind/9.wav", hiss(9, 1.0))
    command = [sys.executable, "-c", KILLED, str(sources), where, str(when)]
    result = subprocess.run(command, cwd=PROJECT, check=False, timeout=60)
    assert result.returncode == -signal.SIGKILL
    corpus = Corpus.open(sources / "corpus")
    assert (corpus.describe()["sha256"] != old) == is_new
    assert all(np.abs(corpus.read(item)).max() > 0.01 for item in range(len(corpus)))
    report = prepare(sources, rir=())
    assert report.kept.total() + report.done.total() == 12
    assert report.done.total() <= (2 if where == "source" and when == 1 else 0 if where != "source" else 1)
    fresh = prepare(sources, rir=(), corpus=sources / "fresh")
    assert fresh.corpus["sha256"] == report.corpus["sha256"]
    prepare(sources, rir=())
    header = json.loads((sources / "corpus/corpus.json").read_text())
    shards = sorted(shard["name"] for shard in header["shards"])
    assert sorted(file.name for file in (sources / "corpus/shards").iterdir()) == shards
    others = {"corpus.json", "report.json", ".lock", header["manifest"], header["index"], "shards"}
    assert {file.name for file in (sources / "corpus").iterdir()} == others
