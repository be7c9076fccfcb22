import errno
import os
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from denoise_cli.audio.formats import Encoding
from denoise_cli.audio.reading import AudioReader
from denoise_cli.audio.samples import Samples
from denoise_cli.audio.writing import AudioWriter, appearing_whole
from denoise_cli.errors import UnwritableOutput
from tests.audio.sounds import voice_like
from tests.small_disk import mounted_disk


def write(path: Path, waveform: Samples, sample_rate: int, encoding: Encoding) -> None:
    with AudioWriter(path, path, sample_rate, len(waveform), encoding) as writer:
        for start in range(0, waveform.shape[1], 5_000):
            writer.write(waveform[:, start : start + 5_000])


@pytest.mark.parametrize(
    ("container", "subtype", "step"),
    [
        ("WAV", "PCM_U8", 2**-7),
        ("WAV", "PCM_16", 2**-15),
        ("WAVEX", "PCM_24", 2**-23),
        ("WAV", "PCM_32", 1e-7),
        ("WAV", "FLOAT", 0),
        ("WAV", "DOUBLE", 0),
        ("RF64", "PCM_16", 2**-15),
        ("FLAC", "PCM_24", 2**-23),
        ("AIFF", "PCM_16", 2**-15),
        ("CAF", "FLOAT", 0),
        ("W64", "PCM_24", 2**-23),
        ("AU", "PCM_16", 2**-15),
    ],
)
@pytest.mark.parametrize("channels", [1, 6])
def test_samples_come_back_within_a_step(
    tmp_path: Path, container: str, subtype: str, step: float, channels: int
) -> None:
    waveform = voice_like(0.7, 22_050, channels)
    write(tmp_path / "a", waveform, 22_050, Encoding(container, subtype))
    with AudioReader(tmp_path / "a") as reader:
        assert reader.info.encoding == Encoding(container, subtype)
        assert reader.info.sample_rate == 22_050
        read = np.concatenate(list(reader.blocks()), axis=1)
    assert read.shape == waveform.shape
    np.testing.assert_allclose(read, waveform, rtol=0, atol=step)


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "PCM_U8"])
def test_samples_beyond_full_scale_saturate_and_never_wrap(tmp_path: Path, subtype: str) -> None:
    waveform = np.asarray([[1.0, 1.01, 1.5, 40.0, -1.0, -1.01, -40.0]], np.float32)
    write(tmp_path / "a.wav", waveform, 16_000, Encoding("WAV", subtype))
    read, _ = soundfile.read(tmp_path / "a.wav")
    assert (read[:4] > 0.98).all() and (read[4:] < -0.98).all()


def test_float_files_keep_what_is_beyond_full_scale(tmp_path: Path) -> None:
    waveform = np.asarray([[1.5, -40.0]], np.float32)
    write(tmp_path / "a.wav", waveform, 16_000, Encoding("WAV", "FLOAT"))
    np.testing.assert_array_equal(soundfile.read(tmp_path / "a.wav")[0], waveform[0])


@pytest.mark.parametrize("container", ["WAV", "AIFF", "WAVEX"])
def test_the_same_samples_make_the_same_bytes(tmp_path: Path, container: str, monkeypatch: pytest.MonkeyPatch) -> None:
    waveform = voice_like(0.1, 16_000)
    write(tmp_path / "a", waveform, 16_000, Encoding(container, "FLOAT"))
    first = (tmp_path / "a").read_bytes()
    assert b"PEAK" in first
    stamp = first.index(b"PEAK") + 12
    assert first[stamp : stamp + 4] == bytes(4) != int(time.time()).to_bytes(4, "little")
    np.testing.assert_array_equal(soundfile.read(tmp_path / "a")[0], waveform[0])


def test_an_encoding_that_does_not_take_the_rate_is_an_error_with_a_cure(tmp_path: Path) -> None:
    with pytest.raises(
        UnwritableOutput, match=r"OGG/OPUS at 44100 Hz.*choose --sample-rate 8000, .* or another format"
    ):
        write(tmp_path / "a.opus", voice_like(0.1, 44_100), 44_100, Encoding("OGG", "OPUS"))


def test_a_folder_that_takes_no_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    target = tmp_path / "file" / "a.wav"
    with pytest.raises(UnwritableOutput, match=r"a\.wav: "), appearing_whole(target):
        pass


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("container", ["WAV", "FLAC"])
def test_a_full_disk_is_an_error(tmp_path: Path, container: str) -> None:
    os.symlink("/dev/full", tmp_path / "a.wav")
    subtype = "PCM_16"
    with pytest.raises(UnwritableOutput, match=r"a\.wav"):
        write(tmp_path / "a.wav", voice_like(4, 16_000), 16_000, Encoding(container, subtype))


@pytest.mark.parametrize(
    ("encoding", "free"),
    [
        (Encoding("WAV", "PCM_16"), 0),  # not even a header
        (Encoding("WAV", "PCM_16"), 8_192),
        (Encoding("FLAC", "PCM_16"), 8_192),
        (Encoding("OGG", "VORBIS"), 12_288),  # libsndfile loses the last of it without a word
    ],
)
def test_a_disk_that_fills_up_is_named_as_the_reason(tmp_path: Path, encoding: Encoding, free: int) -> None:
    size = 2**17
    with mounted_disk(tmp_path / "disk", size) as disk:
        (disk / "other").write_bytes(bytes(size - free))
        with pytest.raises(UnwritableOutput, match=r"a\.out: the disk is full"):
            write(disk / "a.out", voice_like(2, 16_000), 16_000, encoding)


def test_the_target_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "new" / "folder" / "a.wav"
    with appearing_whole(target) as part:
        part.write_text("whole")
        assert part.name == ".a.wav.part" and part.parent == target.parent
        assert not target.exists()
    assert target.read_text() == "whole"
    assert [file.name for file in target.parent.iterdir()] == ["a.wav"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, UnwritableOutput])
def test_an_interruption_leaves_nothing_new(tmp_path: Path, error: type[BaseException]) -> None:
    target = tmp_path / "a.wav"
    target.write_text("old")
    with pytest.raises(error), appearing_whole(target) as part:
        part.write_text("half")
        raise error("stop")
    assert target.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.wav"]


def test_the_systems_reason_is_passed_on(tmp_path: Path) -> None:
    with pytest.raises(UnwritableOutput, match="No space left"), appearing_whole(tmp_path / "a.wav"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
