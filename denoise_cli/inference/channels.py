"""Which channels of a recording are enhanced, and what becomes of the others."""

from collections.abc import Iterable, Iterator

import numpy as np

from denoise_cli.audio.samples import Samples, counted_channels
from denoise_cli.errors import UnusableAudio
from denoise_cli.inference.engine import Engine
from denoise_cli.inference.enhancement import EnhancementStream
from denoise_cli.inference.options import ChannelRule, EnhanceOptions
from denoise_cli.inference.streaming import SampleQueue
from denoise_cli.inference.survey import Survey

_MOST_FOR_MID = 2


class ChannelChoice:
    """What a rule makes of a recording with so many channels. count: channels that come out."""

    def __init__(self, rule: ChannelRule | int, channels: int, name: str) -> None:
        """name: what errors are about. Raises UnusableAudio where the recording does not have what is asked for."""
        if isinstance(rule, int) and rule > channels:
            raise UnusableAudio(f"{name}: has {counted_channels(channels)}, so there is no --channels {rule}")
        if rule is ChannelRule.MID and channels > _MOST_FOR_MID:
            raise UnusableAudio(f"{name}: has {counted_channels(channels)}; --channels mid is for one or two")
        self._rule = rule
        self.count = channels if isinstance(rule, ChannelRule) and rule is not ChannelRule.MONO else 1

    def kept(self, blocks: Iterable[Samples]) -> Iterator[Samples]:
        """What of the input goes on: (channels, samples) blocks in, (count, samples) blocks out."""
        for block in blocks:
            if self._rule is ChannelRule.MONO:
                block = _mean(block)
            elif isinstance(self._rule, int):
                block = block[self._rule - 1 : self._rule]
            yield block

    def heard(self, blocks: Iterable[Samples]) -> Iterator[Samples]:
        """What the model hears of what goes on; this is to be surveyed."""
        return map(_mean, blocks) if self._rule is ChannelRule.MID else iter(blocks)

    @property
    def heard_count(self) -> int:
        """Channels that the model hears."""
        return 1 if self._rule is ChannelRule.MID else self.count

    def process(
        self, blocks: Iterable[Samples], engine: Engine, sample_rate: int, survey: Survey, options: EnhanceOptions
    ) -> Iterator[Samples]:
        """Enhance what goes on: (count, samples) blocks in and out, of the same total length.

        Raises what `EnhancementStream` raises.
        """
        stream = EnhancementStream(engine, sample_rate, survey, options)
        if self._rule is not ChannelRule.MID:
            return stream.process(blocks)
        return self._replace_mid(blocks, stream)

    def _replace_mid(self, blocks: Iterable[Samples], stream: EnhancementStream) -> Iterator[Samples]:
        waiting = SampleQueue(self.count)

        def listen() -> Iterator[Samples]:
            for block in blocks:
                waiting.append(block)
                yield _mean(block)

        for piece in stream.process(listen()):
            native = waiting.take(piece.shape[1])
            yield native + (piece - _mean(native))


def _mean(block: Samples) -> Samples:
    mean: Samples = block.mean(axis=0, keepdims=True, dtype=np.float32)
    return mean
