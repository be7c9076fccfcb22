import numpy as np

from denoise_cli.audio.dither import Dither


def test_the_error_of_rounding_does_not_follow_the_signal() -> None:
    """A sine of less than a step, which rounding alone makes into pulses, is what is left on average."""
    step = 2.0**-7
    phase = np.arange(64) / 64 * 2 * np.pi
    tone = (0.4 * step * np.sin(phase)).astype(np.float32)
    periods = np.tile(tone, 4_000)[None]
    plain = np.rint(periods / step).reshape(-1, 64).mean(axis=0)
    dithered = np.rint(Dither(8).add(periods) / step).reshape(-1, 64).mean(axis=0)
    assert not plain.any()
    assert np.abs(dithered - tone / step).max() < 0.05
    error = np.rint(Dither(8).add(periods) / step) - periods / step
    powers = np.square(error).reshape(-1, 64).mean(axis=0)[1:32]  # at all levels of the signal but exact zero
    np.testing.assert_allclose(powers, 0.25, rtol=0.1)  # a quarter of a step squared: rounding and triangle together


def test_noise_is_bounded_equal_each_time_and_whatever_the_blocks_are() -> None:
    block = np.full((2, 10_000), 0.1, np.float32)
    whole = Dither(16).add(block)
    assert 0.9 * 2**-15 < np.abs(whole - block).max() <= 1.001 * 2**-15
    assert np.abs(np.corrcoef(whole)[0, 1]) < 0.05
    dither = Dither(16)
    parts = [dither.add(block[:, :777]), dither.add(block[:, 777:])]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole)


def test_silence_stays_silence() -> None:
    assert not Dither(16).add(np.zeros((1, 100), np.float32)).any()
