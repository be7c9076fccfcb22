"""The model of hearing that ITU-T P.862 (PESQ) uses, made of formulas instead of its tables, for losses.

Bark bands of a 32 ms power spectrum above the threshold of hearing, Zwicker loudness, and the norms that let bad
moments dominate.
"""

import torch
from torch import Tensor, nn

N_FFT = 512
HOP_LENGTH = 256
SAMPLE_RATE = 16_000
BANDS = 49
LOUDNESS_SCALE = 0.1866  # P.862: sone of a 40 dB tone at 1 kHz is one
FRAMES_PER_SYLLABLE = 20  # the stronger norm runs over 320 ms
MAXIMUM_DISTURBANCE = 45.0
POWER_OFFSET = 50.0  # of the asymmetry factor


class Ear(nn.Module):
    """Band powers and loudness of waveforms at 16 kHz, in units of 20 micropascal."""

    bands: Tensor
    threshold: Tensor
    exponent: Tensor

    def __init__(self) -> None:
        super().__init__()
        frequency = torch.arange(N_FFT // 2 + 1, dtype=torch.float64) * SAMPLE_RATE / N_FFT
        bark = 7 * torch.asinh(frequency / 650)  # Schroeder 1979
        self.width = float(bark[-1]) / BANDS
        number = (bark / bark[-1] * BANDS).long().clamp(max=BANDS - 1)
        used = torch.unique(number[1:])  # the mean does not sound
        bands = (number[None, :] == used[:, None]).double()
        bands[:, 0] = 0
        centre = (bands * frequency).sum(dim=1) / bands.sum(dim=1)
        self.register_buffer("bands", (bands * _high_pass_power(frequency)).float().T, persistent=False)
        self.register_buffer("threshold", _hearing_threshold_power(centre).float(), persistent=False)
        self.register_buffer("exponent", _loudness_exponent(7 * torch.asinh(centre / 650)).float(), persistent=False)

    def band_power(self, waveform: Tensor) -> Tensor:
        """(batch, samples) in units of 20 micropascal -> (batch, frames, bands)."""
        window = torch.hann_window(N_FFT, device=waveform.device)
        spectrum = torch.view_as_real(
            torch.stft(waveform, N_FFT, HOP_LENGTH, window=window, center=False, return_complex=True)
        )
        power = spectrum.square().sum(dim=-1).transpose(1, 2) * (2 / (N_FFT * window.square().sum()))
        return power @ self.bands

    def loudness(self, power: Tensor) -> Tensor:
        """(batch, frames, bands), powers to sone by Zwicker's law; zero below the threshold of hearing."""
        ratio = torch.relu(power / self.threshold - 1)
        at_threshold = LOUDNESS_SCALE * (self.threshold / 0.5) ** self.exponent
        return at_threshold * ((1 + 0.5 * ratio) ** self.exponent - 1)

    def disturbance(self, ours: Tensor, theirs: Tensor, frame_power: Tensor) -> Tensor:
        """(batch,), in units of PESQ, from two (batch, frames, bands) and the power that frames are weighed by."""
        weight = ((frame_power + 1e5) / 1e7) ** -0.04
        symmetric, asymmetric = self._disturbances(ours, theirs)
        return 0.1 * _over_time(symmetric * weight) + 0.0309 * _over_time(asymmetric * weight)

    def _disturbances(self, ours: Tensor, theirs: Tensor) -> tuple[Tensor, Tensor]:
        """Symmetric and asymmetric disturbance of each frame, (batch, frames), from two (batch, frames, bands).

        What differs by less than a quarter of the smaller loudness is not heard; the asymmetric one counts what was
        added, by how much it stands above what was there.
        """
        our_loudness, their_loudness = self.loudness(ours), self.loudness(theirs)
        difference = (our_loudness - their_loudness).abs()
        difference = torch.relu(difference - 0.25 * torch.minimum(our_loudness, their_loudness))
        asymmetry = ((ours + POWER_OFFSET) / (theirs + POWER_OFFSET)) ** 1.2
        # P.862 cuts the factor to zero below 3; a ramp from 2 to 4 keeps a gradient there
        asymmetry = asymmetry.clamp(max=12) * ((asymmetry - 2) / 2).clamp(0, 1)
        total_width = self.width * difference.shape[-1]
        symmetric = (difference.square().mean(dim=-1) + 1e-8).sqrt() * total_width
        return symmetric, (difference * asymmetry).mean(dim=-1) * total_width


def _over_time(disturbance: Tensor) -> Tensor:
    """(batch, frames) -> (batch,): norm 6 over half-overlapping 320 ms, then norm 2."""
    capped = disturbance.clamp(max=MAXIMUM_DISTURBANCE)
    size = min(FRAMES_PER_SYLLABLE, capped.shape[-1])
    syllables = capped.unfold(-1, size, max(size // 2, 1))
    strong = (syllables.pow(6).mean(dim=-1) + 1e-12).pow(1 / 6)
    return strong.square().mean(dim=-1).sqrt()


def _hearing_threshold_power(frequency: Tensor) -> Tensor:
    """Terhardt 1979: threshold in quiet, as power re 20 micropascal; frequency in Hz."""
    khz = frequency.clamp(min=20) / 1000
    decibel = 3.64 * khz**-0.8 - 6.5 * torch.exp(-0.6 * (khz - 3.3) ** 2) + 1e-3 * khz**4
    return 10 ** (decibel.clamp(max=75) / 10)


def _high_pass_power(frequency: Tensor) -> Tensor:
    """The receiver of wide-band listening: second order at 100 Hz."""
    ratio = (frequency / 100) ** 4
    return ratio / (1 + ratio)


def _loudness_exponent(bark: Tensor) -> Tensor:
    """0.23, a little more below 4 Bark (P.862, section 10.2.1.5)."""
    low = torch.where(bark < 4, (6 / (bark + 2)).clamp(max=2.0), torch.ones_like(bark))
    return 0.23 * low**0.15
