import numpy as np
import pytest

from denoise_cli.errors import MetricUndefined
from denoise_cli.metrics.si_sdr import CAP_DB, si_sdr
from tests.metrics.signals import speech_like


def test_known_value_of_an_orthogonal_error() -> None:
    clean = np.array([1.0, 1.0, -1.0, -1.0])
    error = np.array([0.1, -0.1, 0.1, -0.1])  # orthogonal to clean, 20 dB below it
    assert si_sdr(clean, clean + error) == pytest.approx(20.0, abs=1e-9)


def test_level_does_not_count() -> None:
    clean = speech_like()
    noisy = clean + np.random.default_rng(0).standard_normal(clean.size) * 0.01
    assert si_sdr(clean, 0.1 * noisy) == pytest.approx(si_sdr(clean, noisy), abs=1e-9)


def test_an_error_along_the_reference_is_a_gain_and_not_an_error() -> None:
    clean = speech_like()
    assert si_sdr(clean, 1.5 * clean) == CAP_DB


def test_an_exact_copy_gives_the_cap() -> None:
    clean = speech_like()
    assert si_sdr(clean, clean) == CAP_DB


def test_a_constant_offset_counts_because_means_are_kept() -> None:
    clean = np.array([1.0, 1.0, -1.0, -1.0])
    assert si_sdr(clean, clean + 0.1) == pytest.approx(20.0, abs=1e-9)


def test_a_silent_estimate_gives_the_lower_cap_and_not_a_nan() -> None:
    assert si_sdr(speech_like(), np.zeros(48_000)) == -CAP_DB


def test_a_silent_reference_has_no_value() -> None:
    with pytest.raises(MetricUndefined, match="reference is silent"):
        si_sdr(np.zeros(100), np.ones(100))


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="100 samples, estimate 99"):
        si_sdr(np.ones(100), np.ones(99))


def test_nan_has_no_value() -> None:
    with pytest.raises(MetricUndefined, match="NaN"):
        si_sdr(np.ones(3), np.array([1.0, np.nan, 1.0]))


def test_a_matrix_is_refused() -> None:
    with pytest.raises(ValueError, match="one-dimensional"):
        si_sdr(np.ones((2, 3)), np.ones((2, 3)))
