"""Expected numbers are those of Loizou's own convention in public code, which equal his program's; see `composite`."""

import numpy as np
import pytest

from denoise_cli.metrics.composite import composite, log_likelihood_ratio
from tests.metrics.signals import SAMPLE_RATE, speech_like, with_noise

pytest.importorskip("pesq")


@pytest.mark.parametrize(
    ("snr_db", "expected"),
    [(25, (5.0, 4.5416, 4.8362, 5.0, 4.5909, 4.8855)), (10, (3.2059, 2.426, 2.4234, 3.3556, 2.5425, 2.5398))],
)
def test_scores_are_those_of_two_public_programs(snr_db: int, expected: tuple[float, ...]) -> None:
    """As defined: pysepm's `composite`; rescaled: CMGAN's `compute_metrics`; each run on these very signals."""
    clean = with_noise(speech_like(), 25, seed=2)
    assert composite(clean, with_noise(clean, snr_db), SAMPLE_RATE) == pytest.approx(expected, abs=2e-4)


def test_a_copy_scores_five() -> None:
    clean = speech_like()
    assert composite(clean, clean, SAMPLE_RATE)[:3] == (5.0, 5.0, 5.0)


def test_noise_has_the_ratio_of_its_prediction_errors() -> None:
    random = np.random.default_rng(0)
    white = random.standard_normal(32_000)
    coloured = np.convolve(white, [1.0, 0.9])[:32_000]
    assert log_likelihood_ratio(white, white, SAMPLE_RATE) == pytest.approx(0.0, abs=1e-9)
    assert log_likelihood_ratio(coloured, white, SAMPLE_RATE) > 0.3


def test_scores_stay_within_one_and_five() -> None:
    clean = speech_like()
    scores = composite(clean, with_noise(clean, -20), SAMPLE_RATE)
    assert min(scores) == 1.0 and max(scores) <= 5.0
