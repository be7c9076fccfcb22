import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from denoise_cli.audio.reading import AudioReader
from denoise_cli.audio.samples import Samples
from denoise_cli.errors import UnreadableAudio
from tests.audio.sounds import voice_like


def read_all(path: Path, block: int | None = None) -> Samples:
    with AudioReader(path) as reader:
        return np.concatenate(list(reader.blocks(block)), axis=1)


@pytest.mark.parametrize("block", [None, 1, 1000, 99_999])
def test_blocks_add_up_to_the_file(tmp_path: Path, block: int | None) -> None:
    waveform = voice_like(0.3, 11_025, 3)
    soundfile.write(tmp_path / "a.wav", waveform.T, 11_025, subtype="FLOAT")
    np.testing.assert_array_equal(read_all(tmp_path / "a.wav", block), waveform)


def test_the_header_is_told(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.flac", voice_like(1, 44_100, 2).T, 44_100, subtype="PCM_24")
    with AudioReader(tmp_path / "a.flac") as reader:
        info = reader.info
    assert (info.sample_rate, info.channels, info.frames, info.promised) == (44_100, 2, 44_100, 44_100)
    assert (info.encoding.container, info.encoding.subtype) == ("FLAC", "PCM_24")


@pytest.mark.parametrize("name", ["with space.wav", "line\nbreak.wav", "-o.wav", "ünï.wav", "\udcff\udcfe.wav"])
def test_any_name_is_opened(tmp_path: Path, name: str) -> None:
    soundfile.write(tmp_path / "plain.wav", voice_like(0.1, 16_000).T, 16_000)
    (tmp_path / "plain.wav").rename(tmp_path / name)
    assert read_all(tmp_path / name).shape == (1, 1_600)


def test_a_wav_cut_short_gives_what_is_there_and_what_was_promised(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", voice_like(1, 16_000).T, 16_000, subtype="PCM_16")
    content = (tmp_path / "a.wav").read_bytes()
    (tmp_path / "a.wav").write_bytes(content[: 44 + 2 * 6_000])
    with AudioReader(tmp_path / "a.wav") as reader:
        assert (reader.info.frames, reader.info.promised) == (6_000, 16_000)
    assert read_all(tmp_path / "a.wav").shape == (1, 6_000)


def test_a_length_left_open_by_a_pipe_promises_nothing(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", voice_like(1, 16_000).T, 16_000, subtype="PCM_16")
    content = bytearray((tmp_path / "a.wav").read_bytes())
    content[4:8] = content[40:44] = struct.pack("<I", 0xFFFFFFFF)
    (tmp_path / "a.wav").write_bytes(content)
    with AudioReader(tmp_path / "a.wav") as reader:
        assert (reader.info.frames, reader.info.promised) == (16_000, 16_000)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"Hello, this is text.\n" * 100, "not a sound file.*ffmpeg"),
        (b"\x00\x00\x00\x20ftypM4A " + bytes(1000), "not a sound file.*ffmpeg"),
    ],
)
def test_what_is_no_sound_is_refused_with_a_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(UnreadableAudio, match=f"a.wav: {reason}"):
        AudioReader(tmp_path / "a.wav")


def test_absence_and_folders_are_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(UnreadableAudio, match="No such file"):
        AudioReader(tmp_path / "gone.wav")
    with pytest.raises(UnreadableAudio, match="Is a directory|Permission"):
        AudioReader(tmp_path)


def test_a_damaged_file_says_where(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.flac", voice_like(4, 16_000).T, 16_000, subtype="PCM_16")
    content = (tmp_path / "a.flac").read_bytes()
    (tmp_path / "a.flac").write_bytes(content[: len(content) // 2])
    with pytest.raises(UnreadableAudio, match=r"a\.flac: damaged after [12]\.\d s \(.*lost sync"):
        read_all(tmp_path / "a.flac")


def test_a_header_that_forgot_its_samples_is_told(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", voice_like(1, 16_000).T, 16_000, subtype="PCM_16")
    content = bytearray((tmp_path / "a.wav").read_bytes())
    content[40:44] = bytes(4)
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(UnreadableAudio, match="header says that it holds no samples"):
        AudioReader(tmp_path / "a.wav")


def test_a_wav_beyond_4_gib_is_not_read_in_part(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", voice_like(1, 16_000).T, 16_000, subtype="PCM_16")
    with open(tmp_path / "a.wav", "r+b") as file:
        file.truncate(2**32 + 10_000_000)  # sparse
    with pytest.raises(UnreadableAudio, match="WAV ends at 4 GiB"):
        AudioReader(tmp_path / "a.wav")
