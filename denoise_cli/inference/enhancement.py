"""A recording through the model: rate, level, channels and the upper band are taken care of, in constant memory."""

from collections.abc import Iterable, Iterator

import numpy as np

from denoise_cli.audio.resampling import Resampler, resampled_length
from denoise_cli.audio.samples import Samples
from denoise_cli.errors import EnhancementFailed
from denoise_cli.inference.cycle_spinning import cycle_spun
from denoise_cli.inference.engine import Engine
from denoise_cli.inference.high_band import open_high_band
from denoise_cli.inference.mixing import wet_share
from denoise_cli.inference.options import EnhanceOptions
from denoise_cli.inference.spans import chunk_samples
from denoise_cli.inference.streaming import ChunkStream, SampleQueue
from denoise_cli.inference.survey import Survey

PIECE_SECONDS = 1.0  # what is handled at a time after the model: bounds the memory at high rates


class EnhancementStream:
    """`push` blocks of (channels, samples) at the file's rate, get enhanced blocks of the same total length.

    Aligned to the sample. Silent channels stay exactly silent, identical channels are run once. The model takes
    `ahead_seconds` of input before it gives anything.
    """

    def __init__(self, engine: Engine, sample_rate: int, survey: Survey, options: EnhanceOptions) -> None:
        engine = cycle_spun(engine, options.cycle_spins)
        chunk = chunk_samples(options.chunk_seconds, engine.sample_rate, engine.hop, engine.context)
        self.ahead_seconds = (chunk + engine.context[1]) / engine.sample_rate
        rows = len(survey.rows)
        self._survey = survey
        self._model_rate = engine.sample_rate
        self._sample_rate = sample_rate
        self._wet = np.float32(wet_share(options.mix, options.attenuation_limit_db))
        self._offsets = np.asarray([survey.offsets[row] for row in survey.rows], np.float32)[:, None]
        self._native = SampleQueue(rows)  # the input, until the output has come as far
        if not rows:
            return
        self._down = Resampler(sample_rate, self._model_rate, rows)
        self._up = Resampler(self._model_rate, sample_rate, rows)
        self._heard = SampleQueue(rows)  # the input at the model's rate
        self._chunks = ChunkStream(engine, rows, chunk)
        self._high_band = open_high_band(options.high_band, sample_rate, self._model_rate, rows)

    def push(self, block: Samples) -> Samples:
        """Take (channels, samples), full scale at 1; give what is finished, (channels, any number).

        Raises EnhancementFailed when the model gives anything but numbers, DeviceMemoryExhausted when nothing fits.
        """
        return self._join(self._take(block))

    def flush(self) -> Samples:
        """The rest. Nothing can be pushed afterwards."""
        return self._join(self._finish())

    def process(self, blocks: Iterable[Samples]) -> Iterator[Samples]:
        """All blocks of a recording, enhanced; in pieces of about a second, as they are finished."""
        for block in blocks:
            yield from self._take(block)
        yield from self._finish()

    def _take(self, block: Samples) -> Iterator[Samples]:
        if not self._survey.rows:
            yield np.zeros_like(block)
            return
        rows = block[self._survey.rows]
        self._native.append(rows)
        yield from self._enhance(self._down.push(rows))

    def _finish(self) -> Iterator[Samples]:
        total = self._native.end
        if not total:
            return
        yield from self._enhance(self._down.flush(resampled_length(total, self._sample_rate, self._model_rate)))
        yield from self._restore(self._chunks.flush())
        rest = self._up.push(self._high_band.flush())
        yield self._mix(np.concatenate([rest, self._up.flush(total)], axis=1))

    def _enhance(self, heard: Samples) -> Iterator[Samples]:
        self._heard.append(heard)
        yield from self._restore(self._chunks.push((heard - self._offsets) * np.float32(self._survey.gain)))

    def _restore(self, enhanced: Samples) -> Iterator[Samples]:
        """From the model's level and rate back to the file's."""
        size = int(PIECE_SECONDS * self._model_rate)
        for start in range(0, enhanced.shape[1], size):
            piece = enhanced[:, start : start + size]
            if not np.isfinite(piece).all():
                seconds = self._heard.start / self._model_rate
                raise EnhancementFailed(f"the model gave samples that are not numbers near {seconds:.1f} s")
            piece = piece / np.float32(self._survey.gain)
            yield self._mix(self._up.push(self._high_band.push(self._heard.take(piece.shape[1]), piece)))

    def _mix(self, low_band: Samples) -> Samples:
        """Add the upper band and the share of the input; put every channel in its place."""
        start, count = self._native.start, low_band.shape[1]
        native = self._native.take(count)
        output = low_band + self._high_band.gain(start, start + count) * native
        if self._wet < 1:
            output = self._wet * output + (1 - self._wet) * native
        return self._spread(output)

    def _spread(self, output: Samples) -> Samples:
        sources = self._survey.sources
        if sources == tuple(range(len(sources))):
            return output
        place = {row: index for index, row in enumerate(self._survey.rows)}
        spread = np.zeros((len(sources), output.shape[1]), np.float32)
        for channel, source in enumerate(sources):
            if source is not None:
                spread[channel] = output[place[source]]
        return spread

    def _join(self, pieces: Iterator[Samples]) -> Samples:
        parts = list(pieces)
        channels = len(self._survey.sources)
        return np.concatenate(parts, axis=1) if parts else np.zeros((channels, 0), np.float32)
