"""Change of sample rate block by block, aligned to the sample and of exact length."""

from collections.abc import Iterable, Iterator

import numpy as np
import soxr

from denoise_cli.audio.samples import Samples


def resampled_length(samples: int, in_rate: int, out_rate: int) -> int:
    """Samples at out_rate that cover `samples` at in_rate: rounded up, so that the way back has enough."""
    return -(-samples * out_rate // in_rate)


class Resampler:
    """`push` blocks of (channels, samples) at in_rate, get blocks at out_rate; `flush` gives the rest.

    Sample n of the input and sample n * out_rate / in_rate of the output are the same instant (lag 0): libsoxr takes
    its own delay off. Outside the recording there is silence. Passes up to 0.91 of the lower of the two Nyquist
    frequencies, within 0.01 dB. Equal rates: the blocks themselves.
    """

    def __init__(self, in_rate: int, out_rate: int, channels: int) -> None:
        self._in_rate = in_rate
        self._out_rate = out_rate
        self._channels = channels
        self._given = 0
        self._stream = None
        if in_rate != out_rate:
            self._stream = soxr.ResampleStream(in_rate, out_rate, channels, dtype="float32", quality="HQ")

    def push(self, block: Samples) -> Samples:
        """(channels, samples) in, (channels, any number) out; what is missing comes with later blocks."""
        return self._resample(block, last=False)

    def flush(self, total: int) -> Samples:
        """The rest, so that all blocks together are `total` samples. Nothing can be pushed afterwards.

        Raises ValueError when more than `total` has been given out already.
        """
        missing = total - self._given
        if missing < 0:
            raise ValueError(f"{self._given} samples were given out; the total cannot be {total}")
        silence = np.zeros((self._channels, missing * self._in_rate // self._out_rate + 2), np.float32)
        rest = self._resample(silence, last=True)[:, :missing]
        self._given = total
        return rest

    def _resample(self, block: Samples, last: bool) -> Samples:
        if self._stream is not None:
            output = self._stream.resample_chunk(np.ascontiguousarray(block.T, dtype=np.float32), last=last)
            block = np.ascontiguousarray(output.T)
        self._given += block.shape[1]
        return block


def resampled(pieces: Iterable[Samples], in_rate: int, out_rate: int, channels: int) -> Iterator[Samples]:
    """All pieces of a recording, (channels, samples) each, at another rate; `resampled_length` samples in all."""
    if in_rate == out_rate:
        yield from pieces
        return
    resampler, taken = Resampler(in_rate, out_rate, channels), 0
    for piece in pieces:
        taken += piece.shape[1]
        yield resampler.push(piece)
    yield resampler.flush(resampled_length(taken, in_rate, out_rate))
