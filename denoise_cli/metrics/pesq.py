"""PESQ, wide and narrow band, by the package `pesq` (extra `metrics`).

The package wraps the reference code of ITU-T P.862 with the mapping of P.862.1 (narrow band) and P.862.2 (wide band).
It lacks Corrigendum 2 of P.862.2 (2018), as nearly all published scores do (arXiv 2505.19760): compare with those only.
It normalises by the larger peak of the two signals; PESQ itself aligns level and time, so neither is measured by it.
"""

import numpy as np
import numpy.typing as npt

from denoise_cli.errors import MetricUndefined, MissingPackage
from denoise_cli.metrics.validation import Signal, at_rate, is_silent, validate_pair

LONGEST_SECONDS = 120.0  # the reference code keeps 50 utterances in fixed arrays, and writes past them in longer files


def wideband_pesq(reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> float:
    """Wide-band MOS-LQO, 1.04 to 4.64, higher is better.

    reference, estimate: (samples,) at `sample_rate` Hz; other rates than 16 kHz are resampled to it.

    Source: ITU-T P.862.2.
    Raises MissingPackage without `pesq`; MetricUndefined for a silent signal, no utterance found, less than a quarter
    second, or more than LONGEST_SECONDS; ValueError when the lengths differ.
    """
    return _pesq(reference, estimate, sample_rate, rate=16_000, mode="wb")


def narrowband_pesq(reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> float:
    """Narrow-band MOS-LQO, 1.02 to 4.56, higher is better. Input and errors as `wideband_pesq`.

    Measured at 16 kHz, as most published tables are; signals at 8 kHz are measured as they are.

    Source: ITU-T P.862 and P.862.1.
    """
    return _pesq(reference, estimate, sample_rate, rate=8_000 if sample_rate == 8_000 else 16_000, mode="nb")


def _pesq(reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int, rate: int, mode: str) -> float:
    clean, output = validate_pair(reference, estimate)
    if is_silent(output):
        raise MetricUndefined("PESQ: the estimate is silent")
    if clean.size > LONGEST_SECONDS * sample_rate:
        raise MetricUndefined(f"PESQ: longer than {LONGEST_SECONDS:g} s; cut the recording into sentences")
    return _reference_code(at_rate(clean, sample_rate, rate), at_rate(output, sample_rate, rate), rate, mode)


def _reference_code(clean: Signal, output: Signal, rate: int, mode: str) -> float:
    try:
        from pesq import PesqError, pesq
    except ImportError as error:
        raise MissingPackage("PESQ needs the package pesq: pip install 'hifidenoise[metrics]'") from error
    score = pesq(rate, clean, output, mode, on_error=PesqError.RETURN_VALUES)
    if score == PesqError.NO_UTTERANCES_DETECTED:
        raise MetricUndefined("PESQ: no utterance found")
    if score < 0:  # the codes of PesqError are negative, MOS values are not
        raise MetricUndefined(f"PESQ: the reference code failed with {score} (shorter than a quarter second?)")
    if not np.isfinite(score):
        raise MetricUndefined("PESQ: the reference code returned no number")
    return float(score)
