"""A grown generator computes what the small one did, and its new weights can learn."""

from dataclasses import replace
from typing import Any

import pytest
import torch

from denoise_cli.config import GeneratorConfig
from denoise_cli.models.generator import Generator
from denoise_cli.models.growth import can_grow, lay_into
from tests.models.small_configs import FLAT, NORMALISED, SUB_BAND


def with_wavenet(config: GeneratorConfig, **changes: int) -> GeneratorConfig:
    return replace(config, wavenet=replace(config.wavenet, **changes))


def with_front_end(config: GeneratorConfig, **changes: Any) -> GeneratorConfig:
    assert config.front_end is not None
    return replace(config, front_end=replace(config.front_end, **changes))


LARGER = {
    "the same": NORMALISED,
    "wider": with_wavenet(NORMALISED, channels=11),
    "full-band maps": with_wavenet(NORMALISED, full_band_channels=3),
    "fine levels": with_front_end(NORMALISED, fine_dilations=(1, 2)),
    "wider levels": with_front_end(NORMALISED, channels=(7, 11)),
    "wider levels, fine ones": with_front_end(NORMALISED, channels=(7, 11), fine_dilations=(1, 2)),
    "deeper": with_wavenet(NORMALISED, layers=3),
    "all": with_wavenet(NORMALISED, channels=11, layers=4, full_band_channels=3),
    "both": with_wavenet(NORMALISED, channels=11, full_band_channels=3),
}


def trained(config: GeneratorConfig) -> Generator:
    """Not trained, but with nothing at its start: statistics of batch normalisation, biases and gains are random."""
    generator = Generator(config)
    with torch.no_grad():
        for name, value in generator.state_dict().items():
            if value.ndim == 1 and not name.endswith("running_var"):
                value += 0.1 * torch.randn_like(value)
    return generator


def assert_computes_the_same(large: Generator, small: Generator) -> None:
    """After the weights of `small` were laid into it; both in double precision."""
    lay_into(large, small.state_dict())
    noisy = torch.randn(2, 800).double() * 0.1  # batch norm over so few frames makes float32's rounding audible
    torch.testing.assert_close(large.enhance(noisy), small.enhance(noisy), atol=1e-9, rtol=1e-7)


@pytest.mark.parametrize("larger", LARGER.values(), ids=LARGER.keys())
@pytest.mark.parametrize("training", [False, True])
def test_the_grown_generator_computes_the_same(larger: GeneratorConfig, training: bool) -> None:
    torch.manual_seed(3)
    small, large = trained(NORMALISED).train(training).double(), Generator(larger).train(training).double()
    assert_computes_the_same(large, small)


@pytest.mark.parametrize("larger", LARGER.values(), ids=LARGER.keys())
def test_a_trained_one_computes_the_same_after_it(larger: GeneratorConfig) -> None:
    """The mean of a model and of what it grew into takes the larger one's weights where the smaller has none."""
    torch.manual_seed(3)
    small, large = trained(NORMALISED).eval().double(), trained(larger).eval().double()
    assert_computes_the_same(large, small)


def test_new_weights_get_gradients_or_follow_such_as_do() -> None:
    torch.manual_seed(3)
    large = Generator(LARGER["both"])
    lay_into(large, trained(NORMALISED).state_dict())
    optimizer = torch.optim.Adam(large.parameters(), lr=1e-3)
    for _ in range(2):  # what feeds zeros learns when these are none any more
        optimizer.zero_grad()
        large.enhance(torch.randn(2, 800) * 0.1).square().mean().backward()
        optimizer.step()
    first = large.core.wavenet.layers[0]
    assert bool((first.full_band.squeeze[0].weight.grad != 0).any())
    assert bool((first.skip.weight.grad[:, 8:] != 0).any())
    assert bool((first.gated[0].weight.grad[8:11] != 0).any())


