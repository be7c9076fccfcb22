"""Deep feature matching: the generator imitates what real signals do to a discriminator's layers."""

from collections.abc import Sequence

import torch
from torch import Tensor


def feature_matching_loss(real: Sequence[Tensor], fake: Sequence[Tensor]) -> Tensor:
    """Mean |difference| of each layer's activations, averaged over layers; a scalar.

    real, fake: one tensor a layer, of equal shapes, without the layer of the score. Means over all elements: a layer
    with more steps in time weighs no more. `real` gets no gradient.
    """
    distances = [(ours - theirs.detach()).abs() for theirs, ours in zip(real, fake, strict=True)]
    exact = [distance.to(torch.promote_types(distance.dtype, torch.float32)).mean() for distance in distances]
    return torch.stack(exact).mean()
