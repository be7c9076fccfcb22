"""Cycle spinning: a model is run on several grids of frames, and the mean of what it says is taken."""

import numpy as np

from denoise_cli.audio.samples import Samples
from denoise_cli.inference.engine import Engine


def cycle_spun(engine: Engine, spins: int) -> Engine:
    """The engine itself for one spin, else one that averages it. Raises ValueError for no spin."""
    if spins < 1:
        raise ValueError(f"cycle_spins must be 1 or more, not {spins}")
    return engine if spins == 1 else CycleSpun(engine, spins)


class CycleSpun:
    """An `inference.engine.Engine`: the mean over another's frames shifted by 0, 1 / spins, 2 / spins... of a hop.

    What a model says depends on where its frames begin, and the mean does so less. It takes `spins` times as long, and
    no more memory.

    Source: Coifman and Donoho 1995, "Translation-Invariant De-Noising", section 2.
    """

    def __init__(self, engine: Engine, spins: int) -> None:
        self._engine = engine
        self.sample_rate = engine.sample_rate
        self.hop = engine.hop
        left, right = engine.context
        self.context = (left + engine.hop, right + engine.hop)
        self._shifts = [engine.hop * number // spins for number in range(spins)]

    def run(self, waveform: Samples) -> Samples:
        """See `Engine.run`. Raises what the engine raises."""
        total = self._engine.run(waveform)
        for shift in self._shifts[1:]:
            total = total + self._engine.run(np.pad(waveform, ((0, 0), (shift, 0))))[:, shift:]
        return total / np.float32(len(self._shifts))
