import numpy as np
import pytest

from denoise_cli.audio.samples import Samples
from denoise_cli.errors import UnusableAudio
from denoise_cli.inference.survey import Survey, survey
from tests.audio.sounds import voice_like


def surveyed(waveform: Samples, sample_rate: int = 16_000) -> Survey:
    blocks = [waveform[:, start : start + 999] for start in range(0, waveform.shape[1], 999)]
    return survey(blocks, len(waveform), sample_rate, 16_000, "a.wav")


def test_channels_that_are_the_same_or_silent_are_found() -> None:
    left, right = voice_like(1, 16_000, 2)
    silent = np.zeros_like(left)
    found = surveyed(np.stack([silent, left, right, left, silent, right, left]))
    assert found.sources == (None, 1, 2, 1, None, 2, 1)
    assert found.rows == [1, 2]


def test_one_other_sample_makes_another_channel() -> None:
    waveform = np.repeat(voice_like(1, 16_000), 2, axis=0)
    assert surveyed(waveform).sources == (0, 0)
    waveform[1, 15_999] += 1e-6
    assert surveyed(waveform).sources == (0, 1)


def test_peak_and_length_are_the_recordings() -> None:
    waveform = voice_like(1, 16_000, 2)
    waveform[1, 5_000] = -0.9
    assert surveyed(waveform).peak == np.float32(0.9)
    assert surveyed(waveform).frames == 16_000


def test_an_offset_is_found_where_it_matters() -> None:
    waveform = voice_like(2, 16_000, 2)
    waveform[1] += 0.5
    plain, offset = surveyed(waveform).offsets
    assert plain == 0
    assert offset == pytest.approx(0.5, abs=0.01)
    assert surveyed(waveform).gain == pytest.approx(surveyed(voice_like(2, 16_000, 2)).gain, rel=0.02)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_refused_with_its_place(value: float) -> None:
    waveform = voice_like(1, 16_000, 2)
    waveform[1, 8_000] = value
    with pytest.raises(UnusableAudio, match=rf"a\.wav: sample 8000 \(0\.500 s\) is {value}"):
        surveyed(waveform)


def test_what_is_no_sound_is_refused() -> None:
    waveform = voice_like(1, 16_000)
    waveform[0, 3] = 1e9
    with pytest.raises(UnusableAudio, match="sample 3 .*not sound"):
        surveyed(waveform)


def test_no_samples_are_refused() -> None:
    with pytest.raises(UnusableAudio, match="holds no samples"):
        surveyed(np.zeros((1, 0), np.float32))


def test_silence_needs_no_run() -> None:
    found = surveyed(np.zeros((2, 5_000), np.float32))
    assert (found.gain, found.rows, found.peak) == (1.0, [], 0.0)
