import numpy as np
import pytest
from pyloudnorm import Meter

from denoise_cli.audio.loudness import LoudnessMeter, TruePeakMeter
from denoise_cli.audio.samples import Samples
from tests.audio.sounds import voice_like


def measured(waveform: Samples, sample_rate: int, piece: int = 5_003) -> float | None:
    meter = LoudnessMeter(sample_rate, len(waveform))
    for start in range(0, waveform.shape[1], piece):
        meter.push(waveform[:, start : start + piece])
    return meter.integrated()


@pytest.mark.parametrize("sample_rate", [8_000, 11_025, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2, 5])
def test_in_pieces_as_pyloudnorm_measures_the_whole(sample_rate: int, channels: int) -> None:
    waveform = voice_like(4, sample_rate, channels)
    waveform[:, 2 * sample_rate : 3 * sample_rate] *= 0.001  # a pause, for the gates
    expected = Meter(sample_rate).integrated_loudness(waveform.T.astype(float))
    assert measured(waveform, sample_rate) == pytest.approx(expected, abs=0.02)
    assert measured(waveform, sample_rate, 10**9) == pytest.approx(measured(waveform, sample_rate), abs=1e-9)


def test_the_reference_tone_of_the_standard() -> None:
    """BS.1770-4: 997 Hz at 0 dBFS in one front channel is -3.01 LUFS."""
    tone = np.sin(2 * np.pi * 997 * np.arange(3 * 48_000) / 48_000).astype(np.float32)
    assert measured(tone[None], 48_000) == pytest.approx(-3.01, abs=0.05)
    surround = np.zeros((6, tone.size), np.float32)
    surround[3] = tone
    assert measured(surround, 48_000) is None  # low effects do not count
    surround[4] = tone
    assert measured(surround, 48_000) == pytest.approx(-3.01 + 10 * np.log10(1.41), abs=0.05)


def test_what_is_short_or_silent_has_no_loudness() -> None:
    assert measured(voice_like(0.39, 16_000), 16_000) is None
    assert measured(voice_like(0.4, 16_000), 16_000) is not None
    assert measured(np.zeros((1, 32_000), np.float32), 16_000) is None
    assert measured(np.zeros((2, 0), np.float32), 16_000) is None


@pytest.mark.parametrize(("frequency", "phase"), [(12_000, np.pi / 4), (8_000, np.pi / 6), (997, 0.0)])
def test_peaks_between_samples_are_found(frequency: float, phase: float) -> None:
    time = np.arange(24_000) / 48_000
    fade = np.minimum(1, np.minimum(time, time[::-1]) / 0.05)
    tone = (0.5 * fade * np.sin(2 * np.pi * frequency * time + phase)).astype(np.float32)
    meter = TruePeakMeter(48_000, 2)
    for start in range(0, tone.size, 7_001):
        meter.push(np.stack([tone, -tone])[:, start : start + 7_001])
    assert meter.peak() == pytest.approx(0.5, rel=0.01)


def test_a_peak_at_the_very_end_counts() -> None:
    waveform = np.zeros((1, 1_000), np.float32)
    waveform[0, -1] = -0.7
    meter = TruePeakMeter(16_000, 1)
    meter.push(waveform)
    assert meter.peak() > 0.69
