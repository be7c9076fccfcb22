"""One file in, one file out: surveyed, enhanced as a stream, and there only when it is whole."""

import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from denoise_cli.audio.loudness import LoudnessMeter
from denoise_cli.audio.opening import open_sound
from denoise_cli.audio.reading import AudioInfo
from denoise_cli.audio.resampling import resampled, resampled_length
from denoise_cli.audio.samples import Samples
from denoise_cli.errors import EnhancementFailed, UnusableAudio
from denoise_cli.inference.channels import ChannelChoice
from denoise_cli.inference.clipping import Room, Sink, Written, write_within_scale
from denoise_cli.inference.engine import Engine
from denoise_cli.inference.loudness_target import HIGHEST_PEAK_DB, write_at_loudness
from denoise_cli.inference.options import EnhanceOptions, HighBandRule
from denoise_cli.inference.output_files import Shape, output_files
from denoise_cli.inference.residual import ResidualTap, SplitSink
from denoise_cli.inference.survey import Survey, survey

LOUDNESS_SLACK = 0.05  # LU; less than that is not worth a word
CUT_SHORT_SECONDS = 0.1  # less missing than this is not worth a word: mp3 headers estimate


@dataclass(frozen=True)
class Enhanced:
    """A finished file. seconds: of audio; wall_seconds: that it took; peak: of the output before a gain for all of it.

    lufs_before, lufs_after: loudness of input and output, where that was asked for and they have one.
    """

    seconds: float
    wall_seconds: float
    peak: float
    lufs_before: float | None = None
    lufs_after: float | None = None


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

    residual: gets what was removed; target and residual add up to the source, or, where all of the target got a gain,
    to the source with that gain. Whatever stands at the targets is replaced, at the very end.
    Raises UnreadableAudio, UnusableAudio, UnwritableOutput, EnhancementFailed, DeviceMemoryExhausted.
    """
    hears = listener or Listener()
    started = time.perf_counter()
    with open_sound(source) as reader:
        info = reader.info
        hears.begins(info)
        choice = ChannelChoice(options.channels, info.channels, str(source))
        kept = choice.kept(reader.blocks())
        measured = options.loudness_lufs is not None or options.measures_loudness
        meter = LoudnessMeter(info.sample_rate, choice.count) if measured else None
        heard = choice.heard(kept if meter is None else _metered(kept, meter))
        found = survey(heard, choice.heard_count, info.sample_rate, engine.sample_rate, str(source))
    _note_input(info, found, engine, options, hears)
    try:
        written = _write(info, found, choice, target, residual, engine, options, hears)
    except EnhancementFailed as error:
        raise EnhancementFailed(f"{source}: {error}") from error
    _note_output(target, written, options, hears)
    wall = time.perf_counter() - started
    before = None if meter is None else meter.integrated()
    return Enhanced(found.frames / info.sample_rate, wall, written.peak, before, written.lufs)


def _write(
    info: AudioInfo,
    found: Survey,
    choice: ChannelChoice,
    target: Path,
    residual: Path | None,
    engine: Engine,
    options: EnhanceOptions,
    hears: Listener,
) -> Written:
    rate = options.written.sample_rate or info.sample_rate
    shape = Shape(resampled_length(found.frames, info.sample_rate, rate), rate, choice.count)
    targets = [path for path in (target, residual) if path is not None]
    with open_sound(info.path) as reader, output_files(targets, info, shape, options.written) as files:
        for file in files:
            if file.note:
                hears.notes(f"{file.target}: {file.note}")
        sink: Sink = files[0].writer
        tap = None if residual is None else ResidualTap(shape.channels)
        blocks = choice.kept(reader.blocks())
        pieces = choice.process(blocks if tap is None else tap.listen(blocks), engine, info.sample_rate, found, options)
        rows = shape.channels
        if tap is not None:
            pieces, rows = tap.stack(pieces), 2 * shape.channels
            sink = split = SplitSink(files[0].writer, files[1].writer)
        counted = _Counted(pieces, info.sample_rate, hears)
        room = Room(rows, files[0].encoding.bounded, target.parent, shape.channels)
        written = _write_levelled(resampled(counted, info.sample_rate, rate, rows), sink, room, rate, options)
        if counted.frames != found.frames:
            raise UnusableAudio(
                f"{info.path}: changed from {found.frames} to {counted.frames} samples while it was read"
            )
    if residual is not None and files[1].encoding.bounded and split.clipped:
        hears.notes(f"{residual}: {split.clipped} samples beyond full scale were cut off")
    return written


def _write_levelled(
    pieces: Iterable[Samples], sink: Sink, room: Room, sample_rate: int, options: EnhanceOptions
) -> Written:
    if options.loudness_lufs is None and options.measures_loudness:
        meter = LoudnessMeter(sample_rate, room.judged or room.channels)
        written = write_within_scale(_metered(pieces, meter, room.judged), sink, room, options.clip)
        lufs = meter.integrated()
        return replace(written, lufs=None if lufs is None else lufs + 20 * math.log10(written.gain))
    if options.loudness_lufs is None:
        return write_within_scale(pieces, sink, room, options.clip)
    return write_at_loudness(pieces, sink, room, options.clip, sample_rate, options.loudness_lufs)


def _metered(blocks: Iterable[Samples], meter: LoudnessMeter, channels: int | None = None) -> Iterator[Samples]:
    """The blocks passed on; channels: so many of the first are measured, None: all."""
    for block in blocks:
        meter.push(block[:channels])
        yield block


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
    missing = (info.promised - found.frames) / info.sample_rate
    if missing > CUT_SHORT_SECONDS:
        there = found.frames / info.sample_rate
        hears.notes(f"{info.path}: is cut short: {there:.1f} s are there, {missing:.1f} s that it promises are not")
    if min(info.sample_rate, options.written.sample_rate or info.sample_rate) <= engine.sample_rate:
        return
    edge = f"{engine.sample_rate / 2000:g} kHz"
    fate = {
        HighBandRule.FOLLOW: "the band above follows what it did just below",
        HighBandRule.KEEP: "the band above is kept as it is, noise and all",
        HighBandRule.DROP: "the band above is dropped",
    }[options.high_band]
    hears.notes(f"{info.path}: {info.sample_rate} Hz; the model hears up to {edge}, {fate} (--high-band)", "high band")


def _note_output(target: Path, written: Written, options: EnhanceOptions, hears: Listener) -> None:
    asked = options.loudness_lufs
    if asked is not None and written.lufs is None:
        hears.notes(f"{target}: too short or too quiet for a loudness (0.4 s, -70 LUFS); left as loud as it is")
    elif asked is not None and written.lufs is not None and written.lufs < asked - LOUDNESS_SLACK:
        limit = f"its peak is at {HIGHEST_PEAK_DB:g} dBTP then"
        hears.notes(f"{target}: brought to {written.lufs:.1f} LUFS, not to {asked:g}: {limit} (--loudness)")
    if (asked is None or written.lufs is None) and written.gain < 1:
        down_db = -20 * math.log10(written.gain)
        hears.notes(f"{target}: turned down by {down_db:.2f} dB as a whole, or it would clip (--clip)")
    if written.clamped:
        hears.notes(f"{target}: {written.clamped} samples beyond full scale were cut off (--clip)")
