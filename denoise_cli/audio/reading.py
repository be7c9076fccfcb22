"""Read any file that libsndfile reads, block by block, as float32 at its own rate."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import numpy as np
import soundfile

from denoise_cli.audio.formats import RIFF_LIMIT, Encoding
from denoise_cli.audio.samples import Samples
from denoise_cli.errors import UnknownFormat, UnreadableAudio

_CUT_SHORT = re.compile(r"^(?:data|SSND) : (\d+) \(should be (\d+)\)", re.MULTILINE)
_OF_THE_WRITER = {"software"}  # not about the recording, but about what wrote the file
_LENGTH_UNKNOWN = 0x7FFFF000  # written in place of a length by programs that write to a pipe; nothing is missing


@dataclass(frozen=True)
class AudioInfo:
    """What a file's header says.

    frames: samples per channel that can be expected; promised: that it claims to hold. tags: title, artist and such.
    """

    path: Path
    sample_rate: int
    channels: int
    frames: int
    promised: int
    encoding: Encoding
    tags: Mapping[str, str] = field(default_factory=dict)


class AudioReader:
    """An open file; a context manager. `info` is there at once, `blocks` reads it from the start, once."""

    def __init__(self, path: Path) -> None:
        """Raises UnreadableAudio; UnknownFormat where another program may be able to read it."""
        size = _size(path)
        self._file = _open(path)
        self.info = _describe(path, self._file, size)

    def __enter__(self) -> "AudioReader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def blocks(self, frames: int | None = None) -> Iterator[Samples]:
        """The recording as (channels, frames) float32, full scale at 1; the last block may be shorter.

        frames: one second when not given.
        Raises UnreadableAudio where the file is damaged, with the place.
        """
        position = 0
        size = frames or self.info.sample_rate
        while True:
            try:
                block = self._file.read(size, dtype="float32", always_2d=True)
            except (soundfile.LibsndfileError, OSError) as error:
                seconds = position / self.info.sample_rate
                raise UnreadableAudio(f"{self.info.path}: damaged after {seconds:.1f} s ({_reason(error)})") from error
            if not len(block):
                return
            position += len(block)
            yield np.ascontiguousarray(block.T)


def _size(path: Path) -> int:
    """Bytes of a file that can be opened; the system's own reason where it cannot, which libsndfile does not give."""
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise UnreadableAudio(f"{path}: {error.strerror or error}") from error
    if not size:
        raise UnreadableAudio(f"{path}: is empty (0 bytes)")
    return size


def _open(path: Path) -> soundfile.SoundFile:
    try:
        return soundfile.SoundFile(sound_path(path))
    except (soundfile.LibsndfileError, OSError) as error:
        raise UnknownFormat(
            f"{path}: not a sound file, or of a format that libsndfile cannot read ({_reason(error)}); "
            "convert it to wav first, for instance with ffmpeg"
        ) from error


def sound_path(path: Path) -> bytes | str:
    """A name that soundfile opens whatever its bytes are; on Windows names are text already."""
    return str(path) if os.name == "nt" else os.fsencode(path)


def _describe(path: Path, file: soundfile.SoundFile, size: int) -> AudioInfo:
    encoding = Encoding(file.format, file.subtype, file.endian)
    stored = encoding.bytes_of(file.frames, file.channels)
    if file.format in ("WAV", "WAVEX") and size > RIFF_LIMIT and 0 < stored < 0.99 * size:
        raise UnreadableAudio(
            f"{path}: its header cannot say how long it is (WAV ends at 4 GiB); convert it to w64, rf64 or flac first"
        )
    if file.frames == 0 and size > 4096:
        raise UnreadableAudio(f"{path}: its header says that it holds no samples, but it has {size} bytes; repair it")
    return AudioInfo(path, file.samplerate, file.channels, file.frames, _promised(file), encoding, _tags(file))


def _tags(file: soundfile.SoundFile) -> Mapping[str, str]:
    return {name: text for name, text in file.copy_metadata().items() if name not in _OF_THE_WRITER and text}


def _promised(file: soundfile.SoundFile) -> int:
    """Frames that the header claims; libsndfile itself goes by the size of the file and only logs the claim."""
    found = _CUT_SHORT.search(file.extra_info)
    if found is None:
        return int(file.frames)
    claimed, present = int(found[1]), int(found[2])
    if claimed <= present or claimed >= _LENGTH_UNKNOWN or present == 0:
        return int(file.frames)
    return int(file.frames * claimed / present)


def _reason(error: Exception) -> str:
    text = error.error_string if isinstance(error, soundfile.LibsndfileError) else str(error)
    return text.strip().rstrip(".").removeprefix("Error : ")
