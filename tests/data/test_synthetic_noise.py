import numpy as np
import pytest

from denoise_cli.data.synthetic_noise import (
    LEVEL,
    babble,
    calls,
    clicks,
    coloured_noise,
    grains,
    mains_hum,
    rumble,
    texture,
)

RATE = 16_000


def octave_levels_db(signal):
    power = np.abs(np.fft.rfft(signal.astype(np.float64))) ** 2
    frequencies = np.fft.rfftfreq(signal.size, 1 / RATE)
    edges = [200 * 2**octave for octave in range(6)]
    return [
        10 * np.log10(power[(frequencies >= low) & (frequencies < high)].mean())
        for low, high in zip(edges, edges[1:], strict=False)
    ]


@pytest.mark.parametrize("slope", [-12.0, -6.0, -3.0, 0.0, 3.0])
def test_coloured_noise_falls_by_its_slope_in_every_octave(slope):
    noise = coloured_noise(np.random.default_rng(1), 10 * RATE, slope, RATE)
    np.testing.assert_allclose(np.diff(octave_levels_db(noise)), slope, atol=0.7)


def test_hum_lies_on_the_harmonics_of_the_mains():
    for seed in range(5):
        hum = mains_hum(np.random.default_rng(seed), 4 * RATE, RATE).astype(np.float64)
        power = np.abs(np.fft.rfft(hum * np.hanning(hum.size))) ** 2
        frequencies = np.fft.rfftfreq(hum.size, 1 / RATE)
        mains = 50.0 if power[np.abs(frequencies - 50) < 2].sum() > power[np.abs(frequencies - 60) < 2].sum() else 60.0
        harmonic = np.maximum(np.round(frequencies / mains), 1)
        near = np.abs(frequencies - harmonic * mains) < 1.0 + 0.3 * harmonic
        assert power[near].sum() > 0.98 * power.sum()


def test_clicks_are_peaky_and_never_absent():
    for seed in range(20):
        signal = clicks(np.random.default_rng(seed), RATE // 2, RATE).astype(np.float64)
        assert np.sqrt(np.mean(signal**2)) == pytest.approx(LEVEL, rel=1e-3)
        assert np.abs(signal).max() > 6 * LEVEL


def test_babble_gives_every_voice_a_like_share():
    t = np.arange(3 * RATE) / RATE
    voices = [
        (level * np.sin(2 * np.pi * hertz * t[:length])).astype(np.float32)
        for hertz, level, length in [(300, 0.5, RATE), (900, 0.001, 2 * RATE), (2000, 0.1, 3 * RATE)]
    ]
    mixture = babble([*voices, np.zeros(100, np.float32)], 3 * RATE, np.random.default_rng(3))
    power = np.abs(np.fft.rfft(mixture)) ** 2
    frequencies = np.fft.rfftfreq(mixture.size, 1 / RATE)
    shares = [10 * np.log10(power[np.abs(frequencies - hertz) < 20].sum()) for hertz in (300, 900, 2000)]
    assert max(shares) - min(shares) < 6.5


def test_babble_of_silence_is_silence():
    assert not babble([np.zeros(50, np.float32)], 200, np.random.default_rng(0)).any()


@pytest.mark.parametrize("samples", [1, 2, 777, 16_000])
def test_every_noise_has_the_length_type_and_level_asked_for(samples):
    voice = np.random.default_rng(5).standard_normal(300).astype(np.float32)
    for make in (
        lambda rng: coloured_noise(rng, samples, -3.0, RATE),
        lambda rng: mains_hum(rng, samples, RATE),
        lambda rng: clicks(rng, samples, RATE),
        lambda rng: texture(rng, samples, RATE),
        lambda rng: calls(rng, samples, RATE),
        lambda rng: babble([voice], samples, rng),
    ):
        signal = make(np.random.default_rng(4))
        assert signal.shape == (samples,) and signal.dtype == np.float32 and np.isfinite(signal).all()
        if samples > 1:
            assert np.sqrt(np.mean(signal.astype(np.float64) ** 2)) == pytest.approx(LEVEL, rel=1e-3)
        np.testing.assert_array_equal(signal, make(np.random.default_rng(4)))


def test_no_samples_and_no_voices_are_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError):
        coloured_noise(rng, 0, 0.0, RATE)
    with pytest.raises(ValueError):
        babble([], 100, rng)


