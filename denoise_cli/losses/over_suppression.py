"""What an estimate lacks of the target's spectrum: speech that was taken away costs more than noise that stays."""

from torch import Tensor
from torch.nn import functional

from denoise_cli.losses.compressed_spectrum import MAGNITUDE_WEIGHT, compressed


def over_suppression_loss(estimate: Tensor, target: Tensor) -> Tensor:
    """70 * mean of max(|X| ** 0.3 - |Y| ** 0.3, 0) ** 2, X of the target, Y of the estimate; a scalar.

    estimate, target: (batch, samples) at 16 kHz, in [-1, 1]. The half of `compressed_spectrum`'s error of magnitudes
    that listeners call loss of speech; beside that loss it weighs this half more, as a post-filter behind the network
    takes what is left of the noise. Source: the asymmetric loss of Wang et al. 2020, "VoiceFilter-Lite", section 2.3.
    """
    _, ours = compressed(estimate)
    _, theirs = compressed(target)
    return MAGNITUDE_WEIGHT * functional.relu(theirs - ours).square().mean()
