"""Write sound block by block, and let a file appear only when it is whole."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType, TracebackType

import numpy as np
import soundfile

from denoise_cli.audio.dither import Dither
from denoise_cli.audio.format_checks import possible_rates
from denoise_cli.audio.formats import Encoding
from denoise_cli.audio.reading import sound_path
from denoise_cli.audio.samples import Samples, counted_channels
from denoise_cli.errors import UnwritableOutput

_PEAK_STAMP = 12  # bytes from the tag of a PEAK chunk to its time stamp
_HEADER = 4096
_FULL = "the disk is full"
NO_TAGS: Mapping[str, str] = MappingProxyType({})


class _QuickFile(soundfile.SoundFile):  # type: ignore[misc]  # soundfile has no types
    """Is closed without waiting for the disk, as any file: soundfile itself would flush each one down to the platter.

    What comes of it after a power cut is the file system's to say; a killed program leaves whole files either way.
    """

    def flush(self) -> None:
        """Nothing: closing writes all to the system."""


class AudioWriter:
    """An open target; a context manager. Float samples go to libsndfile as they are: it rounds, and never wraps."""

    def __init__(
        self,
        path: Path,
        target: Path,
        sample_rate: int,
        channels: int,
        encoding: Encoding,
        tags: Mapping[str, str] = NO_TAGS,
        dither: Dither | None = None,
    ) -> None:
        """path: what is written; target: the name that errors are about.

        tags: by libsndfile's names; those that the container cannot hold are left out. dither: is added.
        Raises UnwritableOutput when the encoding does not take this rate or channel count, or the folder no file.
        """
        self._path = path
        self._target = target
        self._encoding = encoding
        self._dither = dither
        self._frames = 0
        try:
            path.touch()  # gives the system's own reason, which libsndfile does not
            self._file = _QuickFile(
                sound_path(path), "w", sample_rate, channels, encoding.subtype, encoding.endian, encoding.container
            )
        except OSError as error:
            raise UnwritableOutput(f"{target}: {error.strerror or error}") from error
        except (soundfile.LibsndfileError, ValueError) as error:
            reason = _FULL if _is_full(path.parent) else _refusal(encoding, sample_rate, channels)
            raise UnwritableOutput(f"{target}: {reason}") from error
        self._tag(tags)

    def __enter__(self) -> "AudioWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        else:
            self._close_quietly()

    def write(self, block: Samples) -> None:
        """Append (channels, samples), full scale at 1; what is beyond it saturates in an integer subtype.

        Raises UnwritableOutput, for instance when the disk is full.
        """
        if self._dither is not None:
            block = self._dither.add(block)
        try:
            self._file.write(np.ascontiguousarray(block.T))
        except (soundfile.LibsndfileError, OSError) as error:
            raise UnwritableOutput(f"{self._target}: {self._reason(error)}") from error
        self._frames += block.shape[1]

    def close(self) -> None:
        """Finish the file and make sure that all of it is there.

        Raises UnwritableOutput when it is not: libsndfile says nothing when the last of it does not fit on the disk.
        """
        try:
            self._file.close()
            written = soundfile.info(sound_path(self._path)).frames
        except (soundfile.LibsndfileError, OSError) as error:
            raise UnwritableOutput(f"{self._target}: {self._reason(error)}") from error
        if written < self._frames:
            reason = f"{_FULL}: " if _is_full(self._path.parent) else ""
            raise UnwritableOutput(f"{self._target}: {reason}only {written} of {self._frames} samples could be written")
        if self._encoding.subtype in ("FLOAT", "DOUBLE"):
            _clear_time_stamp(self._path)

    def _close_quietly(self) -> None:
        try:
            self._file.close()
        except soundfile.LibsndfileError:
            pass  # the file is thrown away, and the error under way is the one to tell

    def _tag(self, tags: Mapping[str, str]) -> None:
        for name, text in tags.items():
            try:
                setattr(self._file, name, text)
            except soundfile.LibsndfileError:
                pass  # not in this container

    def _reason(self, error: Exception) -> str:
        return _FULL if _is_full(self._path.parent) else str(error).strip()


@contextmanager
def appearing_whole(target: Path) -> Iterator[Path]:
    """A name beside the target to write to; it takes the target's name at the end, or is removed on any error.

    Folders on the way are made. Raises UnwritableOutput.
    """
    part = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield part
            os.replace(part, target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UnwritableOutput(f"{target}: {error.strerror or error}") from error


def _is_full(folder: Path) -> bool:
    """Whether hardly anything can be written there; libsndfile tells only that something could not be."""
    free = os.statvfs(folder) if hasattr(os, "statvfs") else None
    return free is not None and free.f_bavail * free.f_frsize < 2**20


def _refusal(encoding: Encoding, sample_rate: int, channels: int) -> str:
    what = f"{encoding.container}/{encoding.subtype} at {sample_rate} Hz with {counted_channels(channels)}"
    rates = possible_rates(encoding)
    if rates and sample_rate not in rates:
        return f"cannot write {what}; choose --sample-rate {', '.join(map(str, rates))}, or another format"
    return f"cannot write {what}; choose another format by -o NAME.wav"


def _clear_time_stamp(path: Path) -> None:
    """Zero the time in a PEAK chunk, so that the same samples make the same bytes."""
    with open(path, "r+b") as file:
        at = file.read(_HEADER).find(b"PEAK")
        if at >= 0:
            file.seek(at + _PEAK_STAMP)
            file.write(bytes(4))
