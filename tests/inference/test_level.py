import numpy as np
import pytest

from denoise_cli.audio.samples import Samples
from denoise_cli.inference.level import MODEL_LEVEL_DB, LevelMeter, model_gain


def level(waveform: Samples, sample_rate: int = 16_000, block: int = 7_777) -> float:
    meter = LevelMeter(sample_rate, 16_000)
    for start in range(0, waveform.shape[1], block):
        meter.push(waveform[:, start : start + block])
    return meter.level_db()


def noise(seconds: float, sample_rate: int = 16_000, channels: int = 1) -> Samples:
    samples = int(seconds * sample_rate)
    return (0.1 * np.random.default_rng(5).standard_normal((channels, samples))).astype(np.float32)


def tone(sample_rate: int, hz: float, amplitude: float, seconds: float = 2.0) -> Samples:
    time = np.arange(int(seconds * sample_rate)) / sample_rate
    return (amplitude * np.sin(2 * np.pi * hz * time)).astype(np.float32)[None]


@pytest.mark.parametrize("sample_rate", [8_000, 11_025, 16_000, 44_100, 48_000, 96_000])
def test_a_sine_has_its_rms(sample_rate: int) -> None:
    assert level(tone(sample_rate, 1000, 0.1), sample_rate) == pytest.approx(-23.01, abs=0.05)


def test_pauses_do_not_count() -> None:
    speech = noise(1)
    with_pauses = np.concatenate([np.zeros((1, 16_000), np.float32), speech, 1e-4 * noise(3)], axis=1)
    assert level(with_pauses) == pytest.approx(level(speech), abs=0.1)


def test_a_little_speech_in_a_long_quiet_file_counts() -> None:
    speech = noise(2)
    assert level(np.concatenate([0.005 * noise(60), speech], axis=1)) == pytest.approx(level(speech), abs=0.1)


def test_a_click_counts_little() -> None:
    clicked = noise(4)
    clicked[0, 30_000] = 30  # 50 dB over the rest
    assert level(clicked) == pytest.approx(level(noise(4)), abs=4)


@pytest.mark.parametrize("gain_db", [-60, -40, -17.3, 0, 20])
def test_gain_moves_the_level_by_itself(gain_db: float) -> None:
    waveform = np.concatenate([noise(1), 0.03 * noise(1), 0.003 * noise(1)], axis=1)
    assert level((10 ** (gain_db / 20) * waveform).astype(np.float32)) == pytest.approx(
        level(waveform) + gain_db, abs=0.05
    )


def test_dc_and_what_the_model_cannot_hear_do_not_count() -> None:
    speech = tone(48_000, 1000, 0.1)
    assert level(speech + np.float32(0.5), 48_000) == pytest.approx(level(speech, 48_000), abs=0.01)
    assert level(speech + tone(48_000, 15_000, 0.5), 48_000) == pytest.approx(level(speech, 48_000), abs=0.01)


def test_the_loudest_channel_counts_and_the_number_of_channels_does_not() -> None:
    speech = noise(1)
    six = np.concatenate([speech, *[0.1 * speech] * 5])
    assert level(six) == pytest.approx(level(speech), abs=0.01)


def test_the_size_of_blocks_does_not_matter() -> None:
    assert level(noise(1, channels=2), block=1) == pytest.approx(level(noise(1, channels=2), block=99_999), abs=1e-6)


@pytest.mark.parametrize("samples", [0, 1, 10, 319, 320, 100_000])
def test_silence_has_no_level_and_gain_one(samples: int) -> None:
    assert level(np.zeros((2, samples), np.float32)) == -np.inf
    assert model_gain(-np.inf) == 1


def test_ten_samples_have_a_level() -> None:
    assert level(tone(16_000, 1600, 0.1)[:, :10]) == pytest.approx(-23, abs=0.5)


def test_the_gain_leads_to_the_level_of_training() -> None:
    waveform = noise(2)
    assert level(np.float32(model_gain(level(waveform))) * waveform) == pytest.approx(MODEL_LEVEL_DB, abs=0.05)


def test_absurdly_loud_files_have_a_level_too() -> None:
    assert level((1e12 * noise(1)).astype(np.float32)) == pytest.approx(level(noise(1)) + 240, abs=0.1)
