"""The adversarial losses, in one table: what each side gains from a discriminator's scores."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class AdversarialForm:
    """Losses of both sides; scores are (batch,), before any sigmoid, higher for what is held to be real."""

    discriminator: Callable[[Tensor, Tensor], Tensor]  # of scores of real and of generated signals
    generator: Callable[[Tensor], Tensor]  # of scores of generated signals
    clips_weights: bool = False
    penalises_gradients: bool = False
    boundary: float | None = 0.0  # scores above it say "real"; None: a critic, whose scores have no zero


def _critic(real: Tensor, fake: Tensor) -> Tensor:
    return fake.mean() - real.mean()


def _cross_entropy(real: Tensor, fake: Tensor) -> Tensor:
    return functional.softplus(-real).mean() + functional.softplus(fake).mean()


def _hinge(real: Tensor, fake: Tensor) -> Tensor:
    return functional.relu(1 - real).mean() + functional.relu(1 + fake).mean()


FORMS: Mapping[str, AdversarialForm] = {
    # Su et al. 2020, as a replication quotes it: the generator gains nothing above a score of 1
    "hinge": AdversarialForm(_hinge, lambda fake: functional.relu(1 - fake).mean()),
    # MelGAN, and most others who say hinge
    "hinge_unbounded": AdversarialForm(_hinge, lambda fake: -fake.mean()),
    # Mao 2017; HiFi-GAN the vocoder, HiFi-GAN+
    "least_squares": AdversarialForm(
        lambda real, fake: (1 - real).square().mean() + fake.square().mean(),
        lambda fake: (1 - fake).square().mean(),
        boundary=0.5,
    ),
    # Goodfellow 2014, equation 1: the generator lowers log(1 - D), flat where D is sure
    "minimax": AdversarialForm(_cross_entropy, lambda fake: -functional.softplus(fake).mean()),
    # and its section 3: the generator raises log D
    "non_saturating": AdversarialForm(_cross_entropy, lambda fake: functional.softplus(-fake).mean()),
    # Arjovsky 2017
    "wasserstein": AdversarialForm(_critic, lambda fake: -fake.mean(), clips_weights=True, boundary=None),
    # Gulrajani 2017
    "wasserstein_gp": AdversarialForm(_critic, lambda fake: -fake.mean(), penalises_gradients=True, boundary=None),
}


def squared_gradient(scores: Tensor, inputs: Tensor) -> Tensor:
    """(batch,): squared length of the gradient of each item's score by its input; it can be differentiated again.

    inputs: (batch, samples) that require gradients.
    """
    (gradient,) = torch.autograd.grad(scores.sum(), inputs, create_graph=True)
    return gradient.square().sum(dim=1)


def distance_of_gradient_from_one(scores: Tensor, inputs: Tensor) -> Tensor:
    """Mean of (|gradient| - 1) ** 2 (Gulrajani 2017, equation 3, without its weight); a scalar."""
    length = (squared_gradient(scores, inputs) + 1e-12).sqrt()
    return (length - 1).square().mean()
