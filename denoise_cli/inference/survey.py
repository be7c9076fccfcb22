"""A first pass over a recording: is it sound, how loud is it, which of its channels need to be run."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from denoise_cli.audio.samples import Samples
from denoise_cli.errors import UnusableAudio
from denoise_cli.inference.level import LevelMeter, model_gain

LARGEST_SAMPLE = 1e6  # 120 dB over full scale: past that it is not sound
DC_SHARE = 0.3  # a mean below this share of the RMS is left alone
DC_SECONDS = 0.5  # and so is the mean of a shorter recording: it may well be sound


@dataclass(frozen=True)
class Survey:
    """What must be known of a recording before it is enhanced.

    gain: brings it to the model's level. offsets: mean of each channel, 0 where it is small against the level.
    sources: for each channel the first channel that is identical to it; None for a channel of zeros.
    """

    frames: int
    peak: float
    gain: float
    offsets: tuple[float, ...]
    sources: tuple[int | None, ...]

    @property
    def rows(self) -> list[int]:
        """Channels that have to be run."""
        return sorted({source for source in self.sources if source is not None})


class Surveyor:
    """`push` every block of a recording, then `result`. Constant memory."""

    def __init__(self, channels: int, sample_rate: int, model_rate: int, name: str) -> None:
        """name: what errors are about."""
        self._meter = LevelMeter(sample_rate, model_rate)
        self._sample_rate = sample_rate
        self._name = name
        self._frames = 0
        self._peaks: npt.NDArray[np.float64] = np.zeros(channels)
        self._sums: npt.NDArray[np.float64] = np.zeros(channels)
        self._twins = {(a, b) for b in range(channels) for a in range(b)}

    def push(self, block: Samples) -> None:
        """Take (channels, samples). Raises UnusableAudio at a sample that is not finite or absurdly large."""
        highest, lowest = block.max(axis=1), block.min(axis=1)
        peaks = np.maximum(highest, -lowest)
        if not (peaks <= LARGEST_SAMPLE).all():
            self._refuse(block)
        self._peaks = np.maximum(self._peaks, peaks)
        self._sums += block.sum(axis=1, dtype=np.float64)
        self._twins = {(a, b) for a, b in self._twins if np.array_equal(block[a], block[b])}
        self._meter.push(block)
        self._frames += block.shape[1]

    def result(self) -> Survey:
        """Raises UnusableAudio for a recording without samples."""
        if not self._frames:
            raise UnusableAudio(f"{self._name}: holds no samples")
        level_db = self._meter.level_db()
        means = self._sums / self._frames
        matter = np.abs(means) > DC_SHARE * 10 ** (level_db / 20)
        matter &= self._frames >= DC_SECONDS * self._sample_rate
        return Survey(
            self._frames,
            float(self._peaks.max()),
            model_gain(level_db),
            tuple(float(mean) for mean in np.where(matter, means, 0.0)),
            tuple(self._source(channel) for channel in range(len(means))),
        )

    def _source(self, channel: int) -> int | None:
        if self._peaks[channel] == 0:
            return None
        return min((a for a, b in self._twins if b == channel), default=channel)

    def _refuse(self, block: Samples) -> None:
        channel, sample = np.argwhere(~(np.abs(block) <= LARGEST_SAMPLE))[0]
        value = block[channel, sample]
        what = f"is {value:.3g}, which is not sound" if np.isfinite(value) else f"is {value}"
        seconds = (self._frames + sample) / self._sample_rate
        raise UnusableAudio(f"{self._name}: sample {self._frames + sample} ({seconds:.3f} s) {what}")


def survey(blocks: Iterable[Samples], channels: int, sample_rate: int, model_rate: int, name: str) -> Survey:
    """Survey a whole recording.

    Raises UnusableAudio for one without samples, or with samples that are not finite or beyond 120 dB full scale.
    """
    surveyor = Surveyor(channels, sample_rate, model_rate, name)
    for block in blocks:
        surveyor.push(block)
    return surveyor.result()
