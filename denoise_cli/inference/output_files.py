"""The files that a recording is written to: how they are encoded, and that all of them appear or none."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from denoise_cli.audio.dither import Dither
from denoise_cli.audio.formats import (
    FFMPEG,
    Encoding,
    can_be_encoded,
    check_length,
    choose_encoding,
    dither_bits,
    grown,
)
from denoise_cli.audio.output_format import OutputFormat
from denoise_cli.audio.reading import AudioInfo
from denoise_cli.audio.writing import AudioWriter, appearing_whole

if TYPE_CHECKING:
    from denoise_cli.audio.ffmpeg import FfmpegWriter


@dataclass(frozen=True)
class Shape:
    """What is written: frames of `channels` samples at `sample_rate` Hz."""

    frames: int
    sample_rate: int
    channels: int


@dataclass(frozen=True)
class OutputFile:
    """An open target. note: in what it had to become another thing than the source, for a user; "" if in nothing."""

    target: Path
    encoding: Encoding
    note: str
    writer: "AudioWriter | FfmpegWriter"


@contextmanager
def output_files(
    targets: Sequence[Path], source: AudioInfo, shape: Shape, written: OutputFormat
) -> Iterator[list[OutputFile]]:
    """Open files for what comes of a source; they take their names when all are finished, or none does.

    Raises UnwritableOutput, for an encoding that does not take the rate or channels among others.
    """
    with ExitStack() as stack:
        parts = [stack.enter_context(appearing_whole(target)) for target in targets]
        files = []
        for target, part in zip(targets, parts, strict=True):
            asked = choose_encoding(source.encoding, source.path, target, written)
            encoding = grown(asked, shape.frames, shape.channels)
            check_length(encoding, shape.frames, shape.channels, target)
            writer = _open_writer(part, target, source, shape, encoding)
            stack.enter_context(writer)
            files.append(OutputFile(target, encoding, _note(source, target, asked, encoding), writer))
        yield files


def _note(source: AudioInfo, target: Path, asked: Encoding, encoding: Encoding) -> str:
    if encoding != asked:
        return "more than a WAV header can say (4 GiB); written as RF64"
    codec = source.encoding.subtype
    same = source.encoding.container == FFMPEG and source.path.suffix.lower() == target.suffix.lower()
    if same and encoding.container == FFMPEG and not can_be_encoded(codec):
        return f"nothing here writes {codec}; its sound becomes {encoding.subtype}"
    return ""


def _open_writer(
    part: Path, target: Path, source: AudioInfo, shape: Shape, encoding: Encoding
) -> "AudioWriter | FfmpegWriter":
    if encoding.container == FFMPEG:
        from denoise_cli.audio.ffmpeg import FfmpegWriter  # here: most recordings need nothing of it

        return FfmpegWriter(part, target, source.path, shape.sample_rate, shape.channels, encoding)
    bits = dither_bits(source.encoding, encoding)
    dither = None if bits is None else Dither(bits)
    return AudioWriter(part, target, shape.sample_rate, shape.channels, encoding, source.tags, dither)
