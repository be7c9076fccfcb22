import numpy as np
import pytest

from denoise_cli.errors import MetricUndefined
from denoise_cli.metrics.segmental_snr import segmental_snr
from tests.metrics.signals import SAMPLE_RATE, speech_like

NOISE = np.random.default_rng(0).standard_normal(16_000)


def test_a_copy_gives_the_upper_limit() -> None:
    assert segmental_snr(NOISE, NOISE, SAMPLE_RATE) == 35.0


def test_known_value_of_a_scaled_copy() -> None:
    assert segmental_snr(NOISE, 0.9 * NOISE, SAMPLE_RATE) == pytest.approx(20.0, abs=1e-6)  # the error is 0.1 of it


def test_frames_are_limited_one_by_one_before_the_mean() -> None:
    estimate = NOISE.copy()
    estimate[8_000:] *= 101.0  # -40 dB in the second half, limited to -10; 35 in the first
    # 63 of 129 frames lie before the border; the one that touches it first has -3.7 dB
    assert segmental_snr(NOISE, estimate, SAMPLE_RATE) == pytest.approx((63 * 35 - 3.7 - 65 * 10) / 129, abs=0.01)


def test_less_than_a_frame_has_no_value() -> None:
    with pytest.raises(MetricUndefined, match="480 samples"):
        segmental_snr(NOISE[:479], NOISE[:479], SAMPLE_RATE)


def test_silence_in_both_is_no_division_by_zero() -> None:
    clean = np.concatenate([speech_like(0.5), np.zeros(8_000)])
    assert np.isfinite(segmental_snr(clean, clean * 0.5, SAMPLE_RATE))
