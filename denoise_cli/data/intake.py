"""One source into the corpus: decoded, brought to 16 kHz mono, measured, judged, and stored if it may be.

Of speech, noise and pairs the first channel is taken: a mean of two microphones would be a comb filter. Of impulse
responses each channel becomes an item. Memory does not grow with the length of a file: what does not fit into
`SPOOL_BYTES` goes through a temporary file in the corpus folder.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile

import numpy as np
from numpy.typing import NDArray

from denoise_cli.audio.reading import AudioReader
from denoise_cli.audio.resampling import Resampler, resampled_length
from denoise_cli.data import screening
from denoise_cli.data.corpus import SAMPLE_RATE
from denoise_cli.data.corpus_writing import Quantised, ShardWriters, Stored
from denoise_cli.data.impulse_responses import prepared_response
from denoise_cli.data.manifest import Entry, Record, state_of
from denoise_cli.data.screening import ClippingMeter, Measurements, SpectrumSurvey, Thresholds
from denoise_cli.data.sources import Source
from denoise_cli.errors import UnreadableAudio

Samples = NDArray[np.float32]

SPOOL_BYTES = 16 * 2**20  # 4.4 minutes
BLOCK_BYTES = 2**20
BLOCK_SECONDS = 8  # each read costs three seeks
LENGTH_TOLERANCE_SECONDS = 0.1  # between the halves of a pair; the longer one is cut
RESPONSE_SECONDS = 10.0  # of an impulse response, what comes later is not read


class Refused(Exception):
    """Ends the decoding of a recording; the message is one of screening's reasons. `Intake.take` catches it."""


@dataclass(frozen=True)
class Intake:
    """Takes sources in, from any thread."""

    writers: ShardWriters
    thresholds: Thresholds
    spool_folder: Path

    def take(self, source: Source) -> Record:
        """Store what a source holds.

        Raises OSError if the corpus's disk does not take it; what is wrong with the source is in the record.
        """
        state, clean_state = state_of(source.path), state_of(source.clean)
        entries = self._entries(source)
        clean = None if source.clean is None else str(source.clean)
        return Record(source.kind, str(source.path), state, entries, clean, clean_state)

    def _entries(self, source: Source) -> tuple[Entry, ...]:
        if source.kind in ("speech", "pair") and source.speaker is None:
            return (Entry(reason=screening.NO_SPEAKER),)
        if source.kind == "pair" and source.clean is None:
            return (Entry(reason=screening.NO_CLEAN),)
        if any(state is not None and state.size == 0 for state in (state_of(source.path), state_of(source.clean))):
            return (Entry(reason=screening.EMPTY),)
        try:
            if source.kind == "rir":
                return tuple(self._responses(source.path))
            return (self._pair(source.path, source.clean) if source.clean else self._single(source),)
        except UnreadableAudio as error:
            return (Entry(reason=screening.UNREADABLE, detail=str(error)),)
        except Refused as refusal:
            return (Entry(reason=str(refusal)),)

    def _single(self, source: Source) -> Entry:
        with Spool(self.spool_folder) as spool:
            measured = decode(source.path, spool, source.kind == "speech")
            reason = judge(source.kind, measured, self.thresholds)
            if reason is not None:
                return Entry(measured=measured, reason=reason)
            gain = 1 / max(measured.peak, 1.0)  # float files may exceed full scale
            with self.writers.borrow() as writer:
                stored = writer.append((Quantised(spool.blocks(spool.samples), measured.peak, gain),))
            return Entry(measured=measured, stored=stored)

    def _pair(self, noisy_path: Path, clean_path: Path) -> Entry:
        with ExitStack() as stack:
            noisy, clean = (stack.enter_context(Spool(self.spool_folder)) for _ in range(2))
            noisy_measured = decode(noisy_path, noisy, spectrum=False)
            measured = decode(clean_path, clean, spectrum=True)
            samples = min(noisy.samples, clean.samples)
            if abs(noisy.samples - clean.samples) > LENGTH_TOLERANCE_SECONDS * SAMPLE_RATE:
                return Entry(measured=measured, reason=screening.LENGTHS_DIFFER)
            reason = screening.judge_noise(noisy_measured, self.thresholds) or judge("pair", measured, self.thresholds)
            if reason is not None:
                return Entry(measured=measured, reason=reason)
            gain = 1 / max(noisy_measured.peak, measured.peak, 1.0)
            halves = ((noisy, noisy_measured.peak), (clean, measured.peak))
            with self.writers.borrow() as writer:
                stored = writer.append(tuple(Quantised(half.blocks(samples), peak, gain) for half, peak in halves))
            return Entry(measured=measured, stored=stored)

    def _responses(self, path: Path) -> Iterator[Entry]:
        source_rate, channels = read_start(path, RESPONSE_SECONDS)
        for number, response in enumerate(channels):
            prepared = prepared_response(response, SAMPLE_RATE) if response.any() else response
            peak = float(np.abs(response).max(initial=0.0))
            measured = Measurements(source_rate, len(prepared) / SAMPLE_RATE, peak, 0.0, None, None)
            reason = judge("rir", measured, self.thresholds)
            stored = self._store_response(prepared) if reason is None else None
            yield Entry(number, measured, stored, reason)

    def _store_response(self, response: Samples) -> Stored:
        with self.writers.borrow() as writer:
            return writer.append((Quantised([response], float(np.abs(response).max())),))


