"""What happens to a recording on its way: a noise suppressor, gain control, a codec; a stand-in for each, in torch.

Real codecs are processes of their own, one item at a time; what they leave in a spectrum (coarse steps, holes where
bins are weak) is what a network must learn not to take for speech or noise.
"""

import torch
from torch import Tensor

FRAME, HOP = 512, 256  # 32 ms at 16 kHz, as transform codecs have
CODEC_BANDS = 24
SUPPRESSOR_BANDS = 12
BLOCKS_PER_SECOND = 50
CODEC_TILT_DB = 8.0  # what the highest band has less than the lowest
LARGEST_GAIN_DB = 20.0
SMALLEST_POWER = 1e-12


def suppressed(speech: Tensor, noise: Tensor, floor_db: Tensor, broadband: Tensor) -> Tensor:
    """Their sum, lowered where it is mostly noise, as a simple suppressor or gate would.

    speech, noise: (batch, samples). floor_db: (batch,), the least gain, below 0; 0: the sum as it is. broadband:
    (batch,), 1 for one gain for all frequencies (a gate), 0 for one in each of SUPPRESSOR_BANDS bands.
    """
    spectra = [_spectrum(signal) for signal in (speech, noise)]
    powers = [spectrum.abs().square() for spectrum in spectra]
    banded = [_over_bands(power, SUPPRESSOR_BANDS) for power in powers]
    whole = [power.mean(dim=1, keepdim=True) for power in powers]
    speech_power, noise_power = (
        torch.where(broadband[:, None, None] > 0, all_bins, bands)
        for all_bins, bands in zip(whole, banded, strict=True)
    )
    gain = speech_power / (speech_power + noise_power + SMALLEST_POWER)
    gain = gain.maximum(10 ** (floor_db / 20)[:, None, None])
    mixture = speech + noise
    lowered = _waveform((spectra[0] + spectra[1]) * gain, mixture.shape[-1])
    return torch.where(floor_db[:, None] < 0, lowered, mixture)


def control_gain(mixture: Tensor, ratio: Tensor, seconds: Tensor, sample_rate: int) -> Tensor:
    """(batch, samples): the gain of a recorder that evens levels out, for the mixture and what is wanted of it alike.

    ratio: (batch,), how much of a level's deviation from the mean it takes away, 0 to 1. seconds: (batch,), its time
    constant. The gain is 1 where ratio is 0.
    """
    block = sample_rate // BLOCKS_PER_SECOND
    blocks = -(-mixture.shape[-1] // block)
    power = torch.nn.functional.pad(mixture, (0, blocks * block - mixture.shape[-1]))
    power = power.unfold(-1, block, block).square().mean(dim=-1)
    lag = torch.arange(blocks, device=mixture.device)[None] / BLOCKS_PER_SECOND
    decay = torch.exp(-lag / seconds[:, None])
    n_fft = 2 * blocks
    past = torch.fft.irfft(torch.fft.rfft(power, n_fft) * torch.fft.rfft(decay, n_fft), n_fft)[:, :blocks]
    smooth = past / decay.cumsum(dim=-1)  # over what there is of the past
    mean = power.mean(dim=-1, keepdim=True).clamp(min=SMALLEST_POWER)
    deviation_db = 10 * (smooth.clamp(min=0) / mean + 1e-6).log10()
    gain_db = (-ratio[:, None] * deviation_db).clamp(-LARGEST_GAIN_DB, LARGEST_GAIN_DB)
    return 10 ** (torch.nn.functional.interpolate(gain_db[:, None], mixture.shape[-1], mode="linear")[:, 0] / 20)


def coded(waveform: Tensor, snr_db: Tensor) -> Tensor:
    """The waveform after a transform codec: its spectrum in steps that are even within a band of a frame.

    waveform: (batch, samples). snr_db: (batch,), of the lowest band, over 0; 0: not coded.
    """
    spectrum = _spectrum(waveform)
    bins = spectrum.shape[1]
    tilt = torch.linspace(0, CODEC_TILT_DB, bins, device=waveform.device)
    share = 10 ** (-(snr_db[:, None] - tilt) / 10)[:, :, None]
    step = (6 * share * _over_bands(spectrum.abs().square(), CODEC_BANDS) + SMALLEST_POWER).sqrt()
    steps = torch.complex((spectrum.real / step).round() * step, (spectrum.imag / step).round() * step)
    return torch.where(snr_db[:, None] > 0, _waveform(steps, waveform.shape[-1]), waveform)


def _over_bands(power: Tensor, bands: int) -> Tensor:
    """(batch, bins, frames): each bin the mean of its band; the bands are even on a scale like Bark's."""
    bins = power.shape[1]
    position = torch.asinh(torch.arange(bins, device=power.device) / (bins / 13))
    band = (position / position[-1] * bands).long().clamp(max=bands - 1)
    member = torch.nn.functional.one_hot(band, bands).to(power.dtype)
    means = torch.einsum("bft,fk->bkt", power, member) / member.sum(dim=0).clamp(min=1)[:, None]
    return means[:, band]


def _spectrum(waveform: Tensor) -> Tensor:
    window = torch.hann_window(FRAME, device=waveform.device).sqrt()
    return torch.stft(waveform, FRAME, HOP, window=window, pad_mode="constant", return_complex=True)


def _waveform(spectrum: Tensor, samples: int) -> Tensor:
    window = torch.hann_window(FRAME, device=spectrum.device).sqrt()
    return torch.istft(spectrum, FRAME, HOP, window=window, length=samples)
