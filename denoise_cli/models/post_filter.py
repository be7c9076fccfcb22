"""A filter behind the network: what it has lowered by far, it is sure of, and that is lowered further."""

import math

import torch
from torch import Tensor

from denoise_cli.models.front_end import floored_power

FURTHER_DB = 10.0  # without a limit STOI of voicebank falls twice as far (docs/experiments.md, section 12)


def post_filter(estimate: Tensor, spectrum: Tensor, strength: float) -> Tensor:
    """The estimate, lowered further where its gain over the input is small, by 10 dB at most; the zero stays zero.

    estimate, spectrum: (batch, 2, frames, bins), of the output and of the input. strength: 0 or more. With 0.01 a gain
    of -12 dB becomes -12.5 dB, -20 dB becomes -22.9 dB, -24 dB becomes -30 dB.

    Source: Valin et al. 2020, "A Perceptually-Motivated Approach for Low-Complexity, Real-Time Enhancement of Fullband
    Speech", and Schroeter et al. 2023, "DeepFilterNet: Perceptually Motivated Real-Time Speech Enhancement", which has
    this form; the limit is ours.
    """
    gain = (floored_power(estimate).sqrt() / floored_power(spectrum).sqrt()).clamp(max=1.0)
    certainty = torch.sin(math.pi / 2 * gain).square()
    return estimate * lowering(certainty, strength)


def lowering(kept: Tensor, strength: float) -> Tensor:
    """Factors for shares kept, 0 to 1: none is lowered where all is kept, none by more than FURTHER_DB."""
    factor = (1 + strength) * kept / (kept + strength)
    return factor.clamp(min=10 ** (-FURTHER_DB / 20))
