"""Sound that must come out before all of it has gone in: the same enhancement, by a level measured on the way.

A file is surveyed first and gets one gain. Here the gain follows the level of all that has been heard so far, and what
comes out is divided by it again sample by sample, so that nobody hears it move.
"""

from dataclasses import replace

import numpy as np

from denoise_cli.audio.samples import Samples
from denoise_cli.errors import UnusableAudio
from denoise_cli.inference.engine import Engine
from denoise_cli.inference.enhancement import EnhancementStream
from denoise_cli.inference.level import LevelMeter, model_gain
from denoise_cli.inference.options import EnhanceOptions
from denoise_cli.inference.streaming import SampleQueue
from denoise_cli.inference.survey import LARGEST_SAMPLE, Survey

WARM_UP_SECONDS = 1.0  # heard before the first gain is chosen
CHUNK_SECONDS = 0.5  # what is run through the model at a time, unless a user says otherwise
HANDLING_SECONDS = 0.25  # more than both resamplers and the upper band hold back


class LiveStream:
    """`push` blocks as they arrive, get enhanced blocks of the same total length; `flush` gives the rest.

    Every channel is run, and a constant offset stays in the signal: neither can be known before the end.
    """

    def __init__(
        self, engine: Engine, sample_rate: int, channels: int, options: EnhanceOptions, name: str = "standard input"
    ) -> None:
        """name: what errors are about."""
        self._name = name
        seconds = CHUNK_SECONDS if options.chunk_seconds is None else options.chunk_seconds
        sources = tuple(range(channels))
        unknown = Survey(frames=0, peak=0.0, gain=1.0, offsets=(0.0,) * channels, sources=sources)
        self._stream = EnhancementStream(engine, sample_rate, unknown, replace(options, chunk_seconds=seconds))
        self.delay_seconds = max(WARM_UP_SECONDS, self._stream.ahead_seconds) + HANDLING_SECONDS
        self._meter = LevelMeter(sample_rate, engine.sample_rate)
        self._warm_up = round(WARM_UP_SECONDS * sample_rate)
        self._waiting = SampleQueue(channels)
        self._gains = SampleQueue(1)  # of what the output has not reached yet
        self._gain: float | None = None

    def push(self, block: Samples) -> Samples:
        """Take (channels, samples), full scale at 1; give what is finished: never more than delay_seconds behind.

        Raises UnusableAudio at a sample that is not finite or absurdly large, and what the engine raises.
        """
        if not (np.abs(block) <= LARGEST_SAMPLE).all():
            raise UnusableAudio(
                f"{self._name}: a sample after the first {self._waiting.end} is not sound; is it float?"
            )
        self._meter.push(block)
        self._waiting.append(block)
        if self._waiting.end < self._warm_up:
            return block[:, :0]
        return self._enhance()

    def flush(self) -> Samples:
        """The rest. Nothing can be pushed afterwards."""
        first = self._enhance()
        return np.concatenate([first, self._restore(self._stream.flush())], axis=1)

    def _enhance(self) -> Samples:
        block = self._waiting.take(self._waiting.end - self._waiting.start)
        if not block.shape[1]:
            return block
        peak = float(np.abs(block).max())
        gain = model_gain(self._meter.level_db())
        most = 1 / peak if peak else gain  # speech after a quiet start must not arrive far too loud
        gain = min(gain, most)
        before = gain if self._gain is None else min(self._gain, most)
        self._gain = gain
        gains = np.linspace(before, gain, block.shape[1] + 1, dtype=np.float32)[None, 1:]
        self._gains.append(gains)
        return self._restore(self._stream.push(block * gains))

    def _restore(self, enhanced: Samples) -> Samples:
        return enhanced / self._gains.take(enhanced.shape[1])
