"""CSIG, CBAK, COVL: predicted listener scores made of PESQ, LLR, WSS and segmental SNR.

Source: Hu and Loizou 2008, "Evaluation of objective quality measures for speech enhancement", doi
10.1109/TASL.2007.911054; coefficients and frames of Loizou's composite measures. WSS after Klatt 1982.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from denoise_cli.metrics.linear_prediction import prediction_error, predictor
from denoise_cli.metrics.pesq import wideband_pesq
from denoise_cli.metrics.segmental_snr import loizou_frames, segmental_snr
from denoise_cli.metrics.spectral_slope import weighted_spectral_slope
from denoise_cli.metrics.validation import at_rate, validate_pair

RATE = 16_000
ORDER = 16
KEPT = 0.95  # of the frames, those with the smallest distances
RESCALED = 1.0 / 32_768  # what the second convention multiplies samples with
SPACING = float(np.spacing(1.0))


class Composite(NamedTuple):
    """Scores from 1 to 5: of the speech, of the background, of the whole; as defined, then rescaled."""

    csig: float
    cbak: float
    covl: float
    csig_rescaled: float
    cbak_rescaled: float
    covl_rescaled: float


def composite(reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> Composite:
    """CSIG, CBAK and COVL in both conventions, higher is better.

    reference, estimate: (samples,) at `sample_rate` Hz; measured at 16 kHz with wide-band PESQ.

    The first three are Loizou's: over the 143 of the 824 noisy VoiceBank-DEMAND files that we have, their means equal
    those of his own program to 0.003; published tables' noisy row (3.35, 2.44, 2.63) is of this convention.
    Widely used Python code divides by 32768 inside WSS, also where samples are in [-1, 1] already; energies then meet
    the floor of 1e-10 and WSS halves. Scores of models in many recent tables are of that kind: 0.1 to 0.15 higher.

    Raises MissingPackage without `pesq`, MetricUndefined where PESQ does, ValueError when the lengths differ.
    """
    clean, output = validate_pair(reference, estimate)
    clean, output = at_rate(clean, sample_rate, RATE), at_rate(output, sample_rate, RATE)
    pesq = wideband_pesq(clean, output, RATE)
    likelihood = log_likelihood_ratio(clean, output, RATE)
    snr_db = segmental_snr(clean, output, RATE)
    slopes = [_trimmed_mean(weighted_spectral_slope(clean, output, RATE, scale)) for scale in (1.0, RESCALED)]
    return Composite(*(score for slope in slopes for score in _scores(pesq, likelihood, slope, snr_db)))


def log_likelihood_ratio(reference: npt.ArrayLike, estimate: npt.ArrayLike, sample_rate: int) -> float:
    """LLR: how much worse the estimate's linear predictor predicts the reference; 0 is best. Not capped at 2.

    Frames as in `loizou_frames`, order 16 (10 below 10 kHz), mean of the smallest 95 %.
    """
    clean, output = validate_pair(reference, estimate)
    order = ORDER if sample_rate >= 10_000 else 10
    clean_predictor, correlation = predictor(loizou_frames(clean + SPACING, sample_rate), order)
    output_predictor, _ = predictor(loizou_frames(output + SPACING, sample_rate), order)
    ratio = prediction_error(output_predictor, correlation) / prediction_error(clean_predictor, correlation)
    return _trimmed_mean(np.log(np.maximum(ratio, 1.0)))  # below 1 by rounding alone: the minimum is the clean one's


def _trimmed_mean(distances: npt.NDArray[np.float64]) -> float:
    kept = np.sort(distances)[: max(1, round(distances.size * KEPT))]
    return float(np.mean(kept))


def _scores(pesq: float, likelihood: float, slope: float, snr_db: float) -> tuple[float, float, float]:
    csig = 3.093 - 1.029 * likelihood + 0.603 * pesq - 0.009 * slope
    cbak = 1.634 + 0.478 * pesq - 0.007 * slope + 0.063 * snr_db
    covl = 1.594 + 0.805 * pesq - 0.512 * likelihood - 0.007 * slope
    return (min(max(csig, 1.0), 5.0), min(max(cbak, 1.0), 5.0), min(max(covl, 1.0), 5.0))
