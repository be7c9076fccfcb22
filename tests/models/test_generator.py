"""The generator: counts of the paper's network, lengths, alignment, receptive field, exactness in chunks."""

from dataclasses import replace

import pytest
import torch

from denoise_cli.config import GeneratorConfig
from denoise_cli.config_io import load_config
from denoise_cli.metrics.si_sdr import si_sdr
from denoise_cli.models.generator import Generator
from denoise_cli.models.pause_filter import REACH
from tests.models.small_configs import ALL, SUB_BAND


@pytest.fixture(params=ALL.values(), ids=ALL.keys())
def generator(request: pytest.FixtureRequest) -> Generator:
    torch.manual_seed(0)
    generator = Generator(request.param).eval()
    with torch.no_grad():
        for parameter in generator.parameters():
            if parameter.ndim > 1 and not parameter.any():  # what is zero at the start would not be seen
                parameter.normal_(std=0.1)
    return generator


def count(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def noise(samples: int, seed: int = 7) -> torch.Tensor:
    return torch.randn(1, samples, generator=torch.Generator().manual_seed(seed)) * 0.1


def test_the_papers_network_has_the_specified_parameters_and_receptive_field() -> None:
    generator = Generator(GeneratorConfig())
    assert count(generator.core.wavenet) == 2_648_577
    assert count(generator.core.postnet) == 5_252_481
    assert count(generator) == 7_901_058
    assert generator.context == (2046 + 180, 2046 + 192)  # 4,465 samples with the one in the middle
    assert generator.core.context(use_postnet=False) == (2046, 2046)


def test_the_postnet_of_compact_leaves_loud_vowels_as_they_are_at_its_start() -> None:
    """Few strong partials are the hardest for its tanh; -25 dBFS is the level that it is run at."""
    torch.manual_seed(0)
    generator = Generator(load_config("compact").generator).eval()
    time = torch.arange(32_000) / 16_000
    vowel = sum(torch.sin(2 * torch.pi * 125 * n * time) / n for n in (1, 2, 3, 5, 8))[None]
    vowel *= 10 ** (-25 / 20) / vowel.std()
    with torch.no_grad():
        y1, y2 = generator(vowel)
    assert si_sdr(y1[0].numpy(), y2[0].numpy()) > 30


@pytest.mark.parametrize("samples", [1, 31, 32, 33, 399, 1000])
def test_length_is_kept(generator: Generator, samples: int) -> None:
    y1, y2 = generator(noise(samples))
    assert y1.shape == y2.shape == (1, samples)


def test_nothing_outside_the_context_reaches_an_output_sample(generator: Generator) -> None:
    left, right = generator.context
    middle = left + generator.hop + 5
    waveform = noise(middle + right + 400).requires_grad_()
    generator(waveform).y2[0, middle].backward()
    touched = torch.nonzero(waveform.grad[0])
    assert middle - left - generator.hop <= int(touched.min()) < middle
    assert middle < int(touched.max()) <= middle + right + generator.hop


def test_the_receptive_field_of_the_sample_domain_is_exact() -> None:
    generator = Generator(ALL["sample domain"])
    left, right = generator.context
    waveform = noise(left + right + 101).requires_grad_()
    generator(waveform).y2[0, left + 50].backward()
    touched = torch.nonzero(waveform.grad[0])
    assert (int(touched.min()), int(touched.max())) == (50, left + 50 + right)


@pytest.mark.parametrize("kept", [64, 256])
def test_a_chunk_with_its_context_equals_the_whole(generator: Generator, kept: int) -> None:
    left, right = generator.context
    start = -(-left // generator.hop) * generator.hop + 5 * generator.hop
    waveform = noise(start + kept + right + 1003)
    with torch.no_grad():
        whole = generator.enhance(waveform)
        chunk = generator.enhance(waveform[:, start - left : start + kept + right])
    torch.testing.assert_close(chunk[:, left : left + kept], whole[:, start : start + kept], rtol=0, atol=1e-5)


def test_an_untrained_generator_does_not_shift_its_input() -> None:
    torch.manual_seed(0)
    generator = Generator(SUB_BAND).eval()
    click = torch.zeros(1, 800)
    click[0, 401] = 0.5
    with torch.no_grad():
        y1, y2 = generator(click)
    assert int(y1.abs().argmax()) == 401
    assert int(y2.abs().argmax()) == 401


def test_without_postnet_both_estimates_are_the_wavenets() -> None:
    generator = Generator(SUB_BAND, use_postnet=False)
    y1, y2 = generator(noise(500))
    assert y1 is y2


def test_silence_gives_silence_behind_the_front_end() -> None:
    with torch.no_grad():
        y1, y2 = Generator(SUB_BAND).eval()(torch.zeros(1, 400))
    assert float(y1.abs().max()) == 0.0
    assert float(y2.abs().max()) < 1e-4


def test_parameters_are_split_between_wavenet_and_postnet(generator: Generator) -> None:
    split = len(generator.wavenet_parameters()) + len(generator.postnet_parameters())
    assert split == len(list(generator.parameters()))
    assert {id(p) for p in generator.postnet_parameters()} == {id(p) for p in generator.core.postnet.parameters()}


@pytest.mark.parametrize(("name", "reach"), [("post_filter", 0), ("pause_filter", REACH)])
def test_filters_work_in_evaluation_mode_alone(name: str, reach: int) -> None:
    """In training the losses would teach the decoder to undo them. `reach`: frames that they look at to each side."""
    assert SUB_BAND.front_end is not None
    filtered = replace(SUB_BAND, front_end=replace(SUB_BAND.front_end, **{name: 0.5}))
    torch.manual_seed(0)
    without = Generator(SUB_BAND, use_postnet=False)
    generator = Generator(filtered, use_postnet=False)
    generator.load_state_dict(without.state_dict())
    assert generator.context == tuple(side + reach * SUB_BAND.front_end.hop_length for side in without.context)
    for model in (without, generator):  # that keeps everything, as it starts
        model.core.decoder.register_forward_hook(lambda _module, _inputs, weights: 0.3 * weights)
    waveform = noise(640)
    with torch.no_grad():
        assert torch.equal(generator.train()(waveform).y1, without(waveform).y1)
        assert not torch.allclose(generator.eval()(waveform).y1, without(waveform).y1, atol=1e-4)
