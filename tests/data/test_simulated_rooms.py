import numpy as np
import pytest

from denoise_cli.data.simulated_rooms import simulated_room

RATE = 16_000


def decay_time(response, low_hz, high_hz):
    """RT60 of a band, in seconds, from the energy decay curve between -5 and -35 dB (Schroeder 1965)."""
    padded = np.pad(response.astype(np.float64)[100:], (0, RATE))
    spectrum = np.fft.rfft(padded)
    frequencies = np.fft.rfftfreq(padded.size, 1 / RATE)
    spectrum[(frequencies < low_hz) | (frequencies > high_hz)] = 0
    energy = np.cumsum(np.fft.irfft(spectrum)[: response.size - 100][::-1] ** 2)[::-1]
    level = 10 * np.log10(energy / energy[0])
    inside = np.flatnonzero((level < -5) & (level > -35))
    slope = np.polyfit(inside / RATE, level[inside], 1)[0]
    return -60 / slope


@pytest.mark.parametrize("rt60", [0.2, 0.5, 1.2])
def test_middle_band_decays_in_the_time_asked_for(rt60):
    times = [decay_time(simulated_room(np.random.default_rng(s), rt60, -3.0, RATE), 450, 1200) for s in range(12)]
    assert np.median(times) == pytest.approx(rt60, rel=0.15)


def test_highs_decay_faster_than_lows():
    for seed in range(6):
        response = simulated_room(np.random.default_rng(seed), 0.8, 0.0, RATE)
        assert decay_time(response, 5000, 7900) < 0.97 * decay_time(response, 100, 400)


@pytest.mark.parametrize("drr_db", [-6.0, 0.0, 18.0])
def test_direct_path_is_one_at_sample_zero_with_the_energy_ratio_asked_for(drr_db):
    for seed in range(8):
        response = simulated_room(np.random.default_rng(seed), 0.3, drr_db, RATE).astype(np.float64)
        assert response[0] == 1.0
        assert not response[1:40].any()
        assert -10 * np.log10(np.sum(response[1:] ** 2)) == pytest.approx(drr_db, abs=1e-3)


@pytest.mark.parametrize("rate", [8_000, 16_000, 48_000])
def test_same_seed_gives_the_same_room_and_another_seed_another(rate):
    first, second, other = (simulated_room(np.random.default_rng(seed), 0.06, 3.0, rate) for seed in (1, 1, 2))
    assert first.dtype == np.float32 and np.isfinite(first).all() and first.size == np.ceil(0.066 * rate)
    np.testing.assert_array_equal(first, second)
    assert np.abs(first[50:] - other[50:]).max() > 1e-3


def test_a_room_without_decay_is_refused():
    with pytest.raises(ValueError):
        simulated_room(np.random.default_rng(0), 0.0, 3.0, RATE)
