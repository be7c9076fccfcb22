"""A high-pass filter of linear phase in front of the network: rumble holds no speech, and leaks into bands that do."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from denoise_cli.audio.stft import in_float32
from denoise_cli.models.config_limits import SHORTEST_HIGH_PASS_PERIOD

MAX_DECIMATION = 64  # of what is subtracted: at 16 kHz its rate of 250 Hz holds the highest cutoff and its transition


class HighPass(nn.Module):
    """(batch, samples) -> the same, aligned: the signal less its low-pass part, -2.5 dB at the cutoff.

    From half the cutoff down -50 dB, from 1.5 times the cutoff up unchanged (0.01 dB). The low-pass part is computed
    at a rate up to 64 times lower and interpolated, with the same windowed sinc both times; beyond the ends there is
    silence. Chunks that start at multiples of `hop_length` come out as the whole does. No parameters; under autocast
    it stays in float32, see `in_float32`.

    Raises ValueError for a cutoff that is not in 0-100 Hz (at 16 kHz; in proportion at other rates).
    """

    kernel: Tensor
    phases: Tensor

    def __init__(self, cutoff_hz: float, sample_rate: int, hop_length: int) -> None:
        super().__init__()
        highest_hz = sample_rate / SHORTEST_HIGH_PASS_PERIOD
        if not 0 < cutoff_hz <= highest_hz:
            raise ValueError(f"cutoff_hz must be in 0-{highest_hz:g}, not {cutoff_hz}")
        self.decimation = math.gcd(MAX_DECIMATION, hop_length)
        # a Hamming window is 3.3 / (width of the transition) long, and the transition is to be as wide as the cutoff
        self.reach = math.ceil(3.3 * sample_rate / cutoff_hz / 2 / self.decimation) * self.decimation
        kernel = _windowed_sinc(cutoff_hz / sample_rate, self.reach)
        self.register_buffer("kernel", kernel.float(), persistent=False)
        self.register_buffer("phases", _phases(self.decimation * kernel, self.decimation).float(), persistent=False)

    @property
    def context(self) -> int:
        """Samples to each side that an output sample depends on."""
        return 2 * self.reach

    def forward(self, waveform: Tensor) -> Tensor:
        return in_float32(self._filter, waveform)

    def _filter(self, waveform: Tensor) -> Tensor:
        samples = waveform.shape[-1]
        padded = functional.pad(waveform[:, None], (self.context, self.context + self.decimation - 1))
        few = functional.conv1d(padded, self.kernel, stride=self.decimation)
        # each phase of the interpolation is a filter of its own: a transposed convolution took thirty times as long
        around = self.phases.shape[-1] - 1
        low = functional.conv1d(functional.pad(few, (around, around)), self.phases).transpose(1, 2).flatten(1)
        return waveform - low[:, self.context : self.context + samples]


def _windowed_sinc(cutoff: float, reach: int) -> Tensor:
    """Low-pass, (1, 1, 2 * reach + 1), float64; cutoff in cycles a sample, at -6 dB; the sum is one."""
    position = torch.arange(-reach, reach + 1, dtype=torch.float64)
    window = torch.hamming_window(2 * reach + 1, periodic=False, dtype=torch.float64)
    kernel = torch.sinc(2 * cutoff * position) * window
    return (kernel / kernel.sum())[None, None]


def _phases(kernel: Tensor, factor: int) -> Tensor:
    """An interpolating kernel, (1, 1, taps), as filters that each make one of `factor` samples: (factor, 1, taps)."""
    taps = kernel.shape[-1]
    padded = functional.pad(kernel[0, 0], (0, -taps % factor))
    return padded.reshape(-1, factor).flip(0).T[:, None].contiguous()
