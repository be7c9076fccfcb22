"""The waveform discriminator: MelGAN's strided grouped convolutions, at one sample rate (Su et al. 2020)."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm

from denoise_cli.config import DiscriminatorConfig

LEAKY_SLOPE = 0.2
SINC_ZEROS = 6  # of the resampling kernel, to each side
ROLLOFF = 0.99  # of the new Nyquist frequency that passes


class WaveformDiscriminator(nn.Module):
    """(batch, samples) at `sample_rate` -> scores (batch, frames) and the activations of every layer before them.

    First its input is resampled to the rate of its config. Lengths are kept but for the strides ("same" padding):
    32000 samples at 16 kHz become 125 frames.
    """

    def __init__(self, config: DiscriminatorConfig, sample_rate: int) -> None:
        super().__init__()
        self.phase_shuffle = config.phase_shuffle
        self.downsample = Downsampler(sample_rate // config.sample_rate)
        narrow = config.channels
        layers = [nn.Conv1d(1, narrow, 15, padding=7)]
        for _ in range(4):
            wide = min(4 * narrow, 64 * config.channels)
            layers.append(nn.Conv1d(narrow, wide, 41, stride=4, padding=20, groups=max(narrow // 4, 1)))
            narrow = wide
        layers.append(nn.Conv1d(narrow, narrow, 5, padding=2))
        layers.append(nn.Conv1d(narrow, 1, 3, padding=1))
        self.layers = nn.ModuleList(weight_norm(layer) for layer in layers)

    def forward(self, waveform: Tensor) -> tuple[Tensor, list[Tensor]]:
        hidden = self.downsample(waveform)[:, None]
        features: list[Tensor] = []
        for layer in self.layers[:-1]:
            hidden = functional.leaky_relu(layer(hidden), LEAKY_SLOPE)
            features.append(hidden)
            if self.phase_shuffle:
                hidden = shuffle_phase(hidden, self.phase_shuffle)
        scores: Tensor = self.layers[-1](hidden)
        return scores[:, 0], features


def shuffle_phase(hidden: Tensor, limit: int) -> Tensor:
    """Shift (batch, channels, time) by -limit to limit steps, one shift a batch, edges reflected (Donahue 2018)."""
    shift = int(torch.randint(-limit, limit + 1, ()))  # from the CPU's random state, which a saved run keeps
    if shift == 0:
        return hidden
    padded = functional.pad(hidden, (max(shift, 0), max(-shift, 0)), mode="reflect")
    return padded[..., : hidden.shape[-1]] if shift > 0 else padded[..., -shift:]


class Downsampler(nn.Module):
    """(batch, samples) -> (batch, ceil(samples / factor)): a low pass by a windowed sinc, then every factor-th sample.

    Sample n of the output is the instant of sample n * factor of the input. No average pooling: that lets a quarter
    of the amplitude above the new Nyquist frequency through as aliases.
    """

    kernel: Tensor

    def __init__(self, factor: int) -> None:
        super().__init__()
        self.factor = factor
        self.reach = math.ceil(SINC_ZEROS * factor / ROLLOFF)
        time = torch.arange(-self.reach, self.reach + 1, dtype=torch.float64) * ROLLOFF / factor
        window = torch.cos(time.clamp(-SINC_ZEROS, SINC_ZEROS) * math.pi / SINC_ZEROS / 2) ** 2
        kernel = torch.sinc(time) * window * ROLLOFF / factor
        self.register_buffer("kernel", kernel[None, None].float(), persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        if self.factor == 1:
            return waveform
        with torch.autocast(waveform.device.type, enabled=False):
            filtered = functional.conv1d(waveform[:, None], self.kernel, stride=self.factor, padding=self.reach)
        return filtered[:, 0]
