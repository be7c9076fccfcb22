"""How much louder or quieter the speech came out."""

import numpy as np
import numpy.typing as npt

from denoise_cli.errors import MetricUndefined
from denoise_cli.metrics.framing import frames
from denoise_cli.metrics.validation import is_silent, validate_pair

FRAME_SECONDS = 0.020
ACTIVE_DB = 30.0


def level_change(reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> float:
    """Level of the estimate above that of the reference in dB, while there is speech; 0 is best.

    reference, estimate: (samples,), same length. Speech is where 20 ms frames of the reference are at most 30 dB below
    its loudest frame; the levels are RMS over those frames of either signal. Residual noise under the speech counts as
    level, so a noisy input is above 0; a positive SNR of s dB adds 10 log10(1 + 10^(-s/10)).

    Source: ours; the idea of ITU-T P.56's active level, with the reference alone deciding what is active.
    Raises MetricUndefined for silent signals and less than a frame, ValueError when the lengths differ.
    """
    clean, output = validate_pair(reference, estimate)
    if is_silent(output):
        raise MetricUndefined("level change: the estimate is silent")
    length = round(FRAME_SECONDS * sample_rate)
    clean_power = np.mean(frames(clean, length, length) ** 2, axis=1)
    output_power = np.mean(frames(output, length, length) ** 2, axis=1)
    active = clean_power >= clean_power.max() * 10.0 ** (-ACTIVE_DB / 10.0)
    if not output_power[active].any():
        raise MetricUndefined("level change: the estimate is silent where the reference speaks")
    return 10.0 * float(np.log10(output_power[active].mean() / clean_power[active].mean()))
