"""Noise of one step that makes rounding to fewer bits a hiss instead of a distortion."""

import numpy as np

from denoise_cli.audio.samples import Samples


class Dither:
    """Adds noise of triangular distribution, one step to both sides, to blocks that will be rounded to `bits`.

    The error of rounding then has a mean and a power that do not depend on the signal. Samples that are exactly zero
    stay so: silence is silence. The same noise each time, so the same input makes the same bytes.

    Source: Lipshitz, Wannamaker, Vanderkooy, Quantization and Dither: A Theoretical Survey, JAES 40 (1992).
    """

    def __init__(self, bits: int) -> None:
        self._step = np.float32(2.0 ** (1 - bits))
        self._random = np.random.default_rng(0)

    def add(self, block: Samples) -> Samples:
        """(channels, samples), full scale at 1; the same shape."""
        noise = self._random.random(
            (block.shape[1], block.shape[0], 2), np.float32
        )  # in time order, whatever the blocks
        noised: Samples = block + self._step * (noise[..., 0] - noise[..., 1]).T * (block != 0)
        return noised
