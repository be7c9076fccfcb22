"""Loudness and true peak of a whole recording, measured block by block."""

import numpy as np
import numpy.typing as npt
import soxr

from denoise_cli.audio.samples import Samples

SHORTEST_SECONDS = 0.4  # one gating block
_STEP_SECONDS = 0.1  # from one gating block to the next
_STEPS_PER_BLOCK = 4
_ABSOLUTE_GATE_LUFS = -70.0
_RELATIVE_GATE_LU = -10.0
_OFFSET_DB = -0.691
# Front left, front right, centre, surrounds; with six channels the fourth is that of low effects, which does not count.
_WEIGHTS = {5: (1.0, 1.0, 1.0, 1.41, 1.41), 6: (1.0, 1.0, 1.0, 0.0, 1.41, 1.41)}
_OVERSAMPLING = 4


class LoudnessMeter:
    """`push` blocks of (channels, samples); `integrated` is then the loudness of all of them.

    Keeps ten numbers a second. The weighting filters are those of pyloudnorm.
    Source: ITU-R BS.1770-4, annex 1.
    """

    def __init__(self, sample_rate: int, channels: int) -> None:
        from pyloudnorm import IIRfilter  # here: scipy takes most of a second to import

        shelf = IIRfilter(4.0, 1 / np.sqrt(2), 1500.0, sample_rate, "high_shelf")
        high_pass = IIRfilter(0.0, 0.5, 38.0, sample_rate, "high_pass")
        self._stages = np.asarray([[*stage.b, *stage.a] for stage in (shelf, high_pass)])
        self._memory = np.zeros((2, channels, 2))
        self._weights = np.asarray(_WEIGHTS.get(channels, (1.0,) * channels))
        self._size = max(1, round(_STEP_SECONDS * sample_rate))
        self._left_over: npt.NDArray[np.float64] = np.zeros((channels, 0))
        self._powers: list[npt.NDArray[np.float64]] = []

    def push(self, block: Samples) -> None:
        """Take (channels, samples), full scale at 1."""
        from scipy.signal import sosfilt

        if not block.shape[1]:
            return
        weighted, self._memory = sosfilt(self._stages, block.astype(np.float64), axis=1, zi=self._memory)
        weighted = np.concatenate([self._left_over, weighted], axis=1)
        steps = weighted.shape[1] // self._size
        whole, self._left_over = np.split(weighted, [steps * self._size], axis=1)
        if steps:
            power = np.square(whole).reshape(len(whole), steps, self._size).mean(axis=2)
            self._powers.append(self._weights @ power)

    def integrated(self) -> float | None:
        """In LUFS; None for less than 0.4 s and where nothing is above the gate of -70 LUFS."""
        steps = np.concatenate(self._powers) if self._powers else np.zeros(0)
        if len(steps) < _STEPS_PER_BLOCK:
            return None
        blocks = np.convolve(steps, np.full(_STEPS_PER_BLOCK, 1 / _STEPS_PER_BLOCK), "valid")
        blocks = blocks[blocks > _power(_ABSOLUTE_GATE_LUFS)]
        if not len(blocks):
            return None
        blocks = blocks[blocks > blocks.mean() * 10 ** (_RELATIVE_GATE_LU / 10)]
        return float(_OFFSET_DB + 10 * np.log10(blocks.mean()))


class TruePeakMeter:
    """`push` blocks of (channels, samples); `peak` is then the highest absolute value between the samples, too.

    By four times oversampling. Source: ITU-R BS.1770-4, annex 2.
    """

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._stream = soxr.ResampleStream(
            sample_rate, _OVERSAMPLING * sample_rate, channels, dtype="float32", quality="HQ"
        )
        self._channels = channels
        self._peak = 0.0

    def push(self, block: Samples) -> None:
        """Take (channels, samples), full scale at 1."""
        self._note(block)
        self._note(self._stream.resample_chunk(np.ascontiguousarray(block.T, dtype=np.float32)))

    def peak(self) -> float:
        """1 is full scale. Nothing can be pushed afterwards."""
        self._note(self._stream.resample_chunk(np.zeros((1, self._channels), np.float32), last=True))
        return self._peak

    def _note(self, samples: Samples) -> None:
        if samples.size:
            self._peak = max(self._peak, float(samples.max()), -float(samples.min()))


def _power(lufs: float) -> float:
    return float(10 ** ((lufs - _OFFSET_DB) / 10))
