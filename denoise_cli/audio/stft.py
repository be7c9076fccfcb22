"""Short-time Fourier transforms as convolutions: real-valued, exportable, exact to the sample.

Frames are centred on multiples of `hop_length`, and what lies outside the signal is zeros, never reflections:
a chunk with real context gives the same frames as the whole file.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional


def square_root_hann(n_fft: int) -> Tensor:
    """Periodic square-root Hann window, (n_fft,): squared and shifted by n_fft / 2 it sums to one."""
    return torch.hann_window(n_fft, periodic=True, dtype=torch.float64).sqrt()


def fourier_basis(n_fft: int) -> Tensor:
    """Rows cos and -sin of the discrete Fourier transform, (n_fft + 2, n_fft), float64."""
    bins = torch.arange(n_fft // 2 + 1, dtype=torch.float64)
    angle = 2 * math.pi * bins[:, None] * torch.arange(n_fft, dtype=torch.float64) / n_fft
    return torch.cat([torch.cos(angle), -torch.sin(angle)])


def in_float32(transform: Callable[[Tensor], Tensor], signal: Tensor) -> Tensor:
    """transform(signal), in float32 under autocast too: bfloat16 has 45 dB between a signal and its rounding."""
    if not torch.is_autocast_enabled(signal.device.type):
        return transform(signal)
    with torch.autocast(signal.device.type, enabled=False):
        return transform(signal.float())


class ShortTimeFourier(nn.Module):
    """Analysis and synthesis with square-root Hann windows and 50 % overlap; synthesis inverts analysis.

    No parameters; the bases are buffers that are not saved. Under autocast both stay in float32, see `in_float32`.
    """

    analysis: Tensor
    synthesis: Tensor

    def __init__(self, n_fft: int, hop_length: int) -> None:
        super().__init__()
        if hop_length * 2 != n_fft:
            raise ValueError(f"hop_length must be half of n_fft, not {hop_length} for {n_fft}")
        self.n_fft = n_fft
        self.hop_length = hop_length
        basis = fourier_basis(n_fft)
        window = square_root_hann(n_fft)
        weight = torch.full((n_fft // 2 + 1,), 2.0, dtype=torch.float64)
        weight[0] = weight[-1] = 1.0
        inverse = basis * torch.cat([weight, weight])[:, None] / n_fft
        self.register_buffer("analysis", (basis * window)[:, None].float(), persistent=False)
        self.register_buffer("synthesis", (inverse * window)[:, None].float(), persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        """(batch, samples) -> (batch, 2, frames, bins), real and imaginary parts; frames = ceil(samples / hop) + 1."""
        return in_float32(self._analyse, waveform)

    def inverse(self, spectrum: Tensor, samples: int) -> Tensor:
        """(batch, 2, frames, bins) -> (batch, samples)."""
        return in_float32(lambda rows: self._synthesise(rows, samples), spectrum)

    def _analyse(self, waveform: Tensor) -> Tensor:
        # one sample short of a third hop: the stride then rounds up to whole hops, without a modulo in the export
        padded = functional.pad(waveform, (self.hop_length, 2 * self.hop_length - 1))
        spectrum = functional.conv1d(padded[:, None], self.analysis, stride=self.hop_length)
        return torch.stack(spectrum.transpose(1, 2).chunk(2, dim=2), dim=1)

    def _synthesise(self, spectrum: Tensor, samples: int) -> Tensor:
        rows = torch.cat([spectrum[:, 0], spectrum[:, 1]], dim=2).transpose(1, 2)  # (batch, n_fft + 2, frames)
        waveform = functional.conv_transpose1d(rows, self.synthesis, stride=self.hop_length)
        return waveform[:, 0, self.hop_length : self.hop_length + samples]
