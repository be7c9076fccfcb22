"""The discriminators of the HiFi-GAN vocoder (Kong, Kim, Bae 2020, arXiv 2010.05646): of periods and of scales.

Not in the paper of this package. An entry is one period or one scale; the vocoder has five (2, 3, 5, 7, 11) and three
(1, 2, 4). Widths are the vocoder's when the config's `channels` is 16, else in proportion.
"""

import math

from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm, weight_norm

from denoise_cli.config import DiscriminatorConfig
from denoise_cli.models.activations import activations

LEAKY_SLOPE = 0.1
PERIOD_WIDTHS = (32, 128, 512, 1024, 1024)
# width, kernel, stride, groups
SCALE_LAYERS = (
    (128, 15, 1, 1), (128, 41, 2, 4), (256, 41, 2, 16), (512, 41, 4, 16), (1024, 41, 4, 16), (1024, 41, 1, 16),
    (1024, 5, 1, 1),
)  # fmt: skip


class PeriodDiscriminator(nn.Module):
    """(batch, samples) -> scores (batch, places) and the activations of every layer before them.

    Every `period`-th sample makes a column; kernels of 5x1 look along columns only, which share their weights.
    """

    def __init__(self, config: DiscriminatorConfig, sample_rate: int) -> None:
        super().__init__()
        self.period = config.period
        widths = [1, *(width * config.channels // 16 for width in PERIOD_WIDTHS)]
        strides = (3, 3, 3, 3, 1)
        self.layers = nn.ModuleList(
            weight_norm(nn.Conv2d(narrow, wide, (5, 1), (stride, 1), (2, 0)))
            for narrow, wide, stride in zip(widths[:-1], widths[1:], strides, strict=True)
        )
        self.output = weight_norm(nn.Conv2d(widths[-1], 1, (3, 1), padding=(1, 0)))

    def forward(self, waveform: Tensor) -> tuple[Tensor, list[Tensor]]:
        missing = -waveform.shape[-1] % self.period
        hidden = functional.pad(waveform[:, None], (0, missing), mode="reflect")
        hidden = hidden.unflatten(-1, (-1, self.period))  # (batch, 1, rows, period)
        hidden, features = activations(self.layers, hidden, LEAKY_SLOPE)
        scores: Tensor = self.output(hidden)
        return scores.flatten(1), features


class ScaleDiscriminator(nn.Module):
    """(batch, samples) -> scores (batch, frames) and the activations of every layer before them.

    First its input is averaged to a `pooling`-th of the rate. As in the vocoder, weights have spectral norm at full
    rate and weight norm below.
    """

    def __init__(self, config: DiscriminatorConfig, sample_rate: int) -> None:
        super().__init__()
        norm = spectral_norm if config.pooling == 1 else weight_norm
        self.pool = nn.Sequential(*(nn.AvgPool1d(4, 2, padding=2) for _ in range(int(math.log2(config.pooling)))))
        narrow, layers = 1, []
        for full_width, kernel, stride, full_groups in SCALE_LAYERS:
            wide = full_width * config.channels // 16
            groups = math.gcd(full_groups, math.gcd(narrow, wide))
            layers.append(norm(nn.Conv1d(narrow, wide, kernel, stride, kernel // 2, groups=groups)))
            narrow = wide
        self.layers = nn.ModuleList(layers)
        self.output = norm(nn.Conv1d(narrow, 1, 3, padding=1))

    def forward(self, waveform: Tensor) -> tuple[Tensor, list[Tensor]]:
        hidden = self.pool(waveform[:, None])
        hidden, features = activations(self.layers, hidden, LEAKY_SLOPE)
        scores: Tensor = self.output(hidden)
        return scores[:, 0], features
