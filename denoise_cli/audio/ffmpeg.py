"""What libsndfile cannot read or write, videos above all, by the program ffmpeg where it is installed.

ffmpeg runs beside this program and samples go through a pipe, so nothing is ever held or written twice.
"""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO

import numpy as np

from denoise_cli.audio.ffmpeg_probe import Track, probe
from denoise_cli.audio.format_checks import MPEG_RATES, OPUS_RATES
from denoise_cli.audio.formats import FFMPEG, FFMPEG_FORMATS, FFMPEG_VIDEO, Encoding, can_be_encoded
from denoise_cli.audio.reading import AudioInfo
from denoise_cli.audio.samples import Samples
from denoise_cli.errors import UnreadableAudio, UnwritableOutput

_SAMPLE_BYTES = 4
_QUIET = ("-v", "error", "-nostdin", "-protocol_whitelist", "file,pipe")  # a hostile file reaches no network
# What encodes a codec by ffprobe's name, where its name is another.
_ENCODERS = {"mp3": "libmp3lame", "opus": "libopus", "vorbis": "libvorbis", "wmav1": "wmav2"}
_LOSSY = {"aac", "libmp3lame", "libopus", "ac3", "eac3", "mp2", "wmav2"}
_RATES = {"libopus": OPUS_RATES, "libmp3lame": MPEG_RATES, "aac": (*MPEG_RATES, 64_000, 88_200, 96_000)}
_BITS_PER_CHANNEL = 96_000  # a second, where the source does not say what it has
_MOST_BITS = 320_000
_TRIAL_SECONDS = 0.2
_PART = re.compile(r"^\[[^]]* @ 0x[0-9a-f]+\]")
_SUBTITLES = {"mp4": "mov_text", "mov": "mov_text", "matroska": "srt", "webm": "webvtt"}


class FfmpegReader:
    """As `audio.reading.AudioReader`, for the first sound track of anything that ffmpeg reads.

    The track starts where the file does: what it starts later is silence, and gaps in its time stamps are filled.
    """

    def __init__(self, path: Path) -> None:
        """Raises UnreadableAudio, UnusableAudio for a file without a sound track."""
        self._track = probe(path)
        frames = round(self._track.seconds * self._track.sample_rate)
        self.info = AudioInfo(
            path, self._track.sample_rate, self._track.channels, frames, 0,
            Encoding(FFMPEG, self._track.codec), self._track.tags,
        )  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "FfmpegReader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            _end(self._process)

    def blocks(self, frames: int | None = None) -> Iterator[Samples]:
        """As `AudioReader.blocks`. Raises UnreadableAudio where ffmpeg gives up."""
        info = self.info
        command = [
            "ffmpeg", *_QUIET, "-i", f"file:{info.path}", "-map", "0:a:0", "-af", "aresample=async=1:first_pts=0",
            "-f", "f32le", "-ar", str(info.sample_rate), "-ac", str(info.channels), "pipe:1",
        ]  # fmt: skip
        size = (frames or info.sample_rate) * info.channels * _SAMPLE_BYTES
        position = 0
        with tempfile.TemporaryFile() as complaints:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaints, env=_plain()
            )
            self._process = process
            assert process.stdout is not None  # a pipe was asked for
            while content := process.stdout.read(size):
                block = np.frombuffer(content, "<f4").reshape(-1, info.channels).T
                position += block.shape[1]
                yield np.ascontiguousarray(block, np.float32)
            if process.wait():
                seconds = position / info.sample_rate
                raise UnreadableAudio(f"{info.path}: damaged after {seconds:.1f} s ({_said(complaints)[-1]})")