def test_rumble_lies_below_the_voice() -> None:
    for seed in range(5):
        signal = rumble(np.random.default_rng(seed), 32_000, 16_000).astype(np.float64)
        power = np.abs(np.fft.rfft(signal * np.hanning(32_000))) ** 2
        assert power[: 2 * 150].sum() > 0.98 * power.sum()
        assert np.sqrt(np.mean(signal**2)) == pytest.approx(LEVEL, rel=1e-3)


def test_calls_are_loud_and_silent_by_turns_and_tonal() -> None:
    shares, peaks = [], []
    for seed in range(30):
        signal = calls(np.random.default_rng(seed), 3 * RATE, RATE).astype(np.float64)
        levels = np.square(signal.reshape(-1, 160)).mean(axis=1)
        shares.append((levels < 1e-4 * levels.max()).mean())
        power = np.square(np.abs(np.fft.rfft(signal[: 2 * RATE].reshape(-1, 800) * np.hanning(800))))
        peaks.append(power.max(axis=1).sum() / power.sum())
    assert 0.1 < np.mean(shares) < 0.8
    assert np.median(peaks) > 0.1  # of white noise: 0.02


def test_calls_are_higher_than_voices() -> None:
    """Voices of formant filters alone, and shouts, were taken for calls when calls were as low as they are."""
    for seed in range(30):
        signal = calls(np.random.default_rng(seed), 3 * RATE, RATE).astype(np.float64)
        power = np.square(np.abs(np.fft.rfft(signal * np.hanning(signal.size))))
        assert power[: 3 * 500].sum() < 0.05 * power.sum()


def test_textures_differ_in_colour_and_beat() -> None:
    centres, depths = [], []
    for seed in range(30):
        signal = texture(np.random.default_rng(seed), 4 * RATE, RATE).astype(np.float64)
        power = np.square(np.abs(np.fft.rfft(signal)))
        centres.append(np.log2((power * np.arange(power.size)).sum() / power.sum() * RATE / 2 / power.size))
        levels = np.square(signal.reshape(-1, 320)).mean(axis=1)
        depths.append(levels.std() / levels.mean())
    assert np.std(centres) > 1.0  # octaves
    assert min(depths) < 0.5 < 1.0 < max(depths)


def test_grains_keep_colour_and_level_and_lose_the_order() -> None:
    time = np.arange(2 * RATE) / RATE
    sweep = np.sin(2 * np.pi * (300 * time + 200 * time**2)).astype(np.float32)  # 300 to 1100 Hz
    mixed = grains(np.random.default_rng(1), sweep)
    assert mixed.shape == sweep.shape and mixed.dtype == np.float32
    assert np.std(mixed) == pytest.approx(np.std(sweep), rel=0.25)
    power = np.square(np.abs(np.fft.rfft(mixed)))
    hertz = np.fft.rfftfreq(mixed.size, 1 / RATE)
    assert power[(hertz > 250) & (hertz < 1_200)].sum() > 0.98 * power.sum()
    pitches = np.abs(np.fft.rfft(mixed.reshape(8, -1))).argmax(axis=1)
    assert (np.diff(pitches) < 0).any()  # the sweep only rises


@pytest.mark.parametrize("samples", [1, 50, 129])
def test_what_is_too_short_for_grains_still_has_its_length(samples: int) -> None:
    assert grains(np.random.default_rng(0), np.ones(samples, np.float32)).shape == (samples,)
