"""Open a recording by whatever here can read it."""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Protocol

from denoise_cli.audio.reading import AudioInfo, AudioReader
from denoise_cli.audio.samples import Samples
from denoise_cli.errors import UnknownFormat, UnreadableAudio


class Reader(Protocol):
    """An open recording; see `audio.reading.AudioReader`."""

    info: AudioInfo

    def __enter__(self) -> "Reader": ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def blocks(self, frames: int | None = None) -> Iterator[Samples]: ...


def open_sound(path: Path) -> Reader:
    """A recording that libsndfile reads, or else ffmpeg, where that is installed.

    Raises UnreadableAudio, UnusableAudio for a video without sound.
    """
    try:
        return AudioReader(path)
    except UnknownFormat as error:
        from denoise_cli.audio.ffmpeg import FfmpegReader  # here: most recordings need nothing of it
        from denoise_cli.audio.ffmpeg_probe import is_installed

        if not is_installed():
            found, _, _ = str(error).rpartition("; ")
            raise UnreadableAudio(f"{found}; install ffmpeg, or convert it to wav first") from error
        return FfmpegReader(path)
