import sys

import numpy as np
import pytest

from denoise_cli.errors import MetricUndefined, MissingPackage
from denoise_cli.metrics.pesq import narrowband_pesq, wideband_pesq
from tests.metrics.signals import SAMPLE_RATE, speech_like, with_noise


@pytest.fixture(autouse=True)
def _needs_pesq(request: pytest.FixtureRequest) -> None:
    if "missing" not in request.node.name:
        pytest.importorskip("pesq")


def test_a_copy_scores_the_top_of_the_wideband_scale() -> None:
    clean = speech_like()
    assert wideband_pesq(clean, clean, SAMPLE_RATE) == pytest.approx(4.644, abs=1e-3)


def test_a_copy_scores_the_top_of_the_narrowband_scale() -> None:
    clean = speech_like()
    assert narrowband_pesq(clean, clean, SAMPLE_RATE) == pytest.approx(4.549, abs=1e-3)


def test_more_noise_scores_lower() -> None:
    clean = speech_like()
    scores = [wideband_pesq(clean, with_noise(clean, snr_db), SAMPLE_RATE) for snr_db in (30, 15, 0)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > scores[-1] + 0.5


def test_level_does_not_count() -> None:
    clean = speech_like()
    noisy = with_noise(clean, 15)
    expected = wideband_pesq(clean, noisy, SAMPLE_RATE)
    assert wideband_pesq(clean, 0.25 * noisy, SAMPLE_RATE) == pytest.approx(expected, abs=0.02)


def test_other_rates_are_resampled() -> None:
    clean = speech_like(sample_rate=48_000)
    assert wideband_pesq(clean, clean, 48_000) == pytest.approx(4.644, abs=1e-3)


def test_a_silent_estimate_has_no_value() -> None:
    with pytest.raises(MetricUndefined, match="silent"):
        wideband_pesq(speech_like(), np.zeros(48_000), SAMPLE_RATE)


def test_too_short_has_no_value() -> None:
    clean = speech_like()[:3_000]
    with pytest.raises(MetricUndefined, match="-6"):
        wideband_pesq(clean, clean, SAMPLE_RATE)


def test_too_long_for_the_fixed_arrays_of_the_reference_code_has_no_value() -> None:
    long = np.tile(speech_like(), 41)
    with pytest.raises(MetricUndefined, match="longer than 120 s"):
        wideband_pesq(long, long, SAMPLE_RATE)


def test_a_missing_package_is_said_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pesq", None)
    with pytest.raises(MissingPackage, match=r"hifidenoise\[metrics\]"):
        wideband_pesq(speech_like(), speech_like(), SAMPLE_RATE)
