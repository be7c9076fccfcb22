import numpy as np
import pytest

from denoise_cli.metrics.spectral_distance import log_spectral_distance, multi_resolution_stft_error
from tests.metrics.signals import speech_like, with_noise


def test_a_copy_has_no_distance() -> None:
    assert log_spectral_distance(speech_like(), speech_like()) == 0.0
    assert multi_resolution_stft_error(speech_like(), speech_like()) == 0.0


def test_ten_decibels_are_a_log_spectral_distance_of_one() -> None:
    noise = np.random.default_rng(0).standard_normal(20_000)
    assert log_spectral_distance(noise, noise * 10**0.5) == pytest.approx(1.0, abs=1e-9)


def test_twice_the_level_has_known_parts() -> None:
    """Spectral convergence is 1 (|Y - 2Y| / |Y|), and each ln magnitude differs by ln 2."""
    noise = np.random.default_rng(0).standard_normal(20_000)
    assert multi_resolution_stft_error(noise, 2 * noise) == pytest.approx(1.0 + np.log(2), abs=1e-6)


@pytest.mark.parametrize(("snr_db", "expected"), [(20, 4.36872), (5, 6.20789)])
def test_the_stft_error_is_that_of_auraloss(snr_db: int, expected: float) -> None:
    """auraloss 0.4's MultiResolutionSTFTLoss() gave these for these signals."""
    clean = speech_like()
    assert multi_resolution_stft_error(clean, with_noise(clean, snr_db)) == pytest.approx(expected, abs=2e-3)


def test_a_short_signal_is_padded_and_not_refused() -> None:
    assert multi_resolution_stft_error(np.ones(100), np.ones(100)) == 0.0
