"""A full-band linear map: what one band holds reaches all others, with weights of each band's own."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from denoise_cli.models.batch_norm import normalised


class FullBand(nn.Module):
    """(batch, channels, time, bands) -> the same, to be added to the input; zeros at the start.

    Weights that are shared over bands cannot tell a low band from a high one. Here few channels of all bands are one
    vector per frame, and a matrix mixes it (full-band linear module: Quan and Li 2023, "SpatialNet", section III-C).
    """

    def __init__(self, channels: int, squeezed: int, bands: int, batch_norm: bool) -> None:
        super().__init__()
        width = squeezed * bands
        self.squeeze = normalised(nn.Conv2d(channels, squeezed, 1), batch_norm)
        self.mix = normalised(nn.Conv2d(width, width, 1), batch_norm)
        self.expand = nn.Conv2d(squeezed, channels, 1)
        self.silence()

    @torch.no_grad()
    def silence(self) -> None:
        """Let it add zeros, as at the start."""
        for parameter in self.expand.parameters():
            nn.init.zeros_(parameter)

    def forward(self, hidden: Tensor) -> Tensor:
        squeezed = functional.leaky_relu(self.squeeze(hidden), 0.1)
        mixed = functional.leaky_relu(self.mix(bands_to_channels(squeezed)), 0.1)
        expanded: Tensor = self.expand(channels_to_bands(mixed, squeezed.shape[-1]))
        return expanded


def bands_to_channels(features: Tensor) -> Tensor:
    """(batch, channels, frames, bands) -> (batch, channels * bands, frames, 1)."""
    batch, channels, frames, bands = features.shape
    return features.permute(0, 1, 3, 2).reshape(batch, channels * bands, frames, 1)


def channels_to_bands(sequence: Tensor, bands: int) -> Tensor:
    """(batch, channels * bands, frames, 1) -> (batch, channels, frames, bands); undoes `bands_to_channels`."""
    batch, width, frames, _ = sequence.shape
    return sequence.reshape(batch, width // bands, bands, frames).permute(0, 1, 3, 2)
