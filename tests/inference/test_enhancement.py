import numpy as np
import pytest

from denoise_cli.audio.samples import Samples
from denoise_cli.errors import EnhancementFailed
from denoise_cli.inference.engine import Engine
from denoise_cli.inference.enhancement import EnhancementStream
from denoise_cli.inference.options import EnhanceOptions, HighBandRule
from denoise_cli.inference.survey import survey
from tests.audio.sounds import voice_like
from tests.inference.engines import Filtering, Halving, Passing

RATES = [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000]
DEFAULTS = EnhanceOptions()


def enhanced(
    engine: Engine, waveform: Samples, sample_rate: int, options: EnhanceOptions = DEFAULTS, block: int = 9_999
) -> Samples:
    blocks = [waveform[:, start : start + block] for start in range(0, waveform.shape[1], block)]
    found = survey(blocks, len(waveform), sample_rate, engine.sample_rate, "test")
    return np.concatenate(list(EnhancementStream(engine, sample_rate, found, options).process(blocks)), axis=1)


def clicks(samples: int, channels: int = 1) -> Samples:
    waveform = 0.01 * np.random.default_rng(0).standard_normal((channels, samples)).astype(np.float32)
    waveform[:, [0, samples // 3, -1]] = 0.9
    return waveform


@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize("rule", [HighBandRule.FOLLOW, HighBandRule.KEEP])
@pytest.mark.parametrize("samples", [1, 10, 1_999, 100_003])
def test_a_model_that_changes_nothing_changes_nothing(sample_rate: int, rule: HighBandRule, samples: int) -> None:
    waveform = clicks(samples, 2) if samples > 9 else np.full((2, samples), 0.5, np.float32)
    waveform[1] *= 0.5
    output = enhanced(Passing(), waveform, sample_rate, EnhanceOptions(high_band=rule, chunk_seconds=1))
    assert output.shape == waveform.shape and output.dtype == np.float32
    np.testing.assert_allclose(output, waveform, rtol=0, atol=1e-6)


@pytest.mark.parametrize("sample_rate", RATES)
def test_the_size_of_blocks_and_chunks_does_not_matter(sample_rate: int) -> None:
    waveform = voice_like(2.3, sample_rate, 2)
    engine = Filtering()
    whole = enhanced(engine, waveform, sample_rate, EnhanceOptions(chunk_seconds=30), block=10**6)
    for block, seconds in ((777, 0.1), (50_000, 1.0)):
        parts = enhanced(engine, waveform, sample_rate, EnhanceOptions(chunk_seconds=seconds), block)
        np.testing.assert_allclose(parts, whole, rtol=0, atol=1e-5 * np.abs(whole).max())


@pytest.mark.parametrize("gain_db", [-40, -20, -6, 0])
def test_the_model_hears_one_level_and_the_output_has_the_inputs(gain_db: float) -> None:
    engine = Halving()
    waveform = voice_like(2, 16_000)
    gain = np.float32(10 ** (gain_db / 20))
    output = enhanced(engine, gain * waveform, 16_000)
    np.testing.assert_allclose(output, 0.5 * gain * waveform, rtol=0, atol=1e-6)
    reference = Halving()
    enhanced(reference, waveform, 16_000)
    assert engine.peak_seen == pytest.approx(reference.peak_seen, rel=0.01)


@pytest.mark.parametrize("sample_rate", RATES)
def test_silence_comes_out_as_silence(sample_rate: int) -> None:
    class Humming(Passing):
        def process(self, waveform: Samples) -> Samples:
            return waveform + np.float32(0.01)

    output = enhanced(Humming(), np.zeros((3, 5_000), np.float32), sample_rate)
    np.testing.assert_array_equal(output, np.zeros((3, 5_000), np.float32))


def test_a_silent_channel_stays_silent_beside_a_loud_one() -> None:
    waveform = voice_like(1, 48_000, 2)
    waveform[0] = 0
    output = enhanced(Passing(), waveform, 48_000)
    assert not output[0].any() and output[1].any()


def test_identical_channels_are_run_once_and_come_out_identical() -> None:
    waveform = np.repeat(voice_like(1, 16_000), 4, axis=0)
    waveform[2] *= 0.5
    engine = Filtering()
    output = enhanced(engine, waveform, 16_000)
    assert engine.rows_run == 2
    np.testing.assert_array_equal(output[0], output[1])
    np.testing.assert_array_equal(output[0], output[3])
    assert np.abs(output[2] - output[0]).max() > 0.01


def test_channels_keep_their_order() -> None:
    waveform = voice_like(1, 48_000, 6)
    np.testing.assert_allclose(enhanced(Passing(), waveform, 48_000), waveform, rtol=0, atol=1e-6)


def test_an_offset_goes_and_harms_nothing() -> None:
    waveform = voice_like(3, 48_000)
    output = enhanced(Passing(), waveform + np.float32(0.4), 48_000)
    middle = slice(4_800, -4_800)
    mean = waveform.mean()
    np.testing.assert_allclose(output[:, middle], waveform[:, middle] - mean, rtol=0, atol=1e-3)


def band_energy(waveform: Samples, sample_rate: int, low_hz: float, high_hz: float) -> float:
    spectrum = np.abs(np.fft.rfft(waveform * np.hanning(waveform.shape[-1]))) ** 2
    frequency = np.fft.rfftfreq(waveform.shape[-1], 1 / sample_rate)
    return float(spectrum[..., (frequency > low_hz) & (frequency < high_hz)].sum())


class Gating(Passing):
    """All down by 20 dB in the second half of every second: a model that hears noise there."""

    hop = 16_000

    def process(self, waveform: Samples) -> Samples:
        place = np.arange(waveform.shape[1]) % 16_000
        return np.where(place < 8_000, waveform, np.float32(0.1) * waveform)


@pytest.mark.parametrize("sample_rate", [44_100, 48_000, 96_000])
@pytest.mark.parametrize(("rule", "expected_db"), [("follow", -20), ("keep", 0), ("drop", -200)])
def test_the_upper_band_follows_stays_or_goes(sample_rate: int, rule: str, expected_db: float) -> None:
    noise = 0.1 * np.random.default_rng(0).standard_normal((1, 2 * sample_rate)).astype(np.float32)
    output = enhanced(Gating(), noise, sample_rate, EnhanceOptions(high_band=HighBandRule(rule)))
    quiet = slice(int(0.6 * sample_rate), int(0.9 * sample_rate))
    loud = slice(int(0.1 * sample_rate), int(0.4 * sample_rate))
    change = [
        10 * np.log10(band_energy(output[:, part], sample_rate, 9_000, 20_000) + 1e-20)
        - 10 * np.log10(band_energy(noise[:, part], sample_rate, 9_000, 20_000))
        for part in (loud, quiet)
    ]
    assert change[1] == pytest.approx(expected_db, abs=1) or change[1] < -60 > expected_db
    assert change[0] == pytest.approx(0, abs=0.1) or change[0] < -60 > expected_db


def test_at_the_models_rate_the_output_is_the_models() -> None:
    waveform = voice_like(1, 16_000)
    found = survey([waveform], 1, 16_000, 16_000, "test")
    gain = np.float32(found.gain)
    expected = Filtering().run(waveform * gain) / gain
    for rule in HighBandRule:
        np.testing.assert_allclose(
            enhanced(Filtering(), waveform, 16_000, EnhanceOptions(high_band=rule)), expected, rtol=0, atol=1e-5
        )


@pytest.mark.parametrize("sample_rate", [8_000, 16_000, 48_000])
def test_mix_and_limit_leave_a_share_of_the_input(sample_rate: int) -> None:
    class Deafening(Passing):
        def process(self, waveform: Samples) -> Samples:
            return np.zeros_like(waveform)

    waveform = voice_like(1, sample_rate)
    limited = enhanced(Deafening(), waveform, sample_rate, EnhanceOptions(attenuation_limit_db=12))
    np.testing.assert_allclose(limited, waveform * np.float32(10 ** (-12 / 20)), rtol=0, atol=2e-3)
    mixed = enhanced(Deafening(), waveform, sample_rate, EnhanceOptions(mix=0.25))
    np.testing.assert_allclose(mixed, waveform * np.float32(0.75), rtol=0, atol=2e-3)
    untouched = enhanced(Filtering(), waveform, sample_rate, EnhanceOptions(mix=0))
    np.testing.assert_array_equal(untouched, waveform)


def test_a_model_that_gives_no_numbers_is_an_error() -> None:
    class Broken(Passing):
        def process(self, waveform: Samples) -> Samples:
            return np.full_like(waveform, np.nan)

    with pytest.raises(EnhancementFailed, match="not numbers"):
        enhanced(Broken(), voice_like(1, 16_000), 16_000)


def test_push_and_flush_give_what_process_gives() -> None:
    waveform = voice_like(2, 44_100, 2)
    found = survey([waveform], 2, 44_100, 16_000, "test")
    options = EnhanceOptions(chunk_seconds=0.5)
    stream = EnhancementStream(Filtering(), 44_100, found, options)
    parts = [stream.push(waveform[:, start : start + 4_410]) for start in range(0, 88_200, 4_410)]
    pushed = np.concatenate([*parts, stream.flush()], axis=1)
    np.testing.assert_array_equal(pushed, enhanced(Filtering(), waveform, 44_100, options, block=4_410))


def test_what_waits_inside_is_bounded() -> None:
    waveform = voice_like(30, 48_000)
    found = survey([waveform], 1, 48_000, 16_000, "test")
    stream = EnhancementStream(Filtering(), 48_000, found, EnhanceOptions(chunk_seconds=0.5))
    waiting = 0
    for start in range(0, waveform.shape[1], 4_800):
        stream.push(waveform[:, start : start + 4_800])
        waiting = max(waiting, stream._native.end - stream._native.start)
    assert waiting < 48_000
    assert stream._high_band._gains.end - stream._high_band._gains.start < 100  # type: ignore[attr-defined]
