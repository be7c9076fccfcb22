import numpy as np
import pytest

from denoise_cli.errors import MetricUndefined
from denoise_cli.metrics.loudness import loudness_change
from tests.metrics.signals import SAMPLE_RATE, speech_like


def test_half_the_amplitude_is_six_units_less() -> None:
    assert loudness_change(speech_like(), 0.5 * speech_like(), SAMPLE_RATE) == pytest.approx(-6.0206, abs=1e-3)


def test_a_copy_has_no_change() -> None:
    assert loudness_change(speech_like(), speech_like(), SAMPLE_RATE) == 0.0


def test_too_short_and_too_quiet_have_no_value() -> None:
    with pytest.raises(MetricUndefined, match="shorter than 0.4 s"):
        loudness_change(np.ones(6_000), np.ones(6_000), SAMPLE_RATE)
    with pytest.raises(MetricUndefined, match="nothing above the gate"):
        loudness_change(speech_like(), np.zeros(48_000), SAMPLE_RATE)
