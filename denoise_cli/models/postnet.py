"""PostNet: convolutions with tanh after each, that refine the WaveNet's estimate (Su et al. 2020, figure 1)."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from denoise_cli.config import PostNetConfig

# A fixed gain in front of the first layer and its inverse before the last tanh: small enough that tanh is linear on
# the way through the hidden layers (tanh(0.1) = 0.0997). It could be part of the weights, but a weight of 0.1 moves
# ten times as far, relative to itself, with each step of Adam: in a trial the output stayed 0.06 PESQ below the input.
CARRIER_GAIN = 0.1


class PostNet(nn.Module):
    """(batch, planes, time, bands) -> the same; y2 = PostNet(y1) with no residual around it.

    It starts near the identity, so that stage 2 does not start from noise: in each layer the first `planes` channels
    carry the input through the kernel's centre tap, and all other weights keep a small share of their usual random
    start. Without noise the output is tanh(input) to 1 %.

    An even kernel of size k is padded by (k/2 - 1, k/2): length and alignment are kept.
    """

    def __init__(self, config: PostNetConfig, planes: int = 1) -> None:
        super().__init__()
        self.config = config
        widths = [planes, *[config.channels] * (config.layers - 1), planes]
        kernel = (config.kernel, config.band_kernel)
        self.convolutions = nn.ModuleList(
            nn.Conv2d(narrow, wide, kernel) for narrow, wide in zip(widths[:-1], widths[1:], strict=True)
        )
        self._start_near_identity(planes)

    @property
    def reach(self) -> tuple[int, int]:
        """Steps of time that the output looks to the left and to the right."""
        left, right = _padding(self.config.kernel)
        return left * self.config.layers, right * self.config.layers

    def forward(self, estimate: Tensor) -> Tensor:
        padding = (*_padding(self.config.band_kernel), *_padding(self.config.kernel))
        *hidden, last = self.convolutions
        signal = CARRIER_GAIN * estimate
        for convolution in hidden:
            signal = torch.tanh(convolution(functional.pad(signal, padding)))
        return torch.tanh(last(functional.pad(signal, padding)) / CARRIER_GAIN)

    @torch.no_grad()
    def _start_near_identity(self, planes: int) -> None:
        centre = (_padding(self.config.kernel)[0], _padding(self.config.band_kernel)[0])
        for number, convolution in enumerate(self.convolutions):
            weight, bias = convolution.get_parameter("weight"), convolution.get_parameter("bias")
            is_last = number == len(self.convolutions) - 1
            weight.mul_(0.1 * CARRIER_GAIN if is_last else 0.1)
            weight[:planes] *= 1.0 if is_last else 0.01  # the carriers stay clean
            bias.zero_()
            for plane in range(planes):
                weight[plane, plane, centre[0], centre[1]] = 1.0


def _padding(kernel: int) -> tuple[int, int]:
    return (kernel - 1) // 2, kernel // 2
