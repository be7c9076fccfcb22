"""Which recordings may become training data: what is measured of each, and what is refused for which reason.

Measuring goes block by block, in memory that does not grow with the file; judging is a pure function of the
measurements, so that a prepared corpus can be judged again under other thresholds without decoding anything.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from denoise_cli.data.corpus import SAMPLE_RATE

Samples = NDArray[np.float32]
Wide = NDArray[np.float64]

UNREADABLE, EMPTY, NOT_FINITE, SILENT = "unreadable", "empty", "not finite", "silent"
TOO_SHORT, CLIPPED, NOISY = "too short", "clipped", "too noisy"
BELOW_RATE, BAND_LIMITED = "sample rate too low", "band-limited"
NO_CLEAN, LENGTHS_DIFFER, NO_SPEAKER = "no clean counterpart", "lengths differ", "no speaker in the name"

FRAME, HOP = 512, 256  # at SAMPLE_RATE: 32 ms every 16 ms
BANDS = 32  # of 250 Hz
KEPT_FRAMES = 16_384  # 262 s; of longer files every second frame is kept, then every fourth, ...
LOWEST_BIN = 3  # 94 Hz: rumble and offset are neither speech nor its noise
MUTED = 1e-8  # frame power, -80 dB re the loudest frame: digital silence says nothing of the recording's noise


@dataclass(frozen=True)
class Thresholds:
    """What is refused. The clean half of a pair has to meet what speech has to."""

    min_seconds: float = 0.5  # of speech and pairs
    min_noise_seconds: float = 0.1  # a door that slams is noise too
    min_peak_db: float = -60.0  # re full scale; below: silent
    min_rate_hz: int = SAMPLE_RATE  # of the file; impulse responses meet this one too
    max_clipped_share: float = 1e-4  # of all samples; 8000 clean files had at most 4e-5
    min_snr_db: float = 15.0  # of 8000 files from clean corpora, 5 are below; noise at 15 dB SNR measures 12 dB
    min_bandwidth_hz: float = 6000.0
    min_rir_seconds: float = 0.02
    min_rir_peak_db: float = -100.0  # responses come at any level


@dataclass(frozen=True)
class Measurements:
    """What a recording is judged by."""

    source_rate: int  # Hz, of the file
    seconds: float
    peak: float  # largest magnitude after resampling; 1 is full scale
    clipped_share: float
    snr_db: float | None  # None: not measured, or not to be told (digital silence but for a moment)
    bandwidth_hz: float | None  # None: not measured (noise, impulse responses)


def judge_speech(measured: Measurements, thresholds: Thresholds) -> str | None:
    """The first reason to refuse clean speech, or None."""
    if (reason := _judge_extent(measured, thresholds.min_seconds, thresholds.min_peak_db)) is not None:
        return reason
    if measured.source_rate < thresholds.min_rate_hz:
        return BELOW_RATE
    if measured.snr_db is not None and measured.snr_db < thresholds.min_snr_db:
        return NOISY
    if measured.clipped_share > thresholds.max_clipped_share:
        return CLIPPED
    if measured.bandwidth_hz is not None and measured.bandwidth_hz < thresholds.min_bandwidth_hz:
        return BAND_LIMITED
    return None


def judge_noise(measured: Measurements, thresholds: Thresholds) -> str | None:
    """The first reason to refuse a noise, or None."""
    return _judge_extent(measured, thresholds.min_noise_seconds, thresholds.min_peak_db)


def judge_response(measured: Measurements, thresholds: Thresholds) -> str | None:
    """The first reason to refuse a room's impulse response, or None."""
    if measured.source_rate < thresholds.min_rate_hz:
        return BELOW_RATE
    return _judge_extent(measured, thresholds.min_rir_seconds, thresholds.min_rir_peak_db)


def _judge_extent(measured: Measurements, min_seconds: float, min_peak_db: float) -> str | None:
    if measured.seconds == 0:
        return EMPTY
    if decibel(measured.peak) < min_peak_db:
        return SILENT
    return TOO_SHORT if measured.seconds < min_seconds else None


def decibel(magnitude: float) -> float:
    return float(20 * np.log10(max(magnitude, 1e-12)))


