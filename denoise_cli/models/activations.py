"""What a discriminator's layers make of a signal: feature matching compares it."""

from collections.abc import Iterable

from torch import Tensor, nn
from torch.nn import functional


def activations(layers: Iterable[nn.Module], hidden: Tensor, slope: float) -> tuple[Tensor, list[Tensor]]:
    """Each layer, then a leaky ReLU, one after the other: the last one's activations, and those of all in order."""
    features: list[Tensor] = []
    for layer in layers:
        hidden = functional.leaky_relu(layer(hidden), slope)
        features.append(hidden)
    return hidden, features
