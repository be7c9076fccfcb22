import sys

import numpy as np
import pytest

from denoise_cli.errors import MetricUndefined, MissingPackage
from denoise_cli.metrics import dnsmos as module
from denoise_cli.metrics.dnsmos import RATE, WINDOW, _windows, dnsmos
from tests.metrics.signals import SAMPLE_RATE, Signal, speech_like, with_noise


def test_noise_lowers_the_background_score() -> None:
    pytest.importorskip("speechmos")
    clean = speech_like(9.5)
    quiet, loud = dnsmos(clean, SAMPLE_RATE), dnsmos(with_noise(clean, 0), SAMPLE_RATE)
    assert loud.bak < quiet.bak - 0.5
    assert all(1.0 <= value <= 5.0 for value in (*quiet, *loud))


@pytest.mark.parametrize(
    ("signal", "expected"),
    [
        (0.05 * np.random.default_rng(0).standard_normal(10 * RATE), (1.1838612, 1.1059771, 1.1061447)),
        (speech_like(9.5), (3.1111776, 3.8550018, 2.8039320)),
        (speech_like(3.0), (3.0175803, 3.6047800, 2.5841271)),
    ],
)
def test_scores_are_those_of_the_package_itself(signal: Signal, expected: tuple[float, float, float]) -> None:
    """The expected numbers are what speechmos.dnsmos.run of speechmos 0.0.1.1 returned for these signals."""
    pytest.importorskip("speechmos")
    assert dnsmos(signal, RATE) == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize(
    ("seconds", "windows"),
    [(3.0, 3), (9.01, 1), (10.9, 1), (11.0, 2), (12.5, 3)],  # three seconds become twelve: repeated until 9.01 fit
)
def test_windows_are_those_of_the_original(seconds: float, windows: int) -> None:
    found = _windows(np.zeros(round(seconds * RATE)))
    assert [window.size for window in found] == [WINDOW] * windows


def test_a_silent_estimate_has_no_value() -> None:
    with pytest.raises(MetricUndefined, match="silent"):
        dnsmos(np.zeros(RATE), RATE)


def test_a_missing_package_is_said_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    module._session.cache_clear()
    with pytest.raises(MissingPackage, match=r"hifidenoise\[metrics\]"):
        dnsmos(speech_like(), SAMPLE_RATE)
    module._session.cache_clear()


def test_librosa_is_not_imported() -> None:
    pytest.importorskip("speechmos")
    dnsmos(speech_like(9.5), SAMPLE_RATE)
    assert "librosa" not in sys.modules