def judge(kind: str, measured: Measurements, thresholds: Thresholds) -> str | None:
    """The first reason to refuse an item of a kind (of a pair: its clean half), or None."""
    if kind == "noise":
        return screening.judge_noise(measured, thresholds)
    if kind == "rir":
        return screening.judge_response(measured, thresholds)
    return screening.judge_speech(measured, thresholds)


class Spool:
    """Float32 samples that are written once and read once: in memory, or on disk if there are many."""

    def __init__(self, folder: Path) -> None:
        self._file = SpooledTemporaryFile(SPOOL_BYTES, dir=str(folder))
        self.samples = 0

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def write(self, block: Samples) -> None:
        self._file.write(block.tobytes())
        self.samples += len(block)

    def blocks(self, samples: int) -> Iterator[Samples]:
        """The first so many samples, once."""
        self._file.seek(0)
        left = 4 * samples
        while left > 0 and (data := self._file.read(min(left, BLOCK_BYTES))):
            left -= len(data)
            yield np.frombuffer(data, np.float32)


def decode(path: Path, spool: Spool, spectrum: bool) -> Measurements:
    """Read the first channel of a file into a spool, at SAMPLE_RATE, and measure it on the way.

    spectrum: measure signal-to-noise ratio and bandwidth too. Raises UnreadableAudio, and Refused for NaN or infinity.
    """
    clipping, survey, peak, frames = ClippingMeter(), SpectrumSurvey(), 0.0, 0
    with AudioReader(path) as reader:
        rate = reader.info.sample_rate
        resampler = Resampler(rate, SAMPLE_RATE, channels=1)
        for block in _finite_blocks(reader):
            frames += block.shape[1]
            clipping.update(block[0])
            peak = max(peak, _take(resampler.push(block[:1])[0], spool, survey, spectrum))
        rest = resampler.flush(resampled_length(frames, rate, SAMPLE_RATE))[0]
        peak = max(peak, _take(rest, spool, survey, spectrum))
    snr_db, bandwidth_hz = (survey.snr_db(), survey.bandwidth_hz()) if spectrum else (None, None)
    return Measurements(rate, spool.samples / SAMPLE_RATE, peak, clipping.share, snr_db, bandwidth_hz)


def _take(block: Samples, spool: Spool, survey: SpectrumSurvey, spectrum: bool) -> float:
    spool.write(block)
    if spectrum:
        survey.update(block)
    return float(np.abs(block).max(initial=0.0))


def read_start(path: Path, seconds: float) -> tuple[int, Samples]:
    """The file's rate, and the start of all channels at SAMPLE_RATE, (channels, samples).

    Raises UnreadableAudio, and Refused for NaN or infinity.
    """
    with AudioReader(path) as reader:
        rate = reader.info.sample_rate
        blocks, frames = [], 0
        for block in _finite_blocks(reader):
            blocks.append(block)
            frames += block.shape[1]
            if frames >= seconds * rate:
                break
        resampler = Resampler(rate, SAMPLE_RATE, reader.info.channels)
        silence = np.zeros((reader.info.channels, 0), np.float32)
        parts = [silence, *(resampler.push(block) for block in blocks)]
        return rate, np.concatenate([*parts, resampler.flush(resampled_length(frames, rate, SAMPLE_RATE))], axis=1)


def _finite_blocks(reader: AudioReader) -> Iterator[Samples]:
    for block in reader.blocks(BLOCK_SECONDS * reader.info.sample_rate):
        if not np.isfinite(block).all():
            raise Refused(screening.NOT_FINITE)
        yield block
