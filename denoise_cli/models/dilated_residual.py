"""Convolutions over many frames at the decoder's fine levels, where harmonics, which last, are told from noise."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from denoise_cli.models.batch_norm import normalised


class DilatedResidual(nn.Module):
    """(batch, channels, frames, bands) -> the same, to be added to the input; zeros at the start.

    Dilated over frames, one convolution a number. The WaveNet looks further, but at few bands, each many harmonics
    wide; its weights, as these, are shared over bands.
    """

    def __init__(self, channels: int, dilations: tuple[int, ...], batch_norm: bool) -> None:
        super().__init__()
        convolutions = [
            nn.Conv2d(channels, channels, 3, padding=(dilation, 1), dilation=(dilation, 1)) for dilation in dilations
        ]
        self.inner = nn.ModuleList(normalised(convolution, batch_norm) for convolution in convolutions[:-1])
        self.last = convolutions[-1]
        self.silence()

    @torch.no_grad()
    def silence(self) -> None:
        """Let it add zeros, as at the start."""
        for parameter in self.last.parameters():
            nn.init.zeros_(parameter)

    def forward(self, hidden: Tensor) -> Tensor:
        for convolution in self.inner:
            hidden = functional.leaky_relu(convolution(hidden), 0.1)
        added: Tensor = self.last(hidden)
        return added
