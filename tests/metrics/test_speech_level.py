import numpy as np
import pytest

from denoise_cli.errors import MetricUndefined
from denoise_cli.metrics.speech_level import level_change
from tests.metrics.signals import SAMPLE_RATE, speech_like


def test_a_copy_has_no_change() -> None:
    assert level_change(speech_like(), speech_like(), SAMPLE_RATE) == pytest.approx(0.0, abs=1e-9)


def test_half_the_amplitude_is_six_decibels_less() -> None:
    assert level_change(speech_like(), 0.5 * speech_like(), SAMPLE_RATE) == pytest.approx(-6.0206, abs=1e-3)


def test_removed_pauses_do_not_count() -> None:
    tone = 0.1 * np.sin(np.arange(16_000) * 0.3)
    hiss = 1e-3 * np.random.default_rng(0).standard_normal(16_000)  # 37 dB below the tone
    clean = np.concatenate([tone, hiss])
    gated = np.concatenate([tone, 0.0 * hiss])
    assert level_change(clean, gated, SAMPLE_RATE) == pytest.approx(0.0, abs=1e-6)


def test_swallowed_speech_counts() -> None:
    clean = np.tile(0.1 * np.sin(np.arange(16_000) * 0.3), 2)
    estimate = clean.copy()
    estimate[16_000:] = 0.0
    assert level_change(clean, estimate, SAMPLE_RATE) == pytest.approx(-3.01, abs=0.01)


def test_a_silent_estimate_has_no_value() -> None:
    with pytest.raises(MetricUndefined, match="silent"):
        level_change(speech_like(), np.zeros(48_000), SAMPLE_RATE)
