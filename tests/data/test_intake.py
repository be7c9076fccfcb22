import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from denoise_cli.data import intake, screening
from denoise_cli.data.corpus_writing import ShardWriters
from denoise_cli.data.intake import Intake
from denoise_cli.data.screening import Thresholds
from denoise_cli.data.sources import Source
from tests.data.recordings import RATE, hiss, response, speech, write


@pytest.fixture
def taker(tmp_path):
    (tmp_path / "corpus").mkdir()
    with ShardWriters(tmp_path / "corpus") as writers:
        yield Intake(writers, Thresholds(), tmp_path / "corpus")


def source(kind, path, clean=None, speaker="anna"):
    return Source(kind, path, path.name, "set", speaker, None, clean)


def entry(taker, kind, path, clean=None, speaker="anna"):
    (made,) = taker.take(source(kind, path, clean, speaker)).entries
    return made


def samples_of(taker, stored, half=0):
    shard = np.fromfile(taker.spool_folder / "shards" / stored.shard, "<i2")
    start = stored.offset + half * stored.samples
    return shard[start : start + stored.samples] * (stored.clean_scale if half else stored.scale)


@pytest.mark.parametrize(
    ("suffix", "subtype"), [("wav", "PCM_24"), ("flac", "PCM_16"), ("wav", "FLOAT"), ("aiff", None)]
)
def test_stored_samples_equal_the_source_within_sixteen_bits(taker, tmp_path, suffix, subtype):
    path = write(tmp_path / f"a.{suffix}", 0.01 * speech(0), subtype=subtype)
    made = entry(taker, "speech", path)
    decoded, _ = soundfile.read(path)
    assert made.stored.scale == pytest.approx(np.abs(decoded).max() / (0.9 * 32767))
    np.testing.assert_allclose(samples_of(taker, made.stored), decoded, atol=0.51 * made.stored.scale)


@pytest.mark.parametrize("rate", [22_050, 44_100, 48_000])
def test_resampling_is_aligned_and_of_exact_length(taker, tmp_path, rate):
    voice = soxr.resample(speech(1, 2.0), RATE, rate, quality="VHQ")
    made = entry(taker, "speech", write(tmp_path / "a.wav", voice, rate, "FLOAT"))
    stored = samples_of(taker, made.stored)
    wanted = soxr.resample(voice, rate, RATE, quality="VHQ")
    assert abs(len(stored) - 2 * RATE) <= 1
    error = stored[500:-500] - wanted[500 : len(stored) - 500]
    assert np.sqrt(np.mean(error**2)) < 0.02 * np.sqrt(np.mean(wanted**2))


def test_first_channel_is_taken_and_never_a_mean(taker, tmp_path):
    voice = speech(2)
    made = entry(taker, "speech", write(tmp_path / "a.wav", np.stack([voice, -voice], axis=1)))
    np.testing.assert_allclose(samples_of(taker, made.stored), voice, atol=1e-4)


def test_float_files_beyond_full_scale_are_turned_down_whole(taker, tmp_path):
    voice = 8 * speech(3)
    stored = samples_of(taker, entry(taker, "speech", write(tmp_path / "a.wav", voice, subtype="FLOAT")).stored)
    np.testing.assert_allclose(stored, voice / np.abs(voice).max(), atol=1e-4)


