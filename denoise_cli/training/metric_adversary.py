"""Discriminators that predict PESQ: what they learn from, and what the generator hears of them (Fu et al. 2019)."""

import torch
from torch import Tensor

from denoise_cli.errors import MetricUndefined
from denoise_cli.metrics.pesq import wideband_pesq
from denoise_cli.models.discriminators import Discriminators


def metric_losses(discriminators: Discriminators, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
    """By name, the mean squared error of predictions for targets against themselves, 1, and for estimates.

    real, fake: (batch, samples). PESQ is computed on the CPU, 0.1 s or more an item; items on which it fails count
    as predicted rightly.
    """
    if not discriminators.metric_members:
        return {}
    wanted, known = normalised_pesq(real, fake, discriminators.sample_rate)
    losses = {}
    for name, member in discriminators.metric_members.items():
        error = (member(real, real) - 1).square() + known * (member(real, fake) - wanted).square()
        losses[name] = error.mean()
    return losses


def metric_gain(discriminators: Discriminators, real: Tensor, fake: Tensor) -> Tensor:
    """What is missing to a predicted metric of 1, squared, summed over discriminators; gradients reach `fake`."""
    gain = fake.new_zeros(())
    for member in discriminators.metric_members.values():
        gain = gain + (member(real, fake) - 1).square().mean()
    return gain


def normalised_pesq(real: Tensor, fake: Tensor, sample_rate: int) -> tuple[Tensor, Tensor]:
    """((PESQ - 1) / 3.5 clipped to 0..1, whether it is known), (batch,) each, as floats on the device of `fake`.

    Raises MissingPackage without `pesq`.
    """
    wanted, known = torch.zeros(len(real)), torch.zeros(len(real))
    for number, (target, estimate) in enumerate(zip(real.cpu().numpy(), fake.cpu().numpy(), strict=True)):
        try:
            wanted[number] = (wideband_pesq(target, estimate, sample_rate) - 1) / 3.5
        except MetricUndefined:
            continue
        known[number] = 1
    return wanted.clamp(0, 1).to(fake), known.to(fake)
