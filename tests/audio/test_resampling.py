import numpy as np
import pytest

from denoise_cli.audio.resampling import Resampler, resampled_length
from denoise_cli.audio.samples import Samples

RATES = [8_000, 11_025, 22_050, 32_000, 44_100, 48_000, 96_000]


def convert(waveform: Samples, in_rate: int, out_rate: int, total: int, block: int = 1000) -> Samples:
    resampler = Resampler(in_rate, out_rate, len(waveform))
    parts = [resampler.push(waveform[:, start : start + block]) for start in range(0, waveform.shape[1], block)]
    return np.concatenate([*parts, resampler.flush(total)], axis=1)


def there_and_back(waveform: Samples, rate: int, block: int = 1000) -> Samples:
    samples = waveform.shape[1]
    inside = convert(waveform, rate, 16_000, resampled_length(samples, rate, 16_000), block)
    return convert(inside, 16_000, rate, samples, block)


def lag(reference: Samples, other: Samples) -> int:
    """Samples by which `other` comes late, by the peak of the cross-correlation."""
    size = 2 * reference.shape[-1]
    correlation = np.fft.irfft(np.fft.rfft(other, size) * np.conj(np.fft.rfft(reference, size)), size)
    peak = int(np.argmax(correlation))
    return peak if peak < size // 2 else peak - size


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("samples", [1, 10, 4_567, 30_001])
def test_there_and_back_keeps_the_length(rate: int, samples: int) -> None:
    waveform = np.ones((2, samples), np.float32)
    assert there_and_back(waveform, rate, 999).shape == waveform.shape


@pytest.mark.parametrize("rate", RATES)
def test_there_and_back_has_no_lag(rate: int) -> None:
    waveform = np.random.default_rng(0).standard_normal((1, 2 * rate + 17)).astype(np.float32)
    assert lag(waveform[0], there_and_back(waveform, rate)[0]) == 0


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_a_click_comes_back_where_it_was(rate: int, place: str) -> None:
    waveform = np.zeros((1, 5_000), np.float32)
    position = {"first": 0, "middle": 2_345, "last": 4_999}[place]
    waveform[0, position] = 1
    # At the very ends half of the band-limited click falls outside of the file, which moves its peak inwards a little.
    allowed = 0 if place == "middle" else rate // 16_000 / 2
    assert abs(int(np.argmax(there_and_back(waveform, rate)[0])) - position) <= allowed


@pytest.mark.parametrize("rate", RATES)
def test_what_fits_both_rates_survives(rate: int) -> None:
    time = np.arange(rate) / rate
    fade = np.hanning(rate)
    tone = (0.5 * fade * np.sin(2 * np.pi * 0.4 * min(rate, 16_000) * time)).astype(np.float32)[None]
    np.testing.assert_allclose(there_and_back(tone, rate), tone, rtol=0, atol=5e-4)


@pytest.mark.parametrize("block", [1, 160, 7_919, 100_000])
def test_the_size_of_blocks_does_not_matter(block: int) -> None:
    waveform = np.random.default_rng(0).standard_normal((2, 9_000)).astype(np.float32)
    np.testing.assert_array_equal(there_and_back(waveform, 44_100, block), there_and_back(waveform, 44_100, 1000))


def test_equal_rates_change_nothing() -> None:
    waveform = np.random.default_rng(0).standard_normal((3, 4_000)).astype(np.float32)
    np.testing.assert_array_equal(convert(waveform, 16_000, 16_000, 4_000), waveform)


def test_a_total_below_what_was_given_is_refused() -> None:
    resampler = Resampler(16_000, 16_000, 1)
    resampler.push(np.zeros((1, 100), np.float32))
    with pytest.raises(ValueError, match="100"):
        resampler.flush(99)
