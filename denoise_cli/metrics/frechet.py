"""Frechet distance between the sounds of two sets of recordings.

The formula of the Frechet audio distance, over statistics of mel bands in place of a network's embedding: there are no
weights to download, and the scores compare with nothing but each other. It is not FAD-VGGish.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from denoise_cli.audio.mel import mel_corners, triangles
from denoise_cli.errors import MetricUndefined
from denoise_cli.metrics.framing import frames
from denoise_cli.metrics.validation import at_rate, validate

RATE = 16_000
N_FFT, HOP = 512, 256
BANDS = 20
LOWEST_HZ, HIGHEST_HZ = 60.0, 7_600.0
WINDOW_FRAMES, WINDOW_HOP = 62, 31  # 1 s, half overlapping
FLOOR_DB = 60.0  # below the recording's loudest frame and band; what is deeper is not heard
DIMENSIONS = 2 * BANDS
Array = npt.NDArray[np.float64]


def mel_statistics(waveform: npt.ArrayLike, sample_rate: int) -> Array:
    """Mean and standard deviation over each second of 20 mel bands in dB: (windows, 40).

    waveform: (samples,) at `sample_rate` Hz; measured at 16 kHz, levels against the loudest band and frame.
    Raises MetricUndefined for a signal shorter than a second.
    """
    signal = at_rate(validate(waveform), sample_rate, RATE)
    power = np.abs(np.fft.rfft(frames(signal, N_FFT, HOP) * np.hanning(N_FFT + 1)[:-1])) ** 2
    bands = power @ triangles(mel_corners(BANDS, LOWEST_HZ, HIGHEST_HZ), N_FFT, RATE).T  # (frames, bands)
    floor = max(float(bands.max()), 1e-20) * 10 ** (-FLOOR_DB / 10)
    levels = 10.0 * np.log10(np.maximum(bands, floor) / floor)
    if len(levels) < WINDOW_FRAMES:
        raise MetricUndefined("mel statistics: shorter than a second")
    windows = np.lib.stride_tricks.sliding_window_view(levels, WINDOW_FRAMES, axis=0)[::WINDOW_HOP]
    return np.concatenate([windows.mean(axis=2), windows.std(axis=2)], axis=1)


def frechet_distance(reference: Array, estimate: Array) -> float:
    """Frechet distance between Gaussians through two sets of vectors; 0 is best.

    |m1 - m2|^2 + Tr(C1 + C2 - 2 sqrt(C1 C2)), of means and covariances.
    reference, estimate: (vectors, dimensions), any numbers of vectors; biased upward where they are few.

    Source: Dowson and Landau 1982; Kilgour et al. 2019, "Frechet audio distance".
    Raises MetricUndefined for less than two vectors.
    """
    if min(len(reference), len(estimate)) < 2:
        raise MetricUndefined("Frechet distance: less than two windows")
    shift = reference.mean(axis=0) - estimate.mean(axis=0)
    first, second = np.cov(reference, rowvar=False), np.cov(estimate, rowvar=False)
    root_trace = np.sum(np.sqrt(np.maximum(np.linalg.eigvals(first @ second).real, 0.0)))
    return max(0.0, float(shift @ shift + np.trace(first) + np.trace(second) - 2.0 * root_trace))


def paired_statistics(reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> Sequence[float]:
    """`mel_statistics` of both, flat: what one pair of files adds to `pooled_frechet_distance`."""
    both = np.stack([mel_statistics(reference, sample_rate), mel_statistics(estimate, sample_rate)])
    return [float(value) for value in both.ravel()]


def pooled_frechet_distance(files: Sequence[Sequence[float]]) -> float:
    """Frechet distance between all windows of the references and all of the estimates, from `paired_statistics`."""
    both = [np.asarray(values).reshape(2, -1, DIMENSIONS) for values in files]
    return frechet_distance(np.concatenate([b[0] for b in both]), np.concatenate([b[1] for b in both]))