def bad_files():
    voice = speech(4)
    low = np.fft.rfft(voice)
    low[int(3500 * 1.5) :] = 0
    return {
        "clipped": np.clip(voice, -0.1, 0.1),
        "too noisy": voice + 3 * hiss(0),
        "band-limited": np.fft.irfft(low),
        "silent": np.zeros(RATE),
        "too short": voice[: RATE // 4],
        "empty": voice[:0],
        "not finite": np.where(np.arange(len(voice)) == 20_000, np.nan, voice),
    }


@pytest.mark.parametrize("reason", list(bad_files()))
def test_each_bad_recording_is_refused_for_its_reason(taker, tmp_path, reason):
    made = entry(taker, "speech", write(tmp_path / "bad.wav", bad_files()[reason], subtype="FLOAT"))
    assert (made.reason, made.stored) == (reason, None)


def test_a_telephone_recording_is_refused_for_its_rate(taker, tmp_path):
    path = write(tmp_path / "phone.wav", speech(5, rate=8000), 8000)
    assert entry(taker, "speech", path).reason == screening.BELOW_RATE
    assert entry(taker, "noise", path).reason is None


@pytest.mark.parametrize("content", [b"not a sound file", b"RIFF", b"fLaC" + b"\0" * 5000])
def test_an_unreadable_file_is_refused_with_what_the_decoder_said(taker, tmp_path, content):
    (tmp_path / "talk.wav").write_bytes(content)
    made = entry(taker, "speech", tmp_path / "talk.wav")
    assert made.reason == screening.UNREADABLE and "talk.wav" in made.detail


def test_empty_vanished_and_nameless_files_are_refused(taker, tmp_path):
    (tmp_path / "a.wav").write_bytes(b"")
    assert entry(taker, "speech", tmp_path / "a.wav").reason == screening.EMPTY
    assert entry(taker, "speech", tmp_path / "gone.wav").reason == screening.UNREADABLE
    assert entry(taker, "speech", write(tmp_path / "b.wav", speech(0)), speaker=None).reason == screening.NO_SPEAKER


def test_noise_may_be_what_speech_may_not(taker, tmp_path):
    for reason in ("clipped", "too noisy", "band-limited", "too short"):
        path = write(tmp_path / f"{reason}.wav", bad_files()[reason])
        assert entry(taker, "noise", path, speaker=None).reason is None
    for reason in ("silent", "empty", "not finite"):
        path = write(tmp_path / f"{reason}.wav", bad_files()[reason], subtype="FLOAT")
        assert entry(taker, "noise", path, speaker=None).reason == reason


def test_halves_of_a_pair_keep_their_common_scale(taker, tmp_path):
    clean = 0.05 * speech(6)
    noisy = clean + hiss(6)
    paths = (write(tmp_path / f"{len(half)}.wav", half, subtype="FLOAT") for half in (noisy, clean[:-300]))
    stored = entry(taker, "pair", *paths).stored
    assert stored.samples == len(clean) - 300
    np.testing.assert_allclose(samples_of(taker, stored, 0), noisy[:-300], atol=1e-5)
    np.testing.assert_allclose(samples_of(taker, stored, 1), clean[:-300], atol=1e-6)


def test_a_pair_beyond_full_scale_is_turned_down_by_one_gain(taker, tmp_path):
    clean = speech(7)
    paths = (write(tmp_path / f"{gain}.wav", gain * clean, subtype="FLOAT") for gain in (4, 1))
    stored = entry(taker, "pair", *paths).stored
    noisy, clean_half = samples_of(taker, stored, 0), samples_of(taker, stored, 1)
    assert np.abs(noisy).max() <= 1.0001
    np.testing.assert_allclose(noisy, 4 * clean_half, atol=1e-3)


def test_pairs_that_do_not_match_are_refused(taker, tmp_path):
    noisy = write(tmp_path / "n.wav", speech(8) + hiss(8))
    assert entry(taker, "pair", noisy).reason == screening.NO_CLEAN
    longer = write(tmp_path / "c.wav", speech(8, 2.0))
    assert entry(taker, "pair", noisy, longer).reason == screening.LENGTHS_DIFFER
    assert entry(taker, "pair", noisy, noisy).reason == screening.NOISY


def test_each_channel_of_a_response_is_an_item_from_its_direct_path_on(taker, tmp_path):
    channels = np.stack([response(0, 10), response(1, 40)[:4810], np.zeros(4810)], axis=1)
    entries = taker.take(source("rir", write(tmp_path / "r.wav", channels, subtype="FLOAT"))).entries
    assert [made.reason for made in entries] == [None, None, screening.SILENT]
    assert [made.channel for made in entries] == [0, 1, 2]
    for made in entries[:2]:
        assert samples_of(taker, made.stored)[0] == pytest.approx(1.0, abs=1e-4)
    assert entries[1].stored.samples == entries[0].stored.samples - 30


def test_a_response_of_another_rate_keeps_its_direct_path_first(taker, tmp_path):
    wide = soxr.resample(response(3, 100, level=1.0), RATE, 48_000, quality="VHQ")
    made = entry(taker, "rir", write(tmp_path / "r.wav", wide, 48_000, "FLOAT"))
    taps = samples_of(taker, made.stored)
    assert taps[0] == pytest.approx(1.0, abs=1e-4) and np.abs(taps[5:]).max() < 0.5


def test_long_files_go_through_the_disk_and_come_out_the_same(taker, tmp_path, monkeypatch):
    path = write(tmp_path / "a.wav", np.tile(speech(9), 6))
    whole = samples_of(taker, entry(taker, "speech", path).stored)
    monkeypatch.setattr(intake, "SPOOL_BYTES", 1000)
    monkeypatch.setattr(intake, "BLOCK_SECONDS", 1)
    monkeypatch.setattr(intake, "BLOCK_BYTES", 4096)
    np.testing.assert_array_equal(samples_of(taker, entry(taker, "speech", path).stored), whole)
    assert [file.name for file in taker.spool_folder.iterdir()] == ["shards"]


def test_names_of_any_bytes_are_taken(taker, tmp_path):
    path = Path(str(tmp_path) + "/a b\n\udcff.wav")
    write(tmp_path / "plain.wav", speech(10)).rename(path)
    assert entry(taker, "speech", path).reason is None


def test_every_reason_of_screening_has_been_tested():
    names = set(re.findall(r'"([a-z -]+)"', Path(screening.__file__).read_text().split("FRAME, HOP")[0]))
    tested = Path(__file__).read_text()
    constants = {name for name, value in vars(screening).items() if isinstance(value, str) and value in names}
    assert len(constants) == 12
    assert all(f"screening.{name}" in tested or f'"{vars(screening)[name]}"' in tested for name in constants)
