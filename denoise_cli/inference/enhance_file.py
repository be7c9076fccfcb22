"""One file in, one file out: surveyed, enhanced as a stream, and there only when it is whole."""

import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from denoise_cli.audio.reading import AudioInfo, AudioReader
from denoise_cli.audio.resampling import resampled, resampled_length
from denoise_cli.audio.samples import Samples
from denoise_cli.errors import EnhancementFailed, UnusableAudio
from denoise_cli.inference.clipping import Sink, Written, write_within_scale
from denoise_cli.inference.engine import Engine
from denoise_cli.inference.enhancement import EnhancementStream
from denoise_cli.inference.options import EnhanceOptions, HighBandRule
from denoise_cli.inference.output_files import Shape, output_files
from denoise_cli.inference.residual import ResidualTap, SplitSink
from denoise_cli.inference.survey import Survey, survey

CUT_SHORT_SECONDS = 0.1  # less missing than this is not worth a word: mp3 headers estimate


@dataclass(frozen=True)
class Enhanced:
    """A finished file. seconds: of audio; wall_seconds: that it took; peak: of the output before a clipping gain."""

    seconds: float
    wall_seconds: float
    peak: float


class Listener:
    """Hears what happens to a file; this one does nothing. Subclass what is wanted."""

    def begins(self, info: AudioInfo) -> None:
        """A file was opened."""

    def advances(self, seconds: float) -> None:
        """So many more seconds of it were enhanced."""

    def notes(self, text: str, once: str | None = None) -> None:
        """Something a user should know. once: a name for what needs to be told of the first file only."""


def enhance_file(
    source: Path,
    target: Path,
    engine: Engine,
    options: EnhanceOptions,
    listener: Listener | None = None,
    residual: Path | None = None,
) -> Enhanced:
    """Enhance one file; rate, channels, length and, as far as the target's name allows, encoding are kept.

    residual: gets what was removed; target and residual add up to the source, or, where clipping turned the target
    down, to the source turned down by as much. Whatever stands at the targets is replaced, at the very end.
    Raises UnreadableAudio, UnusableAudio, UnwritableOutput, EnhancementFailed, DeviceMemoryExhausted.
    """
    hears = listener or Listener()
    started = time.perf_counter()
    with AudioReader(source) as reader:
        info = reader.info
        hears.begins(info)
        found = survey(reader.blocks(), info.channels, info.sample_rate, engine.sample_rate, str(source))
    _note_input(info, found, engine, options, hears)
    try:
        written = _write(info, found, target, residual, engine, options, hears)
    except EnhancementFailed as error:
        raise EnhancementFailed(f"{source}: {error}") from error
    _note_output(target, written, hears)
    return Enhanced(found.frames / info.sample_rate, time.perf_counter() - started, written.peak)


def _write(
    info: AudioInfo,
    found: Survey,
    target: Path,
    residual: Path | None,
    engine: Engine,
    options: EnhanceOptions,
    hears: Listener,
) -> Written:
    stream = EnhancementStream(engine, info.sample_rate, found, options)
    rate = options.written.sample_rate or info.sample_rate
    shape = Shape(resampled_length(found.frames, info.sample_rate, rate), rate, info.channels)
    targets = [path for path in (target, residual) if path is not None]
    with AudioReader(info.path) as reader, output_files(targets, info, shape, options.written) as files:
        for file in files:
            if file.larger:
                hears.notes(f"{file.target}: more than a WAV header can say (4 GiB); written as RF64")
        sink: Sink = files[0].writer
        pieces, rows = stream.process(reader.blocks()), shape.channels
        if residual is not None:
            tap = ResidualTap(shape.channels)
            pieces, rows = tap.stack(stream.process(tap.listen(reader.blocks()))), 2 * shape.channels
            sink = split = SplitSink(files[0].writer, files[1].writer)
        counted = _Counted(pieces, info.sample_rate, hears)
        written = write_within_scale(
            resampled(counted, info.sample_rate, rate, rows),
            sink, rows, options.clip, files[0].encoding.bounded, target.parent, shape.channels,
        )  # fmt: skip
        if counted.frames != found.frames:
            raise UnusableAudio(
                f"{info.path}: changed from {found.frames} to {counted.frames} samples while it was read"
            )
    if residual is not None and files[1].encoding.bounded and split.clipped:
        hears.notes(f"{residual}: {split.clipped} samples beyond full scale were cut off")
    return written


class _Counted:
    """Pieces passed on; tells how far they are. frames: so many samples were passed on."""

    def __init__(self, pieces: Iterable[Samples], sample_rate: int, hears: Listener) -> None:
        self._pieces = pieces
        self._sample_rate = sample_rate
        self._hears = hears
        self.frames = 0

    def __iter__(self) -> Iterator[Samples]:
        for piece in self._pieces:
            yield piece
            self.frames += piece.shape[1]
            self._hears.advances(piece.shape[1] / self._sample_rate)


def _note_input(info: AudioInfo, found: Survey, engine: Engine, options: EnhanceOptions, hears: Listener) -> None:
    missing = (max(info.promised, info.frames) - found.frames) / info.sample_rate
    if missing > CUT_SHORT_SECONDS:
        there = found.frames / info.sample_rate
        hears.notes(f"{info.path}: is cut short: {there:.1f} s are there, {missing:.1f} s that it promises are not")
    if info.sample_rate <= engine.sample_rate:
        return
    edge = f"{engine.sample_rate / 2000:g} kHz"
    fate = {
        HighBandRule.FOLLOW: "the band above follows what it did just below",
        HighBandRule.KEEP: "the band above is kept as it is, noise and all",
        HighBandRule.DROP: "the band above is dropped",
    }[options.high_band]
    hears.notes(f"{info.path}: {info.sample_rate} Hz; the model hears up to {edge}, {fate} (--high-band)", "high band")


def _note_output(target: Path, written: Written, hears: Listener) -> None:
    if written.gain < 1:
        down_db = -20 * math.log10(written.gain)
        hears.notes(f"{target}: turned down by {down_db:.2f} dB as a whole, or it would clip (--clip)")
    if written.clamped:
        hears.notes(f"{target}: {written.clamped} samples beyond full scale were cut off (--clip)")
