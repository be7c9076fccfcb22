import numpy as np
import pytest

from denoise_cli.errors import MetricUndefined
from denoise_cli.metrics.gammatone import bandwidths, centre_frequencies, second_order_sections
from denoise_cli.metrics.srmr import srmr
from tests.metrics.signals import SAMPLE_RATE, speech_like, with_noise

signal = pytest.importorskip("scipy.signal")


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        (speech_like(), 0.577483664),
        (with_noise(speech_like(), 20), 0.568747396),
        (with_noise(speech_like(), 5), 0.507004567),
    ],
)
def test_values_are_those_of_srmrpy(samples: np.ndarray, expected: float) -> None:
    """SRMRpy's srmr(x, 16000, fast=False) gave these for these signals."""
    assert srmr(samples, SAMPLE_RATE) == pytest.approx(expected, abs=1e-6)


def test_a_room_lowers_it() -> None:
    random = np.random.default_rng(0)
    noise = random.standard_normal(48_000)
    dry = noise * np.clip(np.sin(2 * np.pi * 5 * np.arange(48_000) / SAMPLE_RATE), 0, 1) ** 2
    decay = random.standard_normal(8_000) * np.exp(-np.arange(8_000) / 1_500)
    assert srmr(np.convolve(dry, decay)[:48_000], SAMPLE_RATE) < 0.7 * srmr(dry, SAMPLE_RATE)


def test_level_does_not_count() -> None:
    assert srmr(0.1 * speech_like(), SAMPLE_RATE) == pytest.approx(srmr(speech_like(), SAMPLE_RATE), rel=1e-9)


def test_silence_and_too_short_have_no_value() -> None:
    with pytest.raises(MetricUndefined, match="silent"):
        srmr(np.zeros(16_000), SAMPLE_RATE)
    with pytest.raises(MetricUndefined, match="shorter"):
        srmr(np.ones(4_000), SAMPLE_RATE)


def test_gammatone_filters_have_gain_one_at_their_centre_and_the_width_of_the_ear() -> None:
    centres = centre_frequencies(23, 125.0, SAMPLE_RATE)
    assert centres[-1] == pytest.approx(125.0) and centres[0] < 8_000
    for centre in centres[5:]:
        sections = second_order_sections(centre, SAMPLE_RATE)
        _, response = signal.sosfreqz(sections, [centre, centre + 2 * bandwidths(centre)], fs=SAMPLE_RATE)
        assert abs(response[0]) == pytest.approx(1.0)
        assert abs(response[1]) == pytest.approx((1 + (2 / 1.019) ** 2) ** -2, rel=0.2)
