"""The disturbance of wide-band PESQ (ITU-T P.862.2), differentiable: what 4.5 minus the raw score is.

As in P.862, both signals come to one level, the target takes on the estimate's average spectrum where that differs by
less than 20 dB, and the estimate the target's level from frame to frame: what is left is heard as disturbance. Left out
is the alignment in time. A level or a colour of its own costs nothing here, so another loss has to hold these.
"""

import torch
from torch import Tensor, nn

from denoise_cli.losses.hearing import SAMPLE_RATE, Ear

ALIGNED_BAND_HZ = (350.0, 3250.0)  # P.862, 10.1.2: both levels are measured here ...
ALIGNED_LEVEL_DB = 84.0  # ... and brought to this, re 20 micropascal
AUDIBLE_POWER = 1e6  # of a frame, far above the threshold: softer ones say nothing of the average spectrum


class PesqDisturbanceLoss(nn.Module):
    """forward(estimate, target): (batch, samples) at 16 kHz twice -> a scalar, 0 for equal signals, in units of PESQ.

    Items whose target is silent count as zero.
    """

    def __init__(self) -> None:
        super().__init__()
        self.ear = Ear()

    def forward(self, estimate: Tensor, target: Tensor) -> Tensor:
        ours = self.ear.band_power(_at_one_level(estimate))
        theirs = self.ear.band_power(_at_one_level(target))
        theirs = self._with_average_spectrum_of(ours, theirs)
        ours = self._with_frame_levels_of(theirs, ours)
        disturbance = self.ear.disturbance(ours, theirs, self._audible(theirs, 1).sum(dim=-1))
        return torch.where(target.square().sum(dim=-1) > 1e-4, disturbance, torch.zeros_like(disturbance)).mean()

    def _audible(self, power: Tensor, above: float) -> Tensor:
        """(batch, frames, bands), powers that exceed `above` times the threshold of hearing; others are zero."""
        return power * (power > above * self.ear.threshold)

    def _with_average_spectrum_of(self, ours: Tensor, theirs: Tensor) -> Tensor:
        """The target's powers, filtered to the estimate's average spectrum by at most 20 dB (P.862, 10.2.1.3)."""
        speaks = self._audible(theirs, 100).sum(dim=-1, keepdim=True) > AUDIBLE_POWER
        our_mean = (self._audible(ours, 100) * speaks).mean(dim=1, keepdim=True)
        their_mean = (self._audible(theirs, 100) * speaks).mean(dim=1, keepdim=True)
        return theirs * ((our_mean + 1e3) / (their_mean + 1e3)).clamp(0.01, 100)

    def _with_frame_levels_of(self, theirs: Tensor, ours: Tensor) -> Tensor:
        """The estimate's powers with the target's level in each frame, a little smoothed (P.862, 10.2.1.4)."""
        ratio = (self._audible(theirs, 1).sum(dim=-1) + 5e3) / (self._audible(ours, 1).sum(dim=-1) + 5e3)
        before = torch.cat([ratio[:, :1], ratio[:, :-1]], dim=1)
        return ours * (0.8 * ratio + 0.2 * before).clamp(3e-4, 5)[..., None]


def _at_one_level(waveform: Tensor) -> Tensor:
    """Scaled so that its power between 350 and 3250 Hz is ALIGNED_LEVEL_DB; silence stays."""
    spectrum = torch.view_as_real(torch.fft.rfft(waveform))
    samples = waveform.shape[-1]
    low, high = (round(edge * samples / SAMPLE_RATE) for edge in ALIGNED_BAND_HZ)
    power = 2 * spectrum[:, low:high].square().sum(dim=(1, 2)) / samples**2
    return waveform * (10 ** (ALIGNED_LEVEL_DB / 10) / power.clamp(min=1e-10)).sqrt()[:, None]
