"""Segmental signal-to-noise ratio."""

import numpy as np
import numpy.typing as npt

from denoise_cli.errors import MetricUndefined
from denoise_cli.metrics.framing import frames
from denoise_cli.metrics.validation import Signal, validate_pair

FRAME_SECONDS = 0.030
LOWEST_DB, HIGHEST_DB = -10.0, 35.0


def segmental_snr(reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> float:
    """Mean over frames of the SNR in dB, each frame limited to [-10, 35]; higher is better.

    reference, estimate: (samples,), same length and alignment. All frames of `loizou_frames` count, pauses too: a frame
    where the reference is silent and the estimate is not has -10, one without any error has 35. Level counts.

    Source: Hansen and Pellom 1998; framing and limits as in the composite measures of Hu and Loizou 2008.
    Raises MetricUndefined for a silent reference and less than two frames, ValueError when the lengths differ.
    """
    clean, output = validate_pair(reference, estimate)
    signal = np.sum(loizou_frames(clean, sample_rate) ** 2, axis=1)
    error = np.sum(loizou_frames(clean - output, sample_rate) ** 2, axis=1)
    ratio = np.divide(signal, error, out=np.full_like(signal, np.inf), where=error > 0)
    lowest, highest = 10.0 ** (LOWEST_DB / 10), 10.0 ** (HIGHEST_DB / 10)
    return float(np.mean(10.0 * np.log10(np.clip(ratio, lowest, highest))))


def loizou_frames(signal: Signal, sample_rate: int) -> Signal:
    """Frames of 30 ms, 75 % overlap, Hann window without its zeros: (frames, samples).

    As in Loizou's composite measures, the last frame is left out even if it is whole.
    Raises MetricUndefined for less than two frames.
    """
    length = round(FRAME_SECONDS * sample_rate)
    hop = length // 4
    count = int((signal.size - length) / hop)
    if count < 1:
        raise MetricUndefined(f"shorter than two frames of {length} samples")
    return frames(signal, length, hop)[:count] * np.hanning(length + 2)[1:-1]
