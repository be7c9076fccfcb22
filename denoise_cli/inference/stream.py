"""The Python interface to sound that arrives bit by bit."""

from typing import TYPE_CHECKING, overload

import numpy as np
import numpy.typing as npt

from denoise_cli.audio.samples import Samples, counted_channels
from denoise_cli.inference.arrays import Handed
from denoise_cli.inference.engine import Engine
from denoise_cli.inference.live import LiveStream
from denoise_cli.inference.options import ChannelRule, EnhanceOptions

if TYPE_CHECKING:
    import torch


class EnhancerStream:
    """One recording that is enhanced while it arrives; made by `Enhancer.stream`.

        stream = enhancer.stream(sample_rate)
        for block in blocks:
            play(stream.push(block))
        play(stream.flush())

    What all calls give is together as long as what all blocks were, and aligned to the sample; it comes out at most
    `delay_seconds` after it went in, besides the time it takes to compute. The level is that of all that was heard so
    far, so the result is close to `Enhancer.enhance` of the whole, not equal.
    """

    def __init__(self, engine: Engine, sample_rate: int, channels: int, options: EnhanceOptions) -> None:
        """Raises ValueError for options that need the whole recording."""
        if options.channels is not ChannelRule.KEEP:
            raise ValueError("a stream keeps its channels; mix or choose them before pushing")
        self._stream = LiveStream(engine, sample_rate, channels, options, "stream")
        self._channels = channels
        self._last = Handed(np.zeros((channels, 0), np.float32))
        self._finished = False
        self.delay_seconds = self._stream.delay_seconds

    @overload
    def push(self, block: "torch.Tensor") -> "torch.Tensor": ...

    @overload
    def push(self, block: npt.ArrayLike) -> Samples: ...

    def push(self, block: "npt.ArrayLike | torch.Tensor") -> "Samples | torch.Tensor":
        """Take floats, full scale at 1, (channels, samples) of any length, or (samples,) of one channel.

        Gives what is finished, of the same kind and layout; often nothing. The block is copied.
        Raises ValueError for another layout and after `flush`, UnusableAudio for samples that are no sound.
        """
        handed = Handed(block)
        if len(handed.channels) != self._channels:
            raise ValueError(
                f"block has {counted_channels(len(handed.channels))}, the stream {self._channels}; "
                "(channels, samples) is wanted"
            )
        self._check_open()
        self._last = handed
        return handed.back(self._stream.push(handed.channels.copy()))  # type: ignore[no-any-return]

    def flush(self) -> "Samples | torch.Tensor":
        """The rest, as the last block was given. Nothing can be pushed afterwards."""
        self._check_open()
        self._finished = True
        return self._last.back(self._stream.flush())  # type: ignore[no-any-return]

    def _check_open(self) -> None:
        if self._finished:
            raise ValueError("the stream has been flushed; open another for another recording")