class FfmpegWriter:
    """As `audio.writing.AudioWriter`, for what ffmpeg encodes: everything else comes from the source as it is.

    The first sound track is replaced; video, other sound tracks, subtitles, chapters and tags are copied. Where the
    suffix is another, subtitles become what its container holds, and a file for sound alone gets no video.
    """

    def __init__(
        self, path: Path, target: Path, source: Path, sample_rate: int, channels: int, encoding: Encoding
    ) -> None:
        """path: what is written; target: the name that errors are about. Raises UnwritableOutput."""
        self._path = path
        self._target = target
        command = _muxing(path, target, source, sample_rate, channels, encoding)
        if target.suffix.lower() != source.suffix.lower():
            _try_out(command, target, bytes(_SAMPLE_BYTES * channels * round(_TRIAL_SECONDS * sample_rate)))
        self._complaints = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=self._complaints, env=_plain()
        )

    def __enter__(self) -> "FfmpegWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self.close()
        finally:
            _end(self._process)
            self._complaints.close()

    def write(self, block: Samples) -> None:
        """Append (channels, samples), full scale at 1. Raises UnwritableOutput."""
        assert self._process.stdin is not None  # a pipe was asked for
        try:
            self._process.stdin.write(np.ascontiguousarray(block.T, "<f4").tobytes())
        except BrokenPipeError as error:
            raise self._failure() from error

    def close(self) -> None:
        """Finish the file. Raises UnwritableOutput when ffmpeg could not."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
        except BrokenPipeError as error:
            raise self._failure() from error
        if self._process.wait() or not self._path.stat().st_size:
            raise self._failure()

    def _failure(self) -> UnwritableOutput:
        self._process.wait()
        return UnwritableOutput(f"{self._target}: ffmpeg cannot write it ({_said(self._complaints)[0]})")


def _muxing(path: Path, target: Path, source: Path, sample_rate: int, channels: int, encoding: Encoding) -> list[str]:
    suffix = target.suffix.lower()
    if suffix not in FFMPEG_FORMATS:
        raise UnwritableOutput(
            f"{target}: {suffix or 'no suffix'} names no format that can be written; use --format wav"
        )
    muxer, codec = FFMPEG_FORMATS[suffix]
    same = suffix == source.suffix.lower()
    track = probe(source)
    if can_be_encoded(encoding.subtype):
        codec = _ENCODERS.get(encoding.subtype, encoding.subtype)
    rates = _RATES.get(codec, ())
    if rates and sample_rate not in rates:  # ffmpeg would take the nearest and not say so
        possible = ", ".join(map(str, rates))
        raise UnwritableOutput(f"{target}: {codec} cannot hold {sample_rate} Hz; choose --sample-rate {possible}")
    layout = ["-channel_layout", track.layout] if track.layout and track.channels == channels else []
    video = ["-map", "0:v?"] if same or suffix in FFMPEG_VIDEO else []
    texts = ["-map", "0:s?"] if same or muxer in _SUBTITLES else []
    attached = ["-map", "0:t?"] if muxer == "matroska" else []
    return [
        "ffmpeg", "-y", *_QUIET, "-i", f"file:{source}",
        "-f", "f32le", "-ar", str(sample_rate), "-ac", str(channels), *layout, "-i", "pipe:0",
        *video, "-map", "1:a:0", "-map", "0:a?", "-map", "-0:a:0?", *texts, *attached,
        "-map_metadata", "0", "-map_metadata:s:a:0", "0:s:a:0", "-map_chapters", "0",
        "-c", "copy", *([] if same else ["-c:s", _SUBTITLES.get(muxer, "copy")]),
        "-c:a:0", codec, *_bit_rate(codec, track, channels), "-disposition:a:0", "default",
        "-f", muxer, f"file:{path}",
    ]  # fmt: skip


def _try_out(command: list[str], target: Path, silence: bytes) -> None:
    """Raises UnwritableOutput where the container cannot take what is copied: before the work, not after it."""
    trial = [*command[:-1], "-t", str(_TRIAL_SECONDS), os.devnull]
    done = subprocess.run(trial, input=silence, capture_output=True, check=False, env=_plain())
    if done.returncode:
        raise UnwritableOutput(f"{target}: ffmpeg cannot write it ({_lines(done.stderr)[0]})")


def _bit_rate(codec: str, track: Track, channels: int) -> list[str]:
    if codec not in _LOSSY:
        return []
    kept = track.bit_rate if _ENCODERS.get(track.codec, track.codec) == codec else None
    return ["-b:a:0", str(kept or min(_MOST_BITS, _BITS_PER_CHANNEL * channels))]


def _plain() -> dict[str, str]:
    return {**os.environ, "AV_LOG_FORCE_NOCOLOR": "1"}


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Whatever it is doing."""
    if process.poll() is None:
        process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except BrokenPipeError:
                pass  # it was killed with something still on its way
    process.wait()


def _said(complaints: IO[bytes]) -> list[str]:
    """Lines of an error, from the cause to what came of it, without the names of ffmpeg's parts."""
    complaints.seek(0)
    return _lines(complaints.read())


def _lines(complaint: bytes) -> list[str]:
    lines = complaint.decode(errors="replace").strip().splitlines()
    return [_PART.sub("", line).strip() for line in lines] or ["no reason given"]
