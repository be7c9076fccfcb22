"""A discriminator that predicts a metric of an estimate against its target (MetricGAN: Fu et al. 2019, 1905.04874).

The network is that of CMGAN (Cao, Abdulatif, Yang 2022, arXiv 2203.15149) without its dropout: four convolutions with
spectral norm on compressed magnitudes of both signals. Not in the paper of this package.
"""

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from denoise_cli.config import DiscriminatorConfig
from denoise_cli.models.stft_discriminator import spectrogram

N_FFT, HOP_LENGTH = 512, 256
COMPRESSION = 0.3


class MetricDiscriminator(nn.Module):
    """forward(target, estimate), (batch, samples) each -> (batch,): the metric that it predicts, in 0..1."""

    window: Tensor

    def __init__(self, config: DiscriminatorConfig, sample_rate: int) -> None:
        super().__init__()
        self.register_buffer("window", torch.hann_window(N_FFT), persistent=False)
        layers: list[nn.Module] = []
        narrow = 2
        for wide in (config.channels * factor for factor in (1, 2, 4, 8)):
            layers.append(spectral_norm(nn.Conv2d(narrow, wide, 4, stride=2, padding=1, bias=False)))
            layers += [nn.InstanceNorm2d(wide, affine=True), nn.PReLU(wide)]
            narrow = wide
        self.layers = nn.Sequential(*layers)
        self.head = nn.Sequential(
            spectral_norm(nn.Linear(narrow, narrow // 2)), nn.PReLU(), spectral_norm(nn.Linear(narrow // 2, 1))
        )

    def forward(self, target: Tensor, estimate: Tensor) -> Tensor:
        planes = [spectrogram(one, self.window, HOP_LENGTH) for one in (target, estimate)]
        hidden = self.layers((torch.stack(planes, dim=1) + 1e-7) ** COMPRESSION)
        predicted: Tensor = self.head(hidden.amax(dim=(2, 3)))[:, 0]
        return torch.sigmoid(predicted)
