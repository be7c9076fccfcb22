"""Every adversarial form: who gains from what."""

import math

import pytest
import torch
from torch import Tensor

from denoise_cli.losses.adversarial import FORMS, AdversarialForm, distance_of_gradient_from_one, squared_gradient
from denoise_cli.losses.feature_matching import feature_matching_loss

LOW, HIGH = torch.tensor([-3.0, -2.0]), torch.tensor([2.0, 3.0])
ALL = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


def slope(form: AdversarialForm, score: float) -> float:
    fake = torch.tensor([score], requires_grad=True)
    (gradient,) = torch.autograd.grad(form.generator(fake), fake)
    return float(gradient)


@ALL
def test_the_discriminator_loses_less_when_it_tells_them_apart(form: AdversarialForm) -> None:
    assert form.discriminator(0.3 * HIGH, 0.3 * LOW) < form.discriminator(0.3 * LOW, 0.3 * HIGH)


@ALL
def test_the_generator_gains_by_a_higher_score(form: AdversarialForm) -> None:
    assert slope(form, -1.0) < 0


def test_the_values_of_each_form() -> None:
    real, fake = torch.tensor([0.5]), torch.tensor([-0.25])
    expected = {
        "hinge": (0.5 + 0.75, 1.25),
        "hinge_unbounded": (0.5 + 0.75, 0.25),
        "least_squares": (0.25 + 0.0625, 1.5625),
        "minimax": (math.log(1 + math.exp(-0.5)) + math.log(1 + math.exp(-0.25)), -math.log(1 + math.exp(-0.25))),
        "non_saturating": (math.log(1 + math.exp(-0.5)) + math.log(1 + math.exp(-0.25)), math.log(1 + math.exp(0.25))),
        "wasserstein": (-0.75, 0.25),
        "wasserstein_gp": (-0.75, 0.25),
    }
    assert expected.keys() == FORMS.keys()
    for name, (discriminator, generator) in expected.items():
        assert float(FORMS[name].discriminator(real, fake)) == pytest.approx(discriminator, abs=1e-6), name
        assert float(FORMS[name].generator(fake)) == pytest.approx(generator, abs=1e-6), name


def test_where_each_form_stops_teaching_the_generator() -> None:
    assert slope(FORMS["hinge"], 1.5) == 0  # the clamped hinge: content above 1
    assert slope(FORMS["hinge_unbounded"], 1.5) == -1
    assert abs(slope(FORMS["minimax"], -8.0)) < 1e-3  # vanishes where the discriminator is sure ...
    assert slope(FORMS["non_saturating"], -8.0) == pytest.approx(-1, abs=1e-3)  # ... which this one was made for


def test_gradient_penalties_are_those_of_a_linear_critic() -> None:
    inputs = torch.randn(4, 9, generator=torch.Generator().manual_seed(0)).requires_grad_(True)
    weight = torch.full((9,), 0.5, requires_grad=True)  # of length 1.5
    torch.testing.assert_close(squared_gradient(inputs @ weight, inputs), torch.full((4,), 2.25))
    penalty = distance_of_gradient_from_one(inputs @ weight, inputs)
    assert float(penalty.detach()) == pytest.approx(0.25, abs=1e-5)
    penalty.backward()
    assert weight.grad is not None and float(weight.grad.abs().sum()) > 0


def layers(seed: int) -> list[Tensor]:
    source = torch.Generator().manual_seed(seed)
    return [torch.randn(2, 4, frames, generator=source) for frames in (1000, 250, 10)]


def test_feature_matching_is_the_mean_over_elements_then_over_layers() -> None:
    """One public implementation divides by channels alone: layers with more time then weigh four times more each."""
    real = layers(0)
    assert float(feature_matching_loss(real, real)) == 0
    for number in range(3):
        fake = [layer + 0.3 * (place == number) for place, layer in enumerate(real)]
        assert float(feature_matching_loss(real, fake)) == pytest.approx(0.1, abs=1e-6)


def test_feature_matching_moves_only_what_is_generated() -> None:
    real, fake = ([layer.requires_grad_(True) for layer in layers(seed)] for seed in (0, 1))
    feature_matching_loss(real, fake).backward()
    assert all(layer.grad is None for layer in real)
    assert all(layer.grad is not None for layer in fake)
