import numpy as np
import pytest
import torch

from denoise_cli.audio.samples import Samples
from denoise_cli.errors import UnusableAudio
from denoise_cli.inference.enhancer import Enhancer
from denoise_cli.inference.options import ChannelRule, EnhanceOptions
from denoise_cli.inference.stream import EnhancerStream
from tests.audio.sounds import voice_like
from tests.inference.engines import Filtering, Halving, Passing


def pushed(stream: EnhancerStream, waveform: Samples, sizes: tuple[int, ...]) -> Samples:
    parts, start = [], 0
    while start < waveform.shape[-1]:
        size = sizes[len(parts) % len(sizes)]
        parts.append(stream.push(waveform[..., start : start + size]))
        start += size
    return np.concatenate([*parts, np.asarray(stream.flush())], axis=-1)


@pytest.mark.parametrize(("sample_rate", "sizes"), [(16_000, (160,)), (44_100, (1, 5_000, 17)), (8_000, (30_000,))])
def test_all_that_comes_out_is_as_long_as_what_went_in_and_in_its_place(
    sample_rate: int, sizes: tuple[int, ...]
) -> None:
    waveform = voice_like(2.3, sample_rate, 2)
    output = pushed(Enhancer(Halving()).stream(sample_rate, 2), waveform, sizes)
    assert output.shape == waveform.shape and output.dtype == np.float32
    if sample_rate == 16_000:
        np.testing.assert_allclose(output, waveform / 2, rtol=0, atol=1e-5)
    else:
        assert np.abs(np.correlate(output[0], waveform[0, 40:-40])).argmax() == 40


def test_sound_comes_out_within_the_stated_delay() -> None:
    stream = Enhancer(Filtering()).stream(16_000)
    waveform, given = voice_like(4, 16_000)[0], 0
    for start in range(0, waveform.size, 800):
        given += stream.push(waveform[start : start + 800]).shape[-1]
        assert start + 800 - given <= stream.delay_seconds * 16_000


@pytest.mark.parametrize("shape", [(16_000,), (1, 16_000)])
def test_tensors_and_layouts_come_back_as_they_were(shape: tuple[int, ...]) -> None:
    waveform = torch.from_numpy(voice_like(1, 16_000)).reshape(shape).requires_grad_()
    stream = Enhancer(Halving()).stream(16_000)
    parts = [stream.push(waveform[..., :9_000]), stream.push(waveform[..., 9_000:]), stream.flush()]
    assert all(isinstance(part, torch.Tensor) and part.ndim == len(shape) for part in parts)
    output = torch.cat([torch.as_tensor(part) for part in parts], dim=-1)
    torch.testing.assert_close(output, waveform.detach() / 2, rtol=0, atol=1e-5)


def test_a_buffer_may_be_used_again_after_pushing_it() -> None:
    waveform = voice_like(2, 16_000)
    stream, buffer, parts = Enhancer(Passing()).stream(16_000), np.empty((1, 4_000), np.float32), []
    for start in range(0, 32_000, 4_000):
        buffer[:] = waveform[:, start : start + 4_000]
        parts.append(np.array(stream.push(buffer)))
        buffer[:] = 9
    output = np.concatenate([*parts, np.asarray(stream.flush())], axis=1)
    np.testing.assert_allclose(output, waveform, rtol=0, atol=1e-5)


def test_a_few_samples_of_many_channels_are_no_turned_array() -> None:
    stream = Enhancer(Passing()).stream(16_000, 3)
    assert stream.push(np.zeros((3, 1))).shape == (3, 0)
    assert np.shape(stream.flush()) == (3, 1)


def test_nothing_in_is_nothing_out() -> None:
    assert np.shape(Enhancer(Passing()).stream(44_100, 2).flush()) == (2, 0)


def test_what_cannot_be_is_refused() -> None:
    stream = Enhancer(Passing()).stream(16_000, 2)
    with pytest.raises(ValueError, match="1 channel, the stream 2"):
        stream.push(np.zeros(100))
    with pytest.raises(ValueError, match="int16"):
        stream.push(np.zeros((2, 100), np.int16))
    with pytest.raises(UnusableAudio, match="stream: a sample after the first 0 is not sound"):
        stream.push(np.full((2, 10), np.nan))
    stream.flush()
    for call in (stream.flush, lambda: stream.push(np.zeros((2, 10)))):
        with pytest.raises(ValueError, match="flushed"):
            call()
    with pytest.raises(ValueError, match="keeps its channels"):
        Enhancer(Passing(), EnhanceOptions(channels=ChannelRule.MONO)).stream(16_000, 2)
