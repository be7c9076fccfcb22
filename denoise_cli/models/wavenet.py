"""Feed-forward WaveNet: gated dilated convolutions with skips (Su et al. 2020, section 2; Rethage et al. 2018)."""

import torch
from torch import Tensor, nn

from denoise_cli.config import WaveNetConfig
from denoise_cli.models.batch_norm import normalised
from denoise_cli.models.full_band import FullBand

RESIDUAL_GAIN = 0.3  # of normalised residuals at the start: ten of them add up to one


class GatedLayer(nn.Module):
    """tanh(filter) * sigmoid(gate) of one dilated convolution, then a residual and a skip convolution.

    With `full_band_channels` the hidden state first gets its full-band linear map added.
    """

    def __init__(self, config: WaveNetConfig, dilation: int, bands: int) -> None:
        super().__init__()
        channels = config.channels
        reach = dilation * (config.kernel - 1) // 2
        gated = nn.Conv2d(channels, 2 * channels, (config.kernel, 1), padding=(reach, 0), dilation=(dilation, 1))
        residual = nn.Conv2d(channels, channels, (1, config.band_kernel), padding=(0, (config.band_kernel - 1) // 2))
        self.gated = normalised(gated, config.batch_norm)
        self.residual = normalised(residual, config.batch_norm, gain=RESIDUAL_GAIN)
        self.skip = nn.Conv2d(channels, channels, 1)
        squeezed = config.full_band_channels
        self.full_band = FullBand(channels, squeezed, bands, config.batch_norm) if squeezed else None

    def forward(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, channels, time, bands) -> the same twice: the next hidden state and this layer's skip."""
        if self.full_band is not None:
            hidden = hidden + self.full_band(hidden)
        gated = self.gated(hidden)
        filtered, gate = gated if isinstance(gated, tuple) else gated.chunk(2, dim=1)  # see models.export_form
        activation = torch.tanh(filtered) * torch.sigmoid(gate)
        return hidden + self.residual(activation), self.skip(activation)


class WaveNet(nn.Module):
    """(batch, in_channels, time, bands) -> (batch, out_channels, time, bands); length and alignment are kept.

    At samples there is one band. Behind a front end with bands the weights are shared over them, and the residual
    convolution of width `band_kernel` lets them see each other, as the full-band maps do; with `band_kernel` 1 and
    without maps the network is the paper's.
    """

    def __init__(self, config: WaveNetConfig, in_channels: int, out_channels: int, bands: int = 1) -> None:
        super().__init__()
        self.config = config
        self.input = nn.Conv2d(in_channels, config.channels, 1)
        self.layers = nn.ModuleList(
            GatedLayer(config, 2**layer, bands) for _ in range(config.stacks) for layer in range(config.layers)
        )
        self.head = _head(config, out_channels)

    @property
    def reach(self) -> int:
        """Steps of time that the output looks to each side."""
        side = (self.config.kernel - 1) // 2
        head = (self.config.head_kernel - 1) // 2 * len(self.config.head_channels)
        return side * self.config.stacks * ((1 << self.config.layers) - 1) + head

    def forward(self, inputs: Tensor) -> Tensor:
        hidden = self.input(inputs)
        total: Tensor | None = None
        for layer in self.layers:
            hidden, skip = layer(hidden)
            total = skip if total is None else total + skip
        output: Tensor = self.head(total)
        return output


def _head(config: WaveNetConfig, out_channels: int) -> nn.Sequential:
    """ReLU and a convolution for each of head_channels, then ReLU and a 1x1 convolution."""
    modules: list[nn.Module] = []
    channels = config.channels
    padding = ((config.head_kernel - 1) // 2, 0)
    for width in config.head_channels:
        modules += [nn.ReLU(), nn.Conv2d(channels, width, (config.head_kernel, 1), padding=padding)]
        channels = width
    return nn.Sequential(*modules, nn.ReLU(), nn.Conv2d(channels, out_channels, 1))
