"""Distances of samples: L1 (Su et al. 2020) and the scale-invariant signal-to-distortion ratio."""

import torch
from torch import Tensor
from torch.nn import functional

CEILING = 1e-3  # residual over target at which more is not worth having: 30 dB


def l1_loss(estimate: Tensor, target: Tensor) -> Tensor:
    """Mean absolute difference of (batch, samples); a scalar."""
    return functional.l1_loss(estimate, target)


def si_sdr_loss(estimate: Tensor, target: Tensor) -> Tensor:
    """Minus a tenth of the SI-SDR in dB, mean over the batch; a scalar. Means are not removed.

    estimate, target: (batch, samples). Saturates at 30 dB, so that clean inputs do not dominate. Items whose target
    is silent count as zero.
    """
    target_power = target.square().sum(dim=-1)
    scale = (estimate * target).sum(dim=-1, keepdim=True) / (target_power[:, None] + 1e-8)
    return _log_ratio(estimate, scale * target, target_power)


def snr_loss(estimate: Tensor, target: Tensor) -> Tensor:
    """As `si_sdr_loss`, but of the target as it is: a wrong level costs too.

    With perceptual losses, which forgive a level some decibels too low, SI-SDR alone let a model fall 4.7 dB.
    """
    return _log_ratio(estimate, target, target.square().sum(dim=-1))


def _log_ratio(estimate: Tensor, wanted: Tensor, target_power: Tensor) -> Tensor:
    ratio = (estimate - wanted).square().sum(dim=-1) / (wanted.square().sum(dim=-1) + 1e-8)
    per_item = torch.log10(ratio + CEILING)
    return torch.where(target_power > 1e-4, per_item, torch.zeros_like(per_item)).mean()
