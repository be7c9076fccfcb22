"""Short-time objective intelligibility, by the package `pystoi` (extra `metrics`)."""

import warnings

import numpy.typing as npt

from denoise_cli.errors import MetricUndefined, MissingPackage
from denoise_cli.metrics.validation import validate_pair


def stoi(reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> float:
    """STOI, about 0 to 1, higher is better; frames where the reference is 40 dB below its loudest are left out.

    reference, estimate: (samples,) at `sample_rate` Hz; measured at 10 kHz.

    Source: Taal et al. 2011, doi 10.1109/TASL.2011.2114881.
    Raises MissingPackage without `pystoi`; MetricUndefined for a silent reference or less than 30 frames (0.4 s) of
    speech in it; ValueError when the lengths differ.
    """
    return _stoi(reference, estimate, sample_rate, extended=False)


def extended_stoi(reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> float:
    """ESTOI, about 0 to 1, higher is better; input and errors as `stoi`.

    Source: Jensen and Taal 2016, doi 10.1109/TASLP.2016.2585878.
    """
    return _stoi(reference, estimate, sample_rate, extended=True)


def _stoi(reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int, extended: bool) -> float:
    clean, output = validate_pair(reference, estimate)
    try:
        from pystoi import stoi as pystoi
    except ImportError as error:
        raise MissingPackage("STOI needs the package pystoi: pip install 'hifidenoise[metrics]'") from error
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        try:
            return float(pystoi(clean, output, sample_rate, extended=extended))
        except RuntimeWarning as warning:  # pystoi warns and returns 1e-5, which would enter the mean as a score
            raise MetricUndefined("STOI: less than 0.4 s of speech in the reference") from warning
        except ValueError as error:  # no frame at all is left
            raise MetricUndefined("STOI: less than 0.4 s of speech in the reference") from error
