import numpy as np
import pytest
import torch

from denoise_cli.config import FrontEndConfig, GeneratorConfig, PostNetConfig, WaveNetConfig
from denoise_cli.errors import CannotStart, DeviceMemoryExhausted
from denoise_cli.inference.device import find_device, find_devices
from denoise_cli.inference.options import Precision
from denoise_cli.inference.streaming import ChunkStream
from denoise_cli.inference.torch_engine import TorchEngine
from denoise_cli.models.generator import Generator

SAMPLE_DOMAIN = GeneratorConfig(
    wavenet=WaveNetConfig(channels=8, stacks=2, layers=5), postnet=PostNetConfig(layers=3, channels=8, kernel=32)
)
SPECTRAL = GeneratorConfig(
    front_end=FrontEndConfig(n_fft=64, hop_length=32, channels=(4, 8)),
    wavenet=WaveNetConfig(channels=8, stacks=2, layers=3, head_channels=(), band_kernel=5),
    postnet=PostNetConfig(layers=2, channels=4, kernel=3, band_kernel=3),
)


def random_engine(config: GeneratorConfig, use_postnet: bool) -> TorchEngine:
    torch.manual_seed(1)
    generator = Generator(config, use_postnet)
    with torch.no_grad():
        for parameter in generator.parameters():  # away from the identity that a network may start as
            parameter.add_(0.1 * torch.randn_like(parameter))
    return TorchEngine(generator.eval(), torch.device("cpu"))


@pytest.mark.parametrize("config", [SAMPLE_DOMAIN, SPECTRAL], ids=["samples", "spectral"])
@pytest.mark.parametrize("use_postnet", [False, True])
@pytest.mark.parametrize("samples", [1, 31, 1999, 16_001])
def test_chunks_of_a_real_generator_equal_the_whole_file(
    config: GeneratorConfig, use_postnet: bool, samples: int
) -> None:
    engine = random_engine(config, use_postnet)
    waveform = 0.05 * np.random.default_rng(0).standard_normal((2, samples)).astype(np.float32)
    whole = engine.run(waveform)
    stream = ChunkStream(engine, 2, 40 * engine.hop if engine.hop > 1 else 1000)
    parts = [stream.push(waveform[:, start : start + 777]) for start in range(0, samples, 777)]
    chunked = np.concatenate([*parts, stream.flush()], axis=1)
    assert whole.shape == waveform.shape
    assert np.abs(whole).max() > 1e-3
    np.testing.assert_allclose(chunked, whole, rtol=0, atol=1e-5 * max(1, np.abs(whole).max()))


def test_memory_errors_of_torch_are_told_apart_from_bugs(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = random_engine(SPECTRAL, False)

    def fail(message: str) -> None:
        raise RuntimeError(message)

    monkeypatch.setattr(engine._generator, "enhance", lambda _: fail("CUDA out of memory. Tried to allocate"))
    with pytest.raises(DeviceMemoryExhausted):
        engine.run(np.zeros((1, 10), np.float32))
    monkeypatch.setattr(engine._generator, "enhance", lambda _: fail("sizes differ"))
    with pytest.raises(RuntimeError, match="sizes differ"):
        engine.run(np.zeros((1, 10), np.float32))


def test_an_absent_device_is_named_with_those_that_exist() -> None:
    assert find_device("cpu").type == "cpu"
    with pytest.raises(CannotStart, match="there are auto, cpu"):
        find_device("cuda:99")
    with pytest.raises(CannotStart, match="npu"):
        find_device("npu")


def test_half_precision_changes_little_and_the_transforms_not_at_all() -> None:
    torch.manual_seed(1)
    generator = Generator(SPECTRAL, False)
    identity = TorchEngine(generator.eval(), torch.device("cpu"), Precision.BFLOAT16)
    waveform = 0.05 * np.random.default_rng(0).standard_normal((2, 4_000)).astype(np.float32)
    exact = TorchEngine(generator, torch.device("cpu")).run(waveform)
    rough = identity.run(waveform)
    assert rough.dtype == np.float32
    error_db = 10 * np.log10(np.square(rough - exact).sum() / np.square(exact).sum())
    assert -120 < error_db < -35
    spectrum = generator.core.fourier(torch.from_numpy(waveform))
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(generator.core.fourier(torch.from_numpy(waveform)), spectrum)
        back = generator.core.fourier.inverse(spectrum, 4_000)
    np.testing.assert_allclose(back.numpy(), waveform, rtol=0, atol=1e-6)


def test_memory_errors_of_cuda_are_known_by_their_class(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = random_engine(SPECTRAL, False)

    def fail(_: torch.Tensor) -> torch.Tensor:
        raise torch.cuda.OutOfMemoryError

    monkeypatch.setattr(engine._generator, "enhance", fail)
    with pytest.raises(DeviceMemoryExhausted):
        engine.run(np.zeros((1, 10), np.float32))


def test_several_devices_are_named_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)

    def names(text: str, several: bool) -> list[str]:
        return [str(device) for device in find_devices(text, several)]

    assert names("cuda:2,cuda:0", True) == names("cuda:2, cuda:0", False) == ["cuda:2", "cuda:0"]
    assert names("cuda", True) == names("auto", True) == ["cuda:0", "cuda:1", "cuda:2"]
    assert names("auto", False) == ["cuda"] and names("cuda", False) == ["cuda:0"]
    for wrong in ("cuda:0,cuda:0", "cuda:0,cuda:3", "cuda:0,", ""):
        with pytest.raises(CannotStart, match="--device"):
            find_devices(wrong, True)
