import numpy as np
import pytest

from denoise_cli.errors import MetricUndefined
from denoise_cli.metrics.pitch import log2_pitch_error
from tests.metrics.signals import SAMPLE_RATE, with_noise

TIME = np.arange(SAMPLE_RATE) / SAMPLE_RATE


def tone(pitch_hz: float) -> np.ndarray:
    return np.asarray(0.1 * sum(np.sin(2 * np.pi * pitch_hz * k * TIME) / k for k in range(1, 8)))


@pytest.mark.parametrize("pitch_hz", [80.0, 123.4, 220.0, 400.0])
def test_a_semitone_is_a_semitone(pitch_hz: float) -> None:
    error = log2_pitch_error(tone(pitch_hz), tone(pitch_hz * 2 ** (1 / 12)), SAMPLE_RATE)
    assert error.semitones == pytest.approx(1.0, abs=0.02)
    assert error.voiced_share == 1.0


def test_a_copy_has_no_error() -> None:
    assert log2_pitch_error(tone(150), tone(150), SAMPLE_RATE).semitones == 0.0


def test_level_and_a_little_noise_do_not_count() -> None:
    assert log2_pitch_error(tone(150), 0.1 * with_noise(tone(150), 20), SAMPLE_RATE).semitones < 0.1


def test_only_voiced_frames_of_the_reference_count() -> None:
    hiss = 0.01 * np.random.default_rng(0).standard_normal(SAMPLE_RATE)
    clean = np.concatenate([tone(150), hiss])
    error = log2_pitch_error(clean, np.concatenate([tone(150), tone(300)]), SAMPLE_RATE)
    assert error.semitones < 0.5
    assert error.voiced_share == pytest.approx(0.5, abs=0.05)


def test_a_reference_without_pitch_has_no_value() -> None:
    noise = np.random.default_rng(0).standard_normal(SAMPLE_RATE)
    with pytest.raises(MetricUndefined, match="no voiced frame"):
        log2_pitch_error(noise, noise, SAMPLE_RATE)