class ClippingMeter:
    """Counts samples in flat tops: three or more in a row within 0.1 % of the largest magnitude so far.

    The ceiling may be full scale or lie below it (clipped, then turned down). To be fed at the file's own rate, since
    resampling rounds flat tops off; what a lossy codec has rounded off goes unseen.
    """

    def __init__(self) -> None:
        self.samples = 0
        self._top = 0.0
        self._flat = 0
        self._before = np.zeros(2, bool)  # whether the last two samples were at the top

    def update(self, block: Samples) -> None:
        """block: (n,), finite."""
        magnitude = np.abs(block)
        self.samples += len(block)
        highest = float(magnitude.max(initial=0.0))
        if highest > self._top * 1.001:
            self._flat, self._before = 0, np.zeros(2, bool)
        self._top = max(self._top, highest)
        if highest < self._top * 0.999 or highest == 0.0:
            self._before = np.zeros(2, bool)
            return
        at_top = np.concatenate([self._before, magnitude >= self._top * 0.999])
        self._flat += int(np.count_nonzero(at_top[:-2] & at_top[1:-1] & at_top[2:]))
        self._before = at_top[-2:]

    @property
    def share(self) -> float:
        """Of all samples, 0 to 1."""
        return self._flat / self.samples if self.samples else 0.0


class SpectrumSurvey:
    """Power in 250 Hz bands over time, from which signal-to-noise ratio and bandwidth are estimated."""

    def __init__(self) -> None:
        self._rest = np.zeros(0, np.float32)
        self._frames: list[Wide] = []  # (n, BANDS) each
        self._kept = 0
        self._stride = 1
        self._next = 0  # number of the next frame
        self._window = np.hanning(FRAME + 1)[:-1].astype(np.float32)

    def update(self, block: Samples) -> None:
        """block: (n,), finite, at SAMPLE_RATE."""
        signal = np.concatenate([self._rest, block])
        count = max((len(signal) - FRAME) // HOP + 1, 0)
        numbers = np.arange(self._next, self._next + count)
        if count:
            frames = np.lib.stride_tricks.sliding_window_view(signal, FRAME)[::HOP]
            self._keep(self._band_power(frames[numbers % self._stride == 0]))
        self._next += count
        self._rest = signal[count * HOP :].copy()

    def _band_power(self, frames: Samples) -> Wide:
        spectrum = np.fft.rfft(frames * self._window, axis=1)
        power = np.square(np.abs(spectrum), dtype=np.float64) / (np.sum(np.square(self._window)) * FRAME / 2)
        power[:, :LOWEST_BIN] = 0.0
        return np.asarray(power[:, 1:].reshape(len(frames), BANDS, FRAME // 2 // BANDS).sum(axis=2), np.float64)

    def _keep(self, frames: Wide) -> None:
        self._frames.append(frames)
        self._kept += len(frames)
        while self._kept > KEPT_FRAMES:
            thinned = np.concatenate(self._frames)[::2]
            self._frames, self._kept, self._stride = [thinned], len(thinned), self._stride * 2

    def _telling_frames(self) -> Wide:
        frames: Wide = np.concatenate(self._frames) if self._frames else np.zeros((0, BANDS))
        power = frames.sum(axis=1)
        return np.asarray(frames[power > MUTED * power.max(initial=0.0)])

    def snr_db(self) -> float | None:
        """Speech level over noise floor in dB.

        Floor: the 10th percentile over time in each band, doubled, since noise of that bandwidth has its 10th
        percentile at half of its mean; speech leaves each band alone for a tenth of the time even where it has no
        pauses. Level: mean power of the frames within 20 dB of the 95th percentile. Digital silence is left out.
        White noise at 5 to 30 dB SNR is told within 4 dB (low by 3 dB up to 15 dB); fluctuating noise is overrated.
        """
        frames = self._telling_frames()
        if len(frames) < 8:
            return None
        total = frames.sum(axis=1)
        floor = max(float(2.0 * np.percentile(frames, 10, axis=0).sum()), 1e-14)
        level = float(total[total > 0.01 * np.percentile(total, 95)].mean())
        return float(10 * np.log10(max(level - floor, 1e-14) / floor))

    def bandwidth_hz(self) -> float:
        """Upper edge of the highest band that carries the signal, in steps of 250 Hz; 0 if none does.

        A band carries it if its loud moments (99th percentile) come within 60 dB of the loudest band's and rise 10 dB
        above its own 10th percentile (constant noise: 7 dB), so that hiss over a low-passed voice does not count.
        """
        frames = self._telling_frames()
        if len(frames) < 8:
            return 0.0
        loud, floor = (10 * np.log10(np.percentile(frames, share, axis=0) + 1e-14) for share in (99, 10))
        carrying = np.flatnonzero((loud > loud.max() - 60) & (loud - floor > 10))
        return float((carrying[-1] + 1) * SAMPLE_RATE / 2 / BANDS) if len(carrying) else 0.0
