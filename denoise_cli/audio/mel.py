"""Bands on the mel scale: triangles that sum up the bins of a spectrum."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def mel_corners(bands: int, lowest_hz: float, highest_hz: float) -> Array:
    """(bands + 2,) in Hz, evenly spaced on the scale 2595 * log10(1 + f / 700)."""
    lowest, highest = (2595.0 * np.log10(1.0 + hz / 700.0) for hz in (lowest_hz, highest_hz))
    return np.asarray(700.0 * (10.0 ** (np.linspace(lowest, highest, bands + 2) / 2595.0) - 1.0))


def triangles(corners_hz: Array, n_fft: int, sample_rate: int) -> Array:
    """(bands, bins): of height one at each corner but the first and last, zero at its neighbours and beyond."""
    bins = np.fft.rfftfreq(n_fft, 1.0 / sample_rate)
    rising = (bins - corners_hz[:-2, None]) / np.diff(corners_hz[:-1])[:, None]
    falling = (corners_hz[2:, None] - bins) / np.diff(corners_hz[1:])[:, None]
    return np.maximum(0.0, np.minimum(rising, falling))
