"""A discriminator of linear magnitude spectrograms at one resolution (UnivNet: Jang et al. 2021, arXiv 2106.07889).

Not in the paper of this package. Several entries make the multi-resolution discriminator; UnivNet has FFT sizes of
1024, 2048 and 512 with hops of about an eighth of them.
"""

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from denoise_cli.config import DiscriminatorConfig
from denoise_cli.models.activations import activations

LEAKY_SLOPE = 0.2


class StftDiscriminator(nn.Module):
    """(batch, samples) -> scores (batch, places) and the activations of every layer before them.

    Convolutions of 3 frames by 9 bins, three of them with stride 2 over bins. The window has the FFT's length.
    """

    window: Tensor

    def __init__(self, config: DiscriminatorConfig, sample_rate: int) -> None:
        super().__init__()
        self.n_fft, self.hop_length = config.n_fft, config.hop_length
        self.register_buffer("window", torch.hann_window(config.n_fft), persistent=False)
        width = 2 * config.channels  # 32, as UnivNet
        layers = [nn.Conv2d(1, width, (3, 9), padding=(1, 4))]
        layers += [nn.Conv2d(width, width, (3, 9), stride=(1, 2), padding=(1, 4)) for _ in range(3)]
        layers.append(nn.Conv2d(width, width, 3, padding=1))
        self.layers = nn.ModuleList(weight_norm(layer) for layer in layers)
        self.output = weight_norm(nn.Conv2d(width, 1, 3, padding=1))

    def forward(self, waveform: Tensor) -> tuple[Tensor, list[Tensor]]:
        hidden = spectrogram(waveform, self.window, self.hop_length)[:, None]
        hidden, features = activations(self.layers, hidden, LEAKY_SLOPE)
        scores: Tensor = self.output(hidden)
        return scores.flatten(1), features


def spectrogram(waveform: Tensor, window: Tensor, hop_length: int) -> Tensor:
    """(batch, samples) -> magnitudes (batch, frames, bins), never in reduced precision, with a gradient at zero."""
    with torch.autocast(waveform.device.type, enabled=False):
        spectrum = torch.view_as_real(
            torch.stft(
                waveform, len(window), hop_length, window=window, center=True, pad_mode="constant", return_complex=True
            )
        )
        magnitude: Tensor = (spectrum.square().sum(dim=-1) + 1e-14).sqrt().transpose(1, 2)
        return magnitude
