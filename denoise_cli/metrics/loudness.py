"""How much louder or quieter a whole recording came out, by the meter of broadcasting."""

import numpy as np
import numpy.typing as npt

from denoise_cli.errors import MetricUndefined
from denoise_cli.metrics.validation import Signal, validate_pair

SHORTEST_SECONDS = 0.4  # one gating block


def loudness_change(reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> float:
    """Integrated loudness of the estimate minus that of the reference in LU; 0 is best.

    reference, estimate: (samples,) at `sample_rate` Hz. Gated at -70 LUFS and 10 LU below the mean: pauses count
    little; residual noise that is as loud as speech counts fully.

    Source: ITU-R BS.1770-4, by the package pyloudnorm.
    Raises MetricUndefined for less than 0.4 s and for signals below the absolute gate, ValueError when lengths differ.
    """
    clean, output = validate_pair(reference, estimate)
    if clean.size < SHORTEST_SECONDS * sample_rate:
        raise MetricUndefined(f"loudness: shorter than {SHORTEST_SECONDS} s")
    return _integrated(output, sample_rate) - _integrated(clean, sample_rate)


def _integrated(signal: Signal, sample_rate: int) -> float:
    from pyloudnorm import Meter  # here: it takes most of a second to import

    with np.errstate(divide="ignore"):
        loudness = float(Meter(sample_rate).integrated_loudness(signal))
    if not np.isfinite(loudness):
        raise MetricUndefined("loudness: nothing above the gate of -70 LUFS")
    return loudness
