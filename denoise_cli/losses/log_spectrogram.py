"""L1 distance of log spectrograms at two resolutions (Su et al. 2020; the resolutions as a replication quotes them)."""

import torch
from torch import Tensor
from torch.nn import functional

RESOLUTIONS = ((2048, 512), (512, 128))  # FFT size and hop at 16 kHz
FLOOR = 1e-5  # on the magnitude of audio in [-1, 1]; the same for estimate and target


def magnitude_spectrogram(waveform: Tensor, n_fft: int, hop_length: int) -> Tensor:
    """(batch, samples) -> (batch, bins, frames): magnitudes under a Hann window of the FFT's length."""
    window = torch.hann_window(n_fft, device=waveform.device, dtype=waveform.dtype)
    spectrum = torch.stft(
        waveform, n_fft, hop_length, window=window, center=True, pad_mode="constant", return_complex=True
    )
    # abs() of zero has no gradient; the square root's floor gives it one
    return (spectrum.real.square() + spectrum.imag.square() + 1e-14).sqrt()


def log_spectrogram_loss(estimate: Tensor, target: Tensor) -> Tensor:
    """Sum over both resolutions of mean |ln S - ln S_hat|, magnitudes floored at 1e-5; a scalar.

    estimate, target: (batch, samples) at 16 kHz in [-1, 1]. A gain of x dB and one of -x dB cost the same.
    """
    total = estimate.new_zeros(())
    for n_fft, hop_length in RESOLUTIONS:
        ours = magnitude_spectrogram(estimate, n_fft, hop_length).clamp(min=FLOOR).log()
        theirs = magnitude_spectrogram(target, n_fft, hop_length).clamp(min=FLOOR).log()
        total = total + functional.l1_loss(ours, theirs)
    return total
