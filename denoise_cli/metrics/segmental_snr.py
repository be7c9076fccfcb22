"""Segmental signal-to-noise ratio."""

import numpy as np
import numpy.typing as npt

from denoise_cli.metrics.framing import frames
from denoise_cli.metrics.validation import validate_pair

FRAME_SECONDS = 0.030
LOWEST_DB, HIGHEST_DB = -10.0, 35.0
TINY = 1e-10


def segmental_snr(reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> float:
    """Mean over frames of the SNR in dB, each frame limited to [-10, 35]; higher is better.

    reference, estimate: (samples,), same length and alignment. Frames of 30 ms, 75 % overlap, Hann window; all frames
    count, pauses too. Level counts: this one is not scale-invariant.

    Source: Hansen and Pellom 1998; framing and limits as in the composite measures of Hu and Loizou 2008.
    Raises MetricUndefined for a silent reference and less than a frame, ValueError when the lengths differ.
    """
    clean, output = validate_pair(reference, estimate)
    length = round(FRAME_SECONDS * sample_rate)
    window = np.hanning(length + 2)[1:-1]
    signal = frames(clean, length, length // 4) * window
    error = frames(clean - output, length, length // 4) * window
    ratio = (np.sum(signal**2, axis=1) + TINY) / (np.sum(error**2, axis=1) + TINY)
    return float(np.mean(np.clip(10.0 * np.log10(ratio), LOWEST_DB, HIGHEST_DB)))
