"""With the real program, where it is installed: what it decodes, encodes and copies."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from denoise_cli.audio.ffmpeg import FfmpegReader, FfmpegWriter
from denoise_cli.audio.ffmpeg_probe import probe
from denoise_cli.audio.format_checks import check_target, parse_output_format
from denoise_cli.audio.formats import FFMPEG, Encoding
from denoise_cli.audio.opening import open_sound
from denoise_cli.audio.output_format import OutputFormat
from denoise_cli.audio.samples import Samples
from denoise_cli.errors import UnreadableAudio, UnusableAudio, UnwritableOutput, UsageConflict
from tests.audio.sounds import voice_like

needs_ffmpeg = pytest.mark.skipif(
    shutil.which("ffmpeg") is None or shutil.which("ffprobe") is None, reason="ffmpeg is not installed"
)
RATE = 44_100
WAVEFORM = voice_like(1.2, RATE, 2, seed=3)
TITLES = "1\n00:00:00,200 --> 00:00:00,700\nHello\n"


def ffmpeg(folder: Path, *arguments: str) -> None:
    command = ["ffmpeg", "-v", "error", "-y", "-nostdin", *arguments]
    subprocess.run(command, cwd=folder, check=True, timeout=60)


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """talk.mp4: video, two sound tracks, subtitles and a title; mute.mp4: video alone; talk.wav: its first sound."""
    folder = tmp_path_factory.mktemp("media")
    soundfile.write(folder / "talk.wav", WAVEFORM.T, RATE, "FLOAT")
    (folder / "titles.srt").write_text(TITLES)
    picture = ["-f", "lavfi", "-i", "color=red:size=16x16:rate=5:duration=1.2"]
    inputs = [*picture, "-i", "talk.wav", "-f", "lavfi", "-i", "sine=duration=1.2", "-i", "titles.srt"]
    maps = ["-map", "0", "-map", "1", "-map", "2", "-map", "3"]
    codecs = ["-c:v", "mpeg4", "-c:a", "aac", "-b:a", "256k", "-c:s", "mov_text", "-metadata", "title=My talk"]
    ffmpeg(folder, *inputs, *maps, *codecs, "talk.mp4")
    ffmpeg(folder, *picture, "mute.mp4")
    return folder


def read(path: Path) -> Samples:
    with open_sound(path) as reader:
        return np.concatenate(list(reader.blocks(5_000)), axis=1)


def write(path: Path, target: Path, source: Path, waveform: Samples, codec: str = "aac") -> None:
    with FfmpegWriter(path, target, source, RATE, len(waveform), Encoding(FFMPEG, codec)) as writer:
        for start in range(0, waveform.shape[1], 5_000):
            writer.write(waveform[:, start : start + 5_000])


@needs_ffmpeg
def test_a_video_is_its_first_sound_track(media: Path) -> None:
    with open_sound(media / "talk.mp4") as reader:
        info = reader.info
        assert (info.sample_rate, info.channels, info.encoding) == (RATE, 2, Encoding(FFMPEG, "aac"))
        assert info.tags["title"] == "My talk" and info.frames == pytest.approx(1.2 * RATE, abs=2_000)
    sound = read(media / "talk.mp4")[:, : WAVEFORM.shape[1]]
    assert np.square(sound - WAVEFORM).mean() < 0.01 * np.square(WAVEFORM).mean()  # aligned, or it would be 1


@needs_ffmpeg
def test_a_late_track_starts_with_silence(media: Path, tmp_path: Path) -> None:
    ffmpeg(media, "-i", "mute.mp4", "-itsoffset", "0.5", "-i", "talk.wav", "-c:v", "copy", f"{tmp_path}/late.mp4")
    sound = read(tmp_path / "late.mp4")
    assert np.abs(sound[:, : RATE // 2 - 2_000]).max() < 0.01
    assert np.square(sound[:, RATE // 2 : RATE]).mean() == pytest.approx(
        np.square(WAVEFORM[:, : RATE // 2]).mean(), rel=0.1
    )


@needs_ffmpeg
def test_only_the_first_sound_track_is_replaced(media: Path, tmp_path: Path) -> None:
    write(tmp_path / "part", tmp_path / "out.mp4", media / "talk.mp4", 0.5 * read(media / "talk.mp4"))
    (tmp_path / "part").rename(tmp_path / "out.mp4")
    np.testing.assert_allclose(read(tmp_path / "out.mp4"), 0.5 * read(media / "talk.mp4"), rtol=0, atol=0.05)
    for stream in ("v", "a:1", "s"):
        hashes = [
            subprocess.check_output(
                ["ffmpeg", "-v", "error", "-i", file, "-map", f"0:{stream}", "-c", "copy", "-f", "md5", "-"]
            )
            for file in (media / "talk.mp4", tmp_path / "out.mp4")
        ]
        assert hashes[0] == hashes[1], stream
    track = probe(tmp_path / "out.mp4")
    assert track.codec == "aac" and track.tags["title"] == "My talk"
    assert track.bit_rate == pytest.approx(probe(media / "talk.mp4").bit_rate, rel=0.15)


@needs_ffmpeg
def test_sound_becomes_a_file_of_ffmpegs(media: Path, tmp_path: Path) -> None:
    target = tmp_path / "talk.mka"
    write(target, target, media / "talk.wav", WAVEFORM, "pcm_s16le")
    assert probe(target).codec == "pcm_s16le"
    np.testing.assert_allclose(read(target), WAVEFORM, rtol=0, atol=1e-3)


@needs_ffmpeg
def test_what_ffmpeg_cannot_do_is_told_with_its_reason(media: Path, tmp_path: Path) -> None:
    with pytest.raises(UnwritableOutput, match=r"out\.webm: ffmpeg cannot write it \(Only VP8"):
        write(tmp_path / "part", tmp_path / "out.webm", media / "talk.mp4", WAVEFORM, "vorbis")
    with pytest.raises(UnwritableOutput, match=r"libopus cannot hold 44100 Hz; choose --sample-rate 8000, 12000"):
        write(tmp_path / "part", tmp_path / "out.webm", media / "talk.mp4", WAVEFORM, "opus")
    assert not (tmp_path / "part").exists()  # it was told before anything was written
    with pytest.raises(UnwritableOutput, match=r"out\.amr: \.amr names no format"):
        write(tmp_path / "part", tmp_path / "out.amr", media / "talk.mp4", WAVEFORM)
    with pytest.raises(UnusableAudio, match=r"mute\.mp4: has no sound track"):
        open_sound(media / "mute.mp4")
    (tmp_path / "a.mp4").write_bytes(b"text that is no video")
    with pytest.raises(UnreadableAudio, match=r"a\.mp4: not a sound file that libsndfile or ffmpeg can read"):
        open_sound(tmp_path / "a.mp4")


@needs_ffmpeg
@pytest.mark.parametrize("name", ["-i.mp4", "a b\n%d.mp4", "concat:x.mp4", "\udcff.mp4"])
def test_names_are_taken_as_they_are(media: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(media / "talk.mp4", tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert probe(Path(name)).channels == 2


@needs_ffmpeg
def test_leaving_early_leaves_no_process(media: Path, tmp_path: Path) -> None:
    with FfmpegReader(media / "talk.mp4") as reader:
        next(reader.blocks(100))
    assert reader._process is not None and reader._process.returncode is not None
    with pytest.raises(KeyboardInterrupt):
        with FfmpegWriter(
            tmp_path / "p", tmp_path / "o.mp4", media / "talk.mp4", RATE, 2, Encoding(FFMPEG, "aac")
        ) as writer:
            writer.write(WAVEFORM)
            raise KeyboardInterrupt
    assert writer._process.returncode is not None


def test_without_ffmpeg_the_cure_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "a.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(100))
    with pytest.raises(
        UnreadableAudio, match=r"a\.mp4: not a sound file, .*; install ffmpeg, or convert it to wav first"
    ):
        open_sound(tmp_path / "a.mp4")
    with pytest.raises(UsageConflict, match=r"b\.m4a: \.m4a is written by ffmpeg; install ffmpeg, or choose \.wav"):
        check_target(Path("a.wav"), Path("b.m4a"), OutputFormat())
    with pytest.raises(UsageConflict, match="install ffmpeg"):
        check_target(Path("a.wav"), Path("b.mkv"), parse_output_format("mkv", None, None))
    check_target(Path("a.mp4"), Path("out/a.mp4"), OutputFormat())  # fails alone when it is opened, with the cure


def test_a_subtype_of_libsndfile_is_not_for_ffmpeg() -> None:
    with pytest.raises(UsageConflict, match="--subtype pcm16 is not for it"):
        check_target(Path("a.mp4"), Path("b.mp4"), OutputFormat(subtype="PCM_16"))
