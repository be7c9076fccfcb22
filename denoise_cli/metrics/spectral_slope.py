"""Weighted spectral slope distance (WSS) of Klatt 1982, as in the composite measures of Hu and Loizou 2008."""

import numpy as np
import numpy.typing as npt

from denoise_cli.metrics.segmental_snr import loizou_frames
from denoise_cli.metrics.validation import Signal

CENTRES_HZ = (
    50.0, 120.0, 190.0, 260.0, 330.0, 400.0, 470.0, 540.0, 617.372, 703.378, 798.717, 904.128, 1020.38, 1148.30,
    1288.72, 1442.54, 1610.70, 1794.16, 1993.93, 2211.08, 2446.71, 2701.97, 2978.04, 3276.17, 3597.63,
)  # fmt: skip
WIDTHS_HZ = (
    70.0, 70.0, 70.0, 70.0, 70.0, 70.0, 70.0, 77.3724, 86.0056, 95.3398, 105.411, 116.256, 127.914, 140.423,
    153.823, 168.154, 183.457, 199.776, 217.153, 235.631, 255.255, 276.072, 298.126, 321.465, 346.136,
)  # fmt: skip
LOWEST_GAIN = np.exp(-30.0 / (2 * 2.303))  # what is meant as -30 dB
ENERGY_FLOOR = 1e-10
PEAK_WEIGHT, LOCAL_PEAK_WEIGHT = 20.0, 1.0  # Klatt's Kmax and Klocmax
Bands = npt.NDArray[np.float64]


def weighted_spectral_slope(reference: Signal, estimate: Signal, sample_rate: int, scale: float) -> Bands:
    """The distance of each frame: (frames,), 0 is best.

    reference, estimate: (samples,). scale: factor on the samples before the energies meet the floor of 1e-10.
    """
    clean = _band_levels(reference * scale, sample_rate)
    output = _band_levels(estimate * scale, sample_rate)
    weight = 0.5 * (_weights(clean) + _weights(output))
    slopes = np.diff(clean, axis=1) - np.diff(output, axis=1)
    return np.asarray(np.sum(weight * slopes**2, axis=1) / np.sum(weight, axis=1))


def _band_levels(signal: Signal, sample_rate: int) -> Bands:
    """Levels in 25 critical bands, dB: (frames, bands)."""
    framed = loizou_frames(signal, sample_rate)
    n_fft = 2 ** int(np.ceil(np.log2(2 * framed.shape[1])))
    power = np.abs(np.fft.rfft(framed, n_fft)[:, :-1]) ** 2  # (frames, bins), without the Nyquist bin
    filters = _critical_bands(n_fft // 2, sample_rate)
    return np.asarray(10.0 * np.log10(np.maximum(power @ filters.T, ENERGY_FLOOR)))


def _critical_bands(bins: int, sample_rate: int) -> Bands:
    per_hz = bins / (sample_rate / 2)
    centres = np.floor(np.array(CENTRES_HZ) * per_hz)
    widths = np.array(WIDTHS_HZ) * per_hz
    distance = (np.arange(bins) - centres[:, None]) / widths[:, None]
    gains = np.exp(-11.0 * distance**2) * (WIDTHS_HZ[0] / np.array(WIDTHS_HZ))[:, None]
    return np.where(gains > LOWEST_GAIN, gains, 0.0)


def _weights(levels: Bands) -> Bands:
    """Bands near a spectral peak weigh more: (frames, bands - 1)."""
    lower = levels[:, :-1]
    highest = levels.max(axis=1, keepdims=True)
    to_highest = PEAK_WEIGHT / (PEAK_WEIGHT + highest - lower)
    to_nearest = LOCAL_PEAK_WEIGHT / (LOCAL_PEAK_WEIGHT + _nearest_peaks(levels) - lower)
    return np.asarray(to_highest * to_nearest)


def _nearest_peaks(levels: Bands) -> Bands:
    """Level of the peak uphill of each band but the last: (frames, bands - 1).

    To the right the band before the peak is taken, as in the published code, not the peak itself.
    """
    rising = np.diff(levels, axis=1) > 0
    peaks = np.empty_like(levels[:, :-1])
    left = levels[:, 0].copy()  # level where the descent to the current band began
    for band in range(rising.shape[1]):
        left = np.where(rising[:, band], levels[:, band + 1], left)
        peaks[:, band] = left
    right = np.empty_like(left)
    for band in reversed(range(rising.shape[1])):
        last_step = ~rising[:, band + 1] if band + 1 < rising.shape[1] else np.ones(len(levels), dtype=bool)
        right = np.where(last_step, levels[:, band], right)
        peaks[:, band] = np.where(rising[:, band], right, peaks[:, band])
    return peaks
