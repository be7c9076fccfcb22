"""Analysis and synthesis around the WaveNet: encoder and decoder over frequency between an STFT and a complex mask."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from denoise_cli.config import FINE_LEVELS, FrontEndConfig
from denoise_cli.models.batch_norm import normalised
from denoise_cli.models.dilated_residual import DilatedResidual

MAGNITUDE_FLOOR = 1e-5


def compress(spectrum: Tensor, exponent: float) -> tuple[Tensor, Tensor]:
    """Compress magnitudes and keep phases.

    spectrum: (batch, 2, frames, bins). Returns (batch, 2, frames, bins), real and imaginary part times
    |X| ** (exponent - 1), and (batch, 1, frames, bins), |X| ** exponent.
    """
    power = floored_power(spectrum)
    magnitude = power ** (exponent / 2)
    return spectrum * (magnitude * power.rsqrt()), magnitude


def floored_power(spectrum: Tensor) -> Tensor:
    """|X| ** 2 of (batch, 2, frames, bins), (batch, 1, frames, bins), never zero: it can be divided by."""
    # clamped, not added to: an exporter may take so small a summand for zero, and silence would be divided by it
    return (spectrum * spectrum).sum(dim=1, keepdim=True).clamp(min=MAGNITUDE_FLOOR**2)


class Encoder(nn.Module):
    """(batch, 3, frames, bins) -> features of every level, the last with the fewest bands."""

    def __init__(self, config: FrontEndConfig) -> None:
        super().__init__()
        widths = [3, *config.channels]
        frames = [config.time_kernel, *[1] * (len(config.channels) - 1)]
        self.convolutions = nn.ModuleList(
            normalised(
                nn.Conv2d(narrow, wide, (time, config.kernel), stride=(1, 2), padding=(time // 2, config.kernel // 2)),
                config.batch_norm,
            )
            for narrow, wide, time in zip(widths[:-1], widths[1:], frames, strict=True)
        )

    def forward(self, planes: Tensor) -> list[Tensor]:
        levels = [planes]
        for convolution in self.convolutions:
            levels.append(functional.leaky_relu(convolution(levels[-1]), 0.1))
        return levels[1:]


class Decoder(nn.Module):
    """Encoder levels and the WaveNet's output -> (batch, 2 * filter_frames, frames, bins), a complex filter.

    Planes are real and imaginary part for each frame it weighs, the earliest first; it starts near the identity.

    Sub-pixel convolutions over frequency: twice the channels become twice the bands. Encoder features are added
    at each level through a 1x1 convolution. With `fine_dilations` the finest levels look at many frames.
    """

    def __init__(self, config: FrontEndConfig, bins: int) -> None:
        super().__init__()
        self.bands = [bins]
        for _ in config.channels:
            self.bands.append((self.bands[-1] + 1) // 2)
        self.centre = config.filter_frames - 1  # plane of the frame's own real part
        widths = [*reversed(config.channels), 2 * config.filter_frames]
        last = len(config.channels) - 1
        self.skips = nn.ModuleList(nn.Conv2d(width, width, 1) for width in widths[:-1])
        fine = widths[:-1][-FINE_LEVELS:] if config.fine_dilations else []
        self.fine = nn.ModuleList(DilatedResidual(width, config.fine_dilations, config.batch_norm) for width in fine)
        self.reach = config.time_kernel // 2 + len(fine) * sum(config.fine_dilations)  # frames to each side
        self.convolutions = nn.ModuleList()
        for number, (wide, narrow) in enumerate(zip(widths[:-1], widths[1:], strict=True)):
            time = config.time_kernel if number == last else 1
            convolution = nn.Conv2d(wide, 2 * narrow, (time, 3), padding=(time // 2, 1))
            self.convolutions.append(normalised(convolution, config.batch_norm and number < last))

    def forward(self, hidden: Tensor, levels: list[Tensor]) -> Tensor:
        last = len(levels) - 1
        first_fine = len(levels) - len(self.fine)
        for number, (skip, convolution) in enumerate(zip(self.skips, self.convolutions, strict=True)):
            hidden = hidden + skip(levels[last - number])
            if number >= first_fine:
                hidden = hidden + self.fine[number - first_fine](hidden)
            hidden = interleave_bands(convolution(hidden))[..., : self.bands[last - number]]
            if number < last:
                hidden = functional.leaky_relu(hidden, 0.1)
        centre = self.centre
        return torch.cat([hidden[:, :centre], hidden[:, centre : centre + 1] + 1, hidden[:, centre + 1 :]], dim=1)


def interleave_bands(features: Tensor) -> Tensor:
    """(batch, 2 * channels, frames, bands) -> (batch, channels, frames, 2 * bands)."""
    even, odd = features.chunk(2, dim=1)
    return torch.stack([even, odd], dim=-1).flatten(-2)


def filter_frames(weights: Tensor, spectrum: Tensor) -> Tensor:
    """Weighted sum of neighbouring frames, zeros beyond the ends (deep filtering: Mack and Habets 2020, eq. 2).

    weights: (batch, 2 * frames weighed, frames, bins), the earliest first. spectrum: (batch, 2, frames, bins).
    """
    weighed = weights.shape[1] // 2
    padded = functional.pad(spectrum, (0, 0, weighed // 2, weighed // 2))
    frames = spectrum.shape[2]
    products = [
        multiply_complex(weights[:, 2 * number : 2 * number + 2], padded[:, :, number : number + frames])
        for number in range(weighed)
    ]
    return torch.stack(products).sum(dim=0) if weighed > 1 else products[0]


def multiply_complex(mask: Tensor, spectrum: Tensor) -> Tensor:
    """Complex product of two (batch, 2, frames, bins)."""
    real = mask[:, 0] * spectrum[:, 0] - mask[:, 1] * spectrum[:, 1]
    imaginary = mask[:, 0] * spectrum[:, 1] + mask[:, 1] * spectrum[:, 0]
    return torch.stack([real, imaginary], dim=1)
