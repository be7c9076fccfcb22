"""A filter behind the network: frames that have little left in every band are pauses, and those are lowered further."""

from torch import Tensor
from torch.nn import functional

from denoise_cli.models.front_end import floored_power
from denoise_cli.models.post_filter import lowering

BANDS = 16  # of 500 Hz at 16 kHz: what speaks in one of them keeps the whole frame
FAINT = 1e-3  # of the mean band's power: what a band far below that keeps is no speech, but an empty part of the input
REACH = 2  # frames to each side that a frame with speech keeps, too


def pause_filter(estimate: Tensor, spectrum: Tensor, strength: float) -> Tensor:
    """The estimate, each frame lowered by one factor, 10 dB at most, where no band of it or of those near has speech.

    estimate, spectrum: (batch, 2, frames, bins), of the output and of the input. strength: 0 or more. With 0.3 a frame
    that keeps -3 dB of the input's power in its best band becomes 1.8 dB lower, -6 dB 4.5 dB, from -10 dB on 10 dB.

    The gain rule of a Wiener filter, on the power that the network has left. `models.post_filter` lowers single bins,
    those of weak speech as well: for as much DNSMOS BAK of real recordings it takes more PESQ (docs/experiments.md,
    section 19).
    """
    power = _band_power(spectrum)
    bands = power.shape[-1]
    kept = _band_power(estimate) / power.maximum(FAINT * functional.avg_pool2d(power, (1, bands)))
    best = functional.max_pool2d(kept, (2 * REACH + 1, bands), stride=1, padding=(REACH, 0)).clamp(max=1.0)
    return estimate * lowering(best, strength)


def _band_power(spectrum: Tensor) -> Tensor:
    """(batch, 2, frames, bins) -> (batch, 1, frames, bands), without the bin of 0 Hz."""
    power = floored_power(spectrum)[..., 1:]
    return functional.avg_pool2d(power, (1, max(power.shape[-1] // BANDS, 1)))
