"""What was taken away, beside what was left: input minus output, sample by sample."""

from collections.abc import Iterable, Iterator

import numpy as np

from denoise_cli.audio.samples import Samples
from denoise_cli.inference.clipping import Sink
from denoise_cli.inference.streaming import SampleQueue


class ResidualTap:
    """Holds the input back until the output has come as far, and puts their difference under the output."""

    def __init__(self, channels: int) -> None:
        self._heard = SampleQueue(channels)

    def listen(self, blocks: Iterable[Samples]) -> Iterator[Samples]:
        """The blocks of the input, (channels, samples) each, passed on unchanged."""
        for block in blocks:
            self._heard.append(block)
            yield block

    def stack(self, pieces: Iterable[Samples]) -> Iterator[Samples]:
        """Pieces of the output, aligned to the input; gives (2 * channels, samples): the output, then the residual."""
        for piece in pieces:
            yield np.concatenate([piece, self._heard.take(piece.shape[1]) - piece])


class SplitSink:
    """Writes the upper half of the channels to one sink, the lower half, the residual, to another.

    clipped: samples of the residual beyond full scale so far.
    """

    def __init__(self, output: Sink, residual: Sink) -> None:
        self._output = output
        self._residual = residual
        self.clipped = 0

    def write(self, block: Samples) -> None:
        middle = len(block) // 2
        self._output.write(block[:middle])
        self._residual.write(block[middle:])
        self.clipped += int(np.count_nonzero(np.abs(block[middle:]) > 1))
