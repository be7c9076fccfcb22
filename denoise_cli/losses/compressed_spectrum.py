"""Squared error of power-law compressed spectra, magnitudes and complex values (as GTCRN and CMGAN weigh them)."""

import torch
from torch import Tensor
from torch.nn import functional

N_FFT = 512
HOP_LENGTH = 256
EXPONENT = 0.3
MAGNITUDE_WEIGHT = 70.0
COMPLEX_WEIGHT = 30.0
FLOOR = 1e-5


def compressed_spectrum_loss(estimate: Tensor, target: Tensor) -> Tensor:
    """70 * mse(|X| ** 0.3) + 30 * (mse of real parts + mse of imaginary parts of the compressed spectra); a scalar.

    estimate, target: (batch, samples) at 16 kHz, in [-1, 1]. STFT 512 / 256 with square-root Hann windows.
    """
    ours, our_magnitude = compressed(estimate)
    theirs, their_magnitude = compressed(target)
    magnitude = functional.mse_loss(our_magnitude, their_magnitude)
    return MAGNITUDE_WEIGHT * magnitude + COMPLEX_WEIGHT * 2 * functional.mse_loss(ours, theirs)


def compressed(waveform: Tensor) -> tuple[Tensor, Tensor]:
    """The STFT of (batch, samples), magnitudes to the power of 0.3.

    Returns (batch, bins, frames, 2), real and imaginary parts, and (batch, bins, frames, 1), magnitudes.
    """
    window = torch.hann_window(N_FFT, device=waveform.device, dtype=waveform.dtype).sqrt()
    spectrum = torch.view_as_real(
        torch.stft(waveform, N_FFT, HOP_LENGTH, window=window, center=True, pad_mode="constant", return_complex=True)
    )
    power = spectrum.square().sum(dim=-1, keepdim=True) + FLOOR**2
    magnitude = power ** (EXPONENT / 2)
    return spectrum * (magnitude * power.rsqrt()), magnitude
