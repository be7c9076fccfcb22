"""Linear prediction of many frames at once."""

import numpy as np
import numpy.typing as npt

Frames = npt.NDArray[np.float64]


def predictor(frames: Frames, order: int) -> tuple[Frames, Frames]:
    """Prediction-error filters by the autocorrelation method, and the autocorrelations.

    frames: (frames, samples). Returns ((frames, order + 1) with a leading 1, (frames, order + 1)). A frame of zeros has
    the filter (1, 0, ...).

    Source: Levinson-Durbin recursion, Makhoul 1975, "Linear prediction: a tutorial review".
    """
    length = frames.shape[1]
    correlation = np.stack([np.sum(frames[:, : length - lag] * frames[:, lag:], axis=1) for lag in range(order + 1)], 1)
    filters = np.zeros_like(correlation)
    filters[:, 0] = 1.0
    error = correlation[:, 0].copy()
    for step in range(1, order + 1):
        numerator = np.sum(filters[:, :step] * correlation[:, step:0:-1], axis=1)
        reflection = np.divide(-numerator, error, out=np.zeros_like(error), where=error > 0)
        filters[:, 1 : step + 1] += reflection[:, None] * filters[:, step - 1 :: -1][:, :step]
        error *= 1.0 - reflection**2
    return filters, correlation


def prediction_error(filters: Frames, correlation: Frames) -> npt.NDArray[np.float64]:
    """Energy that is left when each filter runs over the signal of that autocorrelation; at least a tiny number.

    filters, correlation: (frames, order + 1). Returns (frames,).
    """
    order = filters.shape[1]
    lags = np.abs(np.arange(order)[:, None] - np.arange(order))
    energy = np.einsum("fi,fij,fj->f", filters, correlation[:, lags], filters)
    return np.asarray(np.maximum(energy, 1e-30))
