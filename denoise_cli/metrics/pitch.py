"""Error of the pitch: whether a voice still sings the same tune."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from denoise_cli.errors import MetricUndefined
from denoise_cli.metrics.framing import frames
from denoise_cli.metrics.validation import Signal, at_rate, validate_pair

RATE = 16_000
HOP = RATE // 100
LOWEST_HZ, HIGHEST_HZ = 60.0, 500.0
LONGEST, SHORTEST = round(RATE / LOWEST_HZ), round(RATE / HIGHEST_HZ)
WINDOW = RATE // 40
THRESHOLD = 0.15  # of YIN's normalised difference: below it a frame of the reference is voiced
QUIET_DB = 40.0
Array = npt.NDArray[np.float64]


class PitchError(NamedTuple):
    """Mean absolute error in semitones, and the share of frames of 10 ms that it is of."""

    semitones: float
    voiced_share: float


def log2_pitch_error(reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> PitchError:
    """Mean of 12 |log2 f - log2 f_hat| over the frames in which the reference is voiced; 0 is best.

    reference, estimate: (samples,) at `sample_rate` Hz; measured at 16 kHz, 60-500 Hz, every 10 ms. Both pitches are by
    YIN, without smoothing over time; a voiced frame has a normalised difference below 0.15 and lies at most 40 dB below
    the loudest. An estimate that is no longer periodic there has a random pitch, and a large error.

    Source: de Cheveigne and Kawahara 2002, doi 10.1121/1.1458024; the error is the one vocoders are compared by, there
    with CREPE.
    Raises MetricUndefined for a silent or nowhere voiced reference, ValueError when the lengths differ.
    """
    clean, output = validate_pair(reference, estimate)
    clean, output = at_rate(clean, sample_rate, RATE), at_rate(output, sample_rate, RATE)
    clean_hz, depth, power = _yin(clean)
    voiced = (depth < THRESHOLD) & (power > power.max() * 10.0 ** (-QUIET_DB / 10))
    if not voiced.any():
        raise MetricUndefined("pitch: no voiced frame in the reference")
    output_hz, _, _ = _yin(output)
    error = 12.0 * np.abs(np.log2(clean_hz[voiced] / output_hz[voiced]))
    return PitchError(float(error.mean()), float(voiced.mean()))


def _yin(signal: Signal) -> tuple[Array, Array, Array]:
    """Pitch in Hz, depth of the normalised difference there, and power, of each frame: three of (frames,)."""
    framed = frames(signal, WINDOW + LONGEST + 1, HOP)
    difference = _difference(framed)
    lags = np.arange(1, LONGEST + 2)
    mean = np.cumsum(difference[:, 1:], axis=1) / lags
    normalised = np.divide(difference[:, 1:], mean, out=np.ones_like(mean), where=mean > 1e-12)  # lag 1 first
    chosen = _first_dip(normalised[:, SHORTEST - 1 :]) + SHORTEST - 1
    rows = np.arange(len(normalised))
    left, middle, right = (normalised[rows, np.clip(chosen + k, 0, LONGEST)] for k in (-1, 0, 1))
    bend = left - 2 * middle + right
    shift = np.divide(left - right, 2 * bend, out=np.zeros_like(bend), where=bend > 1e-12)
    pitch_hz = RATE / (lags[chosen] + np.clip(shift, -0.5, 0.5))
    return pitch_hz, middle, np.mean(framed[:, :WINDOW] ** 2, axis=1)


def _difference(framed: Array) -> Array:
    """Sum of squared differences to the signal 0 ... LONGEST + 1 samples later: (frames, LONGEST + 2)."""
    n_fft = 2 ** int(np.ceil(np.log2(framed.shape[1] + WINDOW)))
    head = np.fft.rfft(framed[:, :WINDOW], n_fft)
    products = np.fft.irfft(np.fft.rfft(framed, n_fft) * head.conj(), n_fft)[:, : LONGEST + 2]
    energy = np.cumsum(np.pad(framed**2, ((0, 0), (1, 0))), axis=1)
    energies = energy[:, WINDOW : WINDOW + LONGEST + 2] - energy[:, : LONGEST + 2]
    return np.asarray(np.maximum(energies[:, :1] + energies - 2 * products, 0.0))


def _first_dip(normalised: Array) -> npt.NDArray[np.intp]:
    """The first lag whose dip is below the threshold, followed down to its bottom; else the deepest."""
    below = normalised < THRESHOLD
    falling = np.pad(np.diff(normalised, axis=1) < 0, ((0, 0), (0, 1)))
    bottom = below & ~falling
    return np.asarray(np.where(bottom.any(axis=1), bottom.argmax(axis=1), normalised.argmin(axis=1)))
