import numpy as np
import pytest

from denoise_cli.data.impulse_responses import direct_path, prepared_response
from tests.data.recordings import RATE, response


@pytest.mark.parametrize(("delay", "level"), [(0, 1.0), (5, 0.01), (333, -0.4)])
def test_direct_path_becomes_one_at_sample_zero(delay, level):
    prepared = prepared_response(response(1, delay, level=level).astype(np.float32), RATE)
    assert prepared[0] == 1.0
    np.testing.assert_allclose(
        prepared, prepared_response(response(1, 0, level=1.0).astype(np.float32), RATE), atol=1e-5
    )


def test_convolution_adds_no_delay():
    source = np.random.default_rng(0).standard_normal(4000)
    heard = np.convolve(source, prepared_response(response(2, 80).astype(np.float32), RATE))
    lags = np.correlate(heard[:4100], source, mode="valid")
    assert int(np.argmax(np.abs(lags))) == 0


def test_a_reflection_louder_than_the_direct_path_is_not_taken_for_it():
    taps = np.zeros(500, np.float32)
    taps[[20, 100]] = [0.6, -1.0]
    assert direct_path(taps) == 20
    prepared = prepared_response(taps, RATE)
    assert prepared[80] == pytest.approx(-1 / 0.6)


def test_the_flank_of_a_band_limited_direct_path_is_followed_to_its_top():
    pulse = np.sinc((np.arange(64) - 30.3) / 1.5).astype(np.float32)
    assert direct_path(pulse) == 30


def test_long_responses_are_cut_at_two_seconds_and_fade_out():
    long = np.ones(5 * RATE, np.float32)
    prepared = prepared_response(long, RATE)
    assert prepared.shape == (2 * RATE,)
    assert prepared[-1] == pytest.approx(0.0, abs=1e-6) and prepared[-400] == 1.0
