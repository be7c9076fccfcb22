"""How loud a recording is, measured block by block in constant memory, and the one gain that the model wants.

The model was trained with its input at an RMS of -25 dBFS over the active part; it gets that, by one gain for the whole
file, and the output is divided by the same gain. Nothing here changes the level that a user hears.
"""

import numpy as np
import numpy.typing as npt

from denoise_cli.audio.samples import Samples

MODEL_LEVEL_DB = -25.0
BLOCK_SECONDS = 0.02
LOWEST_HZ = 50.0  # rumble and DC are not level
LOUD_SHARE = 0.05  # this share of blocks may be louder than what counts as loud: clicks are not level either
ACTIVE_DB = 30.0  # blocks this far below the loud ones are pauses
SPARSE_DB = 20.0  # and so are blocks this far below the mean of the active ones: for long files with little speech
SILENCE_DB = -120.0

_FLOOR_DB = -200.0
_STEP_DB = 0.1
_BINS = 4_000  # up to +200 dB: float files may be far over full scale


class LevelMeter:
    """`push` blocks of (channels, samples); `level_db` is then the RMS over the active part, in dB re full scale.

    Counts power between 50 Hz and the model's Nyquist frequency, in steps of 20 ms, of the loudest channel.
    """

    def __init__(self, sample_rate: int, model_rate: int) -> None:
        self._size = max(1, round(BLOCK_SECONDS * sample_rate))
        frequency = np.fft.rfftfreq(self._size, 1 / sample_rate)
        # Parseval: twice each bin but the first and, where there is one, the Nyquist bin
        self._weights = np.where(2 * frequency < sample_rate, 2.0, 1.0) / self._size**2
        self._weights[frequency < LOWEST_HZ] = 0
        self._weights = self._weights[2 * frequency <= model_rate].astype(np.float32)
        self._left_over: Samples | None = None
        self._counts = np.zeros(_BINS)
        self._powers = np.zeros(_BINS)

    def push(self, block: Samples) -> None:
        """Take (channels, samples), finite, full scale at 1."""
        if self._left_over is not None:
            block = np.concatenate([self._left_over, block], axis=1)
        whole = block.shape[1] // self._size * self._size
        self._left_over = block[:, whole:]
        if whole:
            self._count(block[:, :whole].reshape(len(block), -1, self._size))

    def level_db(self) -> float:
        """RMS over the active part; -inf for silence. A last part of less than 20 ms counts only if it is all."""
        counts, powers = self._counts, self._powers
        if not counts.any():
            if self._left_over is None or not self._left_over.shape[1]:
                return -np.inf
            counts, powers = self._histogram(self._short_block())
        return _active_level(counts, powers)

    def _short_block(self) -> Samples:
        if self._left_over is None:
            raise ValueError("nothing was pushed")
        padding = self._size - self._left_over.shape[1]
        block = np.pad(self._left_over, ((0, 0), (0, padding)))
        return block[:, None, :] * np.float32(np.sqrt(self._size / self._left_over.shape[1]))

    def _count(self, blocks: Samples) -> None:
        counts, powers = self._histogram(blocks)
        self._counts += counts
        self._powers += powers

    def _histogram(self, blocks: Samples) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """blocks: (channels, blocks, samples). Counts and summed powers by level; silent blocks are left out."""
        spectrum = np.fft.rfft(blocks)[..., : len(self._weights)]
        power = np.square(spectrum.real) @ self._weights + np.square(spectrum.imag) @ self._weights
        loudest = power.max(axis=0).astype(np.float64)
        loudest = loudest[loudest > 10 ** (SILENCE_DB / 10)]
        bins = np.clip((10 * np.log10(loudest) - _FLOOR_DB) / _STEP_DB, 0, _BINS - 1).astype(np.int64)
        counts = np.bincount(bins, minlength=_BINS).astype(np.float64)
        powers = np.bincount(bins, loudest, minlength=_BINS).astype(np.float64)
        return counts, powers


def _active_level(counts: npt.NDArray[np.float64], powers: npt.NDArray[np.float64]) -> float:
    total = counts.sum()
    if not total:
        return -np.inf
    louder = np.cumsum(counts[::-1])[::-1]  # blocks in this bin or a louder one
    loud_bin = int(np.flatnonzero(louder > LOUD_SHARE * total)[-1])
    first = max(0, loud_bin - round(ACTIVE_DB / _STEP_DB))
    mean_db = 10 * np.log10(powers[first:].sum() / counts[first:].sum())
    first = min(max(first, int((mean_db - SPARSE_DB - _FLOOR_DB) / _STEP_DB)), int(np.flatnonzero(counts)[-1]))
    return float(10 * np.log10(powers[first:].sum() / counts[first:].sum()))


def model_gain(level_db: float) -> float:
    """The factor that brings a recording of this level to the model's; 1 for silence."""
    return float(10 ** ((MODEL_LEVEL_DB - level_db) / 20)) if level_db > SILENCE_DB else 1.0
