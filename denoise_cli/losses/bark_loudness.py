"""A differentiable distance of Bark loudness, after the perceptual model of ITU-T P.862 (PESQ).

What is kept of P.862 stands in `losses.hearing`. What is left out on purpose: time alignment, and the compensation of
level and of linear filtering, so that this distance also punishes a wrong level; `losses.pesq_disturbance` has them.
The unit is PESQ's: 0.1 * symmetric + 0.0309 * asymmetric disturbance, to be subtracted from 4.5.
"""

import torch
from torch import Tensor, nn

from denoise_cli.losses.hearing import Ear

LISTENING_LEVEL_DB = 79.0  # sound pressure level that the target's active speech is played at


class BarkLoudnessLoss(nn.Module):
    """forward(estimate, target): (batch, samples) at 16 kHz twice -> a scalar, 0 for equal signals, in units of PESQ.

    Both are scaled by the one gain that brings the target's active part to 79 dB SPL.
    """

    def __init__(self) -> None:
        super().__init__()
        self.ear = Ear()

    def forward(self, estimate: Tensor, target: Tensor) -> Tensor:
        gain = _listening_gain(target)
        ours, theirs = self.ear.band_power(estimate * gain), self.ear.band_power(target * gain)
        return self.ear.disturbance(ours, theirs, theirs.sum(dim=-1)).mean()


def _listening_gain(target: Tensor) -> Tensor:
    """(batch, 1): brings the active part of each target to LISTENING_LEVEL_DB; 1 for a silent one."""
    blocks = target.unfold(-1, 320, 320).square().mean(dim=-1)
    active = blocks > 1e-3 * blocks.amax(dim=-1, keepdim=True)
    power = (blocks * active).sum(dim=-1) / active.sum(dim=-1).clamp(min=1)
    gain = (10 ** (LISTENING_LEVEL_DB / 10) / power.clamp(min=1e-10)).sqrt()
    return torch.where(power > 1e-10, gain, torch.ones_like(gain))[:, None]
