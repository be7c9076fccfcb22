"""Engines for tests: no weights, but a known reach, so that chunking can go wrong visibly."""

import numpy as np

from denoise_cli.audio.samples import Samples
from denoise_cli.errors import DeviceMemoryExhausted


class Passing:
    """Gives back what it gets."""

    sample_rate = 16_000
    hop = 1
    context = (0, 0)

    def __init__(self) -> None:
        self.rows_run = 0
        self.peak_seen = 0.0

    def run(self, waveform: Samples) -> Samples:
        assert waveform.dtype == np.float32 and waveform.ndim == 2
        self.rows_run += len(waveform)
        self.peak_seen = max(self.peak_seen, float(np.abs(waveform).max()))
        return self.process(waveform)

    def process(self, waveform: Samples) -> Samples:
        return waveform.copy()


class Halving(Passing):
    """Everything 6 dB down."""

    def process(self, waveform: Samples) -> Samples:
        return 0.5 * waveform


class Filtering(Passing):
    """Sums of 30 samples before and 20 after, and a hop grid: each sample is weighted by its place within the hop.

    Wrong context, a seam or a window off the grid change the result.
    """

    hop = 8
    context = (32, 24)

    def process(self, waveform: Samples) -> Samples:
        taps = np.random.default_rng(1).standard_normal(51)
        padded = np.pad(waveform.astype(np.float64), ((0, 0), (30, 20)))
        filtered = np.stack([np.convolve(row, taps, "valid") for row in padded])
        weights = 1 + np.arange(waveform.shape[1]) % self.hop
        return (filtered * weights).astype(np.float32)


class Cramped(Filtering):
    """Filtering on a device whose memory holds no more than `limit` samples at once."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def process(self, waveform: Samples) -> Samples:
        if waveform.size > self.limit:
            raise DeviceMemoryExhausted("does not fit")
        return super().process(waveform)