def test_new_layers_learn_in_each_stack() -> None:
    torch.manual_seed(3)
    large = Generator(LARGER["deeper"])
    lay_into(large, trained(NORMALISED).state_dict())
    per_stack = LARGER["deeper"].wavenet.layers
    new = list(large.core.wavenet.layers)[per_stack - 1 :: per_stack]
    assert len(new) == NORMALISED.wavenet.stacks
    large.enhance(torch.randn(2, 800) * 0.1).square().mean().backward()
    assert all(bool((layer.skip.weight.grad != 0).any()) for layer in new)


@pytest.mark.parametrize(
    "larger",
    [
        SUB_BAND,
        FLAT,
        with_wavenet(NORMALISED, channels=7),
        with_wavenet(NORMALISED, layers=1),
        with_front_end(NORMALISED, channels=(7, 7)),
        with_front_end(NORMALISED, channels=(6, 8, 8)),
    ],
    ids=["without norm", "flat", "narrower", "shallower", "a narrower level", "one more level"],
)
def test_what_cannot_grow_is_told(larger: GeneratorConfig) -> None:
    assert not can_grow(NORMALISED, larger)


@pytest.mark.parametrize("training", [False, True])
def test_maps_grow_and_do_not_shrink(training: bool) -> None:
    torch.manual_seed(3)
    few = with_wavenet(NORMALISED, full_band_channels=2)
    more = with_wavenet(NORMALISED, full_band_channels=5, channels=9)
    assert can_grow(few, more)
    assert not can_grow(more, few)
    small, large = trained(few), Generator(more).train(training).double()
    with torch.no_grad():
        for layer in small.core.wavenet.layers:  # heard, as after training
            layer.full_band.expand.weight += torch.randn_like(layer.full_band.expand.weight)
    assert_computes_the_same(large, small.train(training).double())
    large.enhance(torch.randn(2, 800).double() * 0.1).square().mean().backward()
    assert all(bool((layer.full_band.expand.weight.grad[:, 2:] != 0).any()) for layer in large.core.wavenet.layers)


def test_fine_levels_come_and_stay() -> None:
    some, other = (with_front_end(NORMALISED, fine_dilations=dilations) for dilations in ((1, 2), (1, 3)))
    assert can_grow(some, some)
    assert not can_grow(some, NORMALISED)
    assert not can_grow(some, other)


@pytest.mark.parametrize("training", [False, True])
def test_fine_levels_become_wider(training: bool) -> None:
    torch.manual_seed(3)
    narrow = with_front_end(NORMALISED, fine_dilations=(1, 2))
    wide = with_front_end(narrow, channels=(9, 12))
    assert can_grow(narrow, wide)
    small, large = trained(narrow), Generator(wide).train(training).double()
    with torch.no_grad():
        for level in small.core.decoder.fine:  # heard, as after training
            level.last.weight += 0.1 * torch.randn_like(level.last.weight)
    assert_computes_the_same(large, small.train(training).double())
    large.enhance(torch.randn(2, 800).double() * 0.1).square().mean().backward()
    decoder = large.core.decoder
    assert bool((decoder.convolutions[0][0].weight.grad[:, 8:] != 0).any())
    assert bool((decoder.fine[1].last.weight.grad[:, 6:] != 0).any())


def test_levels_of_one_sequence_cannot_become_wider() -> None:
    assert not can_grow(FLAT, with_front_end(FLAT, channels=(6, 9)))


def test_new_fine_levels_learn() -> None:
    torch.manual_seed(3)
    large = Generator(LARGER["fine levels"])
    lay_into(large, trained(NORMALISED).state_dict())
    large.enhance(torch.randn(2, 800) * 0.1).square().mean().backward()
    assert all(bool((level.last.weight.grad != 0).any()) for level in large.core.decoder.fine)


def test_a_high_pass_filter_may_be_added_and_taken() -> None:
    high_passed = with_front_end(NORMALISED, high_pass_hz=40.0)
    assert can_grow(NORMALISED, high_passed)
    assert can_grow(high_passed, NORMALISED)
    assert can_grow(NORMALISED, NORMALISED)
