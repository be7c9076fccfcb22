import sys

import numpy as np
import pytest

from denoise_cli.errors import MetricUndefined, MissingPackage
from denoise_cli.metrics.stoi import extended_stoi, stoi
from tests.metrics.signals import SAMPLE_RATE, speech_like, with_noise


@pytest.fixture(autouse=True)
def _needs_pystoi(request: pytest.FixtureRequest) -> None:
    if "missing" not in request.node.name:
        pytest.importorskip("pystoi")


def test_a_copy_scores_one() -> None:
    clean = speech_like()
    assert stoi(clean, clean, SAMPLE_RATE) == pytest.approx(1.0, abs=1e-6)
    assert extended_stoi(clean, clean, SAMPLE_RATE) == pytest.approx(1.0, abs=1e-6)


def test_more_noise_scores_lower() -> None:
    clean = speech_like()
    for metric in (stoi, extended_stoi):
        scores = [metric(clean, with_noise(clean, snr_db), SAMPLE_RATE) for snr_db in (20, 5, -10)]
        assert scores == sorted(scores, reverse=True)


def test_level_does_not_count() -> None:
    clean = speech_like()
    noisy = with_noise(clean, 5)
    assert stoi(clean, 0.1 * noisy, SAMPLE_RATE) == pytest.approx(stoi(clean, noisy, SAMPLE_RATE), abs=1e-6)


def test_a_silent_estimate_scores_zero() -> None:
    assert stoi(speech_like(), np.zeros(48_000), SAMPLE_RATE) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("samples", [100, 3_000, 6_000])
def test_a_short_file_is_a_gap_and_not_the_1e_5_of_the_package(samples: int) -> None:
    clean = speech_like()[:samples]
    with pytest.raises(MetricUndefined, match="0.4 s"):
        stoi(clean, clean, SAMPLE_RATE)


def test_a_missing_package_is_said_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pystoi", None)
    with pytest.raises(MissingPackage, match=r"hifidenoise\[metrics\]"):
        stoi(speech_like(), speech_like(), SAMPLE_RATE)
