import numpy as np
import pytest

from denoise_cli.audio.samples import Samples
from denoise_cli.errors import UnusableAudio
from denoise_cli.inference.live import WARM_UP_SECONDS, LiveStream
from denoise_cli.inference.options import EnhanceOptions
from tests.audio.sounds import voice_like
from tests.inference.engines import Halving, Passing


class Reaching(Passing):
    """Passes on, but as a model that needs a second on both sides."""

    hop = 256
    context = (16_384, 16_384)


def run(stream: LiveStream, waveform: Samples, size: int) -> tuple[Samples, int]:
    """The output, and by how many samples it was behind the input at most, after a push."""
    parts, behind, given = [], 0, 0
    for start in range(0, waveform.shape[1], size):
        parts.append(stream.push(waveform[:, start : start + size]))
        given += parts[-1].shape[1]
        behind = max(behind, min(start + size, waveform.shape[1]) - given)
    parts.append(stream.flush())
    return np.concatenate(parts, axis=1), behind


@pytest.mark.parametrize(("sample_rate", "channels"), [(16_000, 1), (48_000, 2), (44_100, 1), (8_000, 1)])
@pytest.mark.parametrize("size", [160, 4_801])
def test_it_comes_out_complete_aligned_and_within_the_stated_delay(sample_rate: int, channels: int, size: int) -> None:
    waveform = voice_like(5, sample_rate, channels)
    stream = LiveStream(Reaching(), sample_rate, channels, EnhanceOptions())
    output, behind = run(stream, waveform, size)
    assert output.shape == waveform.shape
    np.testing.assert_allclose(output, waveform, rtol=0, atol=2e-3)
    assert behind <= stream.delay_seconds * sample_rate + size
    assert stream.delay_seconds < 2


def test_the_gain_is_not_heard_when_the_level_jumps() -> None:
    waveform = voice_like(6, 16_000)
    waveform[:, :48_000] *= 0.01
    engine = Halving()
    output, _ = run(LiveStream(engine, 16_000, 1, EnhanceOptions()), waveform, 800)
    np.testing.assert_allclose(output, waveform / 2, rtol=0, atol=1e-5)
    assert 0.1 < engine.peak_seen <= 1.001


def test_the_model_soon_gets_its_level() -> None:
    quiet = 0.01 * voice_like(6, 16_000)
    engine = Passing()
    stream = LiveStream(engine, 16_000, 1, EnhanceOptions())
    run(stream, quiet, 800)
    assert 0.1 < engine.peak_seen <= 1.0


@pytest.mark.parametrize("samples", [0, 1, 100])
def test_less_than_the_warm_up_comes_out_too(samples: int) -> None:
    assert samples < WARM_UP_SECONDS * 16_000
    waveform = voice_like(1, 16_000)[:, :samples]
    output, _ = run(LiveStream(Halving(), 16_000, 1, EnhanceOptions()), waveform, 50)
    np.testing.assert_allclose(output, waveform / 2, rtol=0, atol=1e-6)


def test_silence_stays_silence() -> None:
    output, _ = run(LiveStream(Halving(), 48_000, 2, EnhanceOptions()), np.zeros((2, 100_000), np.float32), 999)
    assert output.shape == (2, 100_000) and not output.any()


@pytest.mark.parametrize("wrong", [np.nan, np.inf, 1e9])
def test_what_is_not_sound_is_refused(wrong: float) -> None:
    block = np.zeros((1, 100), np.float32)
    block[0, 50] = wrong
    with pytest.raises(UnusableAudio):
        LiveStream(Passing(), 16_000, 1, EnhanceOptions()).push(block)
