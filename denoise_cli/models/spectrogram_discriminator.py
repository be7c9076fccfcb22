"""The log-mel discriminator: four gated convolutions over frequency and time (Su et al. 2020; StarGAN-VC)."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from denoise_cli.audio.mel import mel_corners, triangles
from denoise_cli.config import DiscriminatorConfig
from denoise_cli.models.joint_batch_norm import JointBatchNorm2d

MEL_BANDS = 80
LOWEST_HZ, HIGHEST_HZ = 20.0, 8000.0
N_FFT = 2048
WINDOW_LENGTH = 1024
FLOOR = 1e-5  # on the magnitude of audio in [-1, 1]
CHANNELS = 32  # after the gate
TIME_KERNELS = (9, 8, 8, 6)
FEWEST_FRAMES = 79  # of the spectrogram: four halvings must leave the five that the last convolution spans
NORMS: Mapping[str, Callable[[int], nn.Module]] = {
    "batch": lambda channels: JointBatchNorm2d(channels, track_running_stats=False),
    "instance": lambda channels: nn.InstanceNorm2d(channels, affine=True),
}


class SpectrogramDiscriminator(nn.Module):
    """(batch, samples) -> scores (batch, places) and the activations of every layer before them.

    A batch must hold real and generated signals together: batch statistics of their own would tell them apart. The
    statistics are always those of the batch, over all processes of a run; no running ones are kept, so that judging
    changes nothing.
    """

    def __init__(self, config: DiscriminatorConfig, sample_rate: int) -> None:
        super().__init__()
        self.log_mel = LogMel(config.hop_length, sample_rate)
        blocks = []
        for number, kernel in enumerate(TIME_KERNELS):
            # the norm has a shift of its own in place of the bias
            convolution = nn.Conv2d(
                CHANNELS if number else 1, 2 * CHANNELS, (3, kernel), (1, 2), (1, (kernel - 1) // 2), bias=False
            )
            norm = NORMS[config.norm](2 * CHANNELS)
            blocks.append(nn.Sequential(convolution, norm, nn.GLU(dim=1)))
        self.blocks = nn.ModuleList(blocks)
        self.output = nn.Conv2d(CHANNELS, 1, (36, 5), (36, 1))

    def forward(self, waveform: Tensor) -> tuple[Tensor, list[Tensor]]:
        hidden = self.log_mel(waveform)[:, None]
        features: list[Tensor] = []
        for block in self.blocks:
            hidden = block(hidden)
            features.append(hidden)
        scores: Tensor = self.output(hidden)
        return scores.flatten(1), features


def shortest_input(config: DiscriminatorConfig) -> int:
    """Samples that a signal must have at least."""
    return (FEWEST_FRAMES - 1) * config.hop_length


class LogMel(nn.Module):
    """(batch, samples) in [-1, 1] -> (batch, 80, frames): natural log of mel magnitudes, floored at 1e-5."""

    bands: Tensor
    window: Tensor

    def __init__(self, hop_length: int, sample_rate: int) -> None:
        super().__init__()
        self.hop_length = hop_length
        bands = mel_filters(MEL_BANDS, LOWEST_HZ, min(HIGHEST_HZ, sample_rate / 2), N_FFT, sample_rate)
        self.register_buffer("bands", bands, persistent=False)
        self.register_buffer("window", torch.hann_window(WINDOW_LENGTH), persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        with torch.autocast(waveform.device.type, enabled=False):
            spectrum = torch.view_as_real(
                torch.stft(
                    waveform, N_FFT, self.hop_length, WINDOW_LENGTH, self.window,
                    center=True, pad_mode="constant", return_complex=True,
                )
            )  # fmt: skip
            magnitude = (spectrum.square().sum(dim=-1) + 1e-14).sqrt()  # abs() of zero has no gradient
            mel: Tensor = torch.einsum("bft,fm->bmt", magnitude, self.bands)
            return mel.clamp(min=FLOOR).log()


def mel_filters(bands: int, lowest_hz: float, highest_hz: float, n_fft: int, sample_rate: int) -> Tensor:
    """(bins, bands): triangles of height one, evenly spaced on the scale 2595 * log10(1 + f / 700)."""
    filters = triangles(mel_corners(bands, lowest_hz, highest_hz), n_fft, sample_rate)
    return torch.from_numpy(filters.T).float().contiguous()
