"""What every metric asks of its input, checked before anything is computed."""

import numpy as np
import numpy.typing as npt
import soxr

from denoise_cli.errors import MetricUndefined

Signal = npt.NDArray[np.float64]
SILENCE_RMS = 1e-7  # -140 dBFS: below the least significant bit of 16 and of 24 bits


def validate(waveform: npt.ArrayLike, name: str = "estimate") -> Signal:
    """A mono signal as float64: (samples,), full scale is 1.

    Raises MetricUndefined for no samples and for NaN or infinity, ValueError for another number of dimensions.
    """
    signal = np.asarray(waveform, dtype=np.float64)
    if signal.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional, not of shape {signal.shape}")
    if signal.size == 0:
        raise MetricUndefined(f"the {name} has no samples")
    if not np.isfinite(signal).all():
        raise MetricUndefined(f"the {name} has NaN or infinite samples")
    return signal


def validate_pair(reference: npt.ArrayLike, estimate: npt.ArrayLike) -> tuple[Signal, Signal]:
    """Reference and estimate as float64, both (samples,).

    Raises MetricUndefined as `validate`, and for a silent reference, against which nothing can be measured;
    ValueError when the lengths differ: the caller decides what to do about that, not the metric.
    """
    clean, output = validate(reference, "reference"), validate(estimate)
    if clean.shape != output.shape:
        raise ValueError(f"reference has {clean.size} samples, estimate {output.size}")
    if is_silent(clean):
        raise MetricUndefined("the reference is silent")
    return clean, output


def is_silent(signal: Signal) -> bool:
    """Whether the RMS over the whole signal is below `SILENCE_RMS`."""
    return float(np.sqrt(np.mean(signal**2))) < SILENCE_RMS


def at_rate(signal: Signal, sample_rate: int, wanted_rate: int) -> Signal:
    """The signal at `wanted_rate` Hz; unchanged when it has that rate, else resampled by soxr at very high quality."""
    if sample_rate == wanted_rate:
        return signal
    return np.asarray(soxr.resample(signal, sample_rate, wanted_rate, quality="VHQ"), dtype=np.float64)
