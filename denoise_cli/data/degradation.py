"""Applies a drawn degradation to a batch, in torch, on the device that trains.

All that is linear (room, equaliser, band limit) is one multiplication in the frequency domain. Equalisers have zero
phase and rooms start with the direct path, so input and target stay aligned to the sample.
"""

import math
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from denoise_cli.data.segments import EQ_POINTS, DrawnBatch
from denoise_cli.data.transmission import coded, control_gain, suppressed

LOWEST_EQ_HZ = 62.5


@dataclass(frozen=True)
class DrawnTensors:
    """A DrawnBatch on a device; the fields are those of DrawnBatch."""

    speech: Tensor
    noise: Tensor
    second_noise: Tensor
    room: Tensor
    target_room: Tensor
    noise_room: Tensor
    snr_db: Tensor
    second_noise_db: Tensor
    level_db: Tensor
    speech_eq_db: Tensor
    noise_eq_db: Tensor
    band_limit_hz: Tensor
    clip: Tensor
    clean: Tensor
    as_recorded: Tensor
    suppressor_floor_db: Tensor
    suppressor_broadband: Tensor
    gain_control_ratio: Tensor
    gain_control_s: Tensor
    codec_snr_db: Tensor


def as_tensors(batch: DrawnBatch) -> DrawnTensors:
    """The arrays of a drawn batch as tensors on the CPU, sharing memory."""
    values = {field.name: torch.from_numpy(np.asarray(getattr(batch, field.name))) for field in fields(batch)}
    return DrawnTensors(**values)


def to_device(drawn: DrawnTensors, device: torch.device) -> DrawnTensors:
    values = {field.name: getattr(drawn, field.name).to(device, non_blocking=True) for field in fields(drawn)}
    return DrawnTensors(**values)


def degrade(drawn: DrawnTensors, sample_rate: int) -> tuple[Tensor, Tensor]:
    """(noisy, target), each (batch, samples). One gain for both: the target's level can be read off the input."""
    samples = drawn.speech.shape[-1]
    n_fft = _fast_length(samples + drawn.room.shape[-1])
    frequency = torch.linspace(0, sample_rate / 2, n_fft // 2 + 1, device=drawn.speech.device)
    limit = _band_limit(drawn.band_limit_hz, frequency)
    speech = torch.fft.rfft(drawn.speech, n_fft) * _equaliser_gain(drawn.speech_eq_db, frequency) * limit
    target = torch.fft.irfft(speech * torch.fft.rfft(drawn.target_room, n_fft), n_fft)[:, :samples]
    reverberant = torch.fft.irfft(speech * torch.fft.rfft(drawn.room, n_fft), n_fft)[:, :samples]
    noise = drawn.noise + drawn.second_noise * _gain(drawn.second_noise_db)
    noise_spectrum = torch.fft.rfft(noise, n_fft) * torch.fft.rfft(drawn.noise_room, n_fft)
    noise_spectrum = noise_spectrum * _equaliser_gain(drawn.noise_eq_db, frequency) * limit
    noise = torch.fft.irfft(noise_spectrum, n_fft)[:, :samples]
    reverberant = torch.where(drawn.clean[:, None] > 0, target, reverberant)
    noise = noise * _noise_gain(reverberant, noise, drawn, sample_rate)
    noisy = suppressed(reverberant, noise, drawn.suppressor_floor_db, drawn.suppressor_broadband)
    control = control_gain(noisy, drawn.gain_control_ratio, drawn.gain_control_s, sample_rate)
    noisy, target = noisy * control, target * control
    gain = _gain(drawn.level_db) / active_rms(noisy, sample_rate)[:, None].clamp(min=1e-6)
    noisy, target = noisy * gain, target * gain
    noisy = _clip(noisy, drawn.clip)
    noisy = torch.where(drawn.clean[:, None] > 0, noisy, coded(noisy, drawn.codec_snr_db))
    return noisy, target


def active_rms(waveform: Tensor, sample_rate: int) -> Tensor:
    """(batch, samples) -> (batch,): RMS over the 20 ms blocks within 30 dB of the loudest one."""
    block = sample_rate // 50
    power = waveform.unfold(-1, block, block).square().mean(dim=-1)
    active = power >= 1e-3 * power.amax(dim=-1, keepdim=True)
    return ((power * active).sum(dim=-1) / active.sum(dim=-1)).sqrt()


def _noise_gain(speech: Tensor, noise: Tensor, drawn: DrawnTensors, sample_rate: int) -> Tensor:
    """(batch, 1): brings the noise to the drawn SNR; 0 for clean items and silent noise, 1 for ready pairs."""
    noise_rms = active_rms(noise, sample_rate)
    wanted = active_rms(speech, sample_rate) * 10 ** (-drawn.snr_db / 20)
    usable = (noise_rms > 1e-5) & (drawn.clean == 0)
    gain = torch.where(usable, wanted / noise_rms.clamp(min=1e-5), torch.zeros_like(wanted))
    return torch.where(drawn.as_recorded > 0, torch.ones_like(gain), gain)[:, None]


def _gain(decibel: Tensor) -> Tensor:
    return (10 ** (decibel / 20))[:, None]


def _equaliser_gain(gains_db: Tensor, frequency: Tensor) -> Tensor:
    """(batch, EQ_POINTS) in dB at the octaves from 62.5 Hz -> linear (batch, bins), interpolated over log frequency."""
    position = (frequency.clamp(min=1) / LOWEST_EQ_HZ).log2().clamp(0, EQ_POINTS - 1)
    below = position.floor().long().clamp(max=EQ_POINTS - 2)
    share = position - below
    decibel = gains_db[:, below] * (1 - share) + gains_db[:, below + 1] * share
    return torch.exp(decibel * (math.log(10) / 20))


def _band_limit(limit_hz: Tensor, frequency: Tensor) -> Tensor:
    """(batch, bins): a low pass whose flank is 400 Hz wide; ones where the limit is 0."""
    flank = ((limit_hz[:, None] + 200 - frequency) / 400).clamp(0, 1)
    smooth = 0.5 - 0.5 * torch.cos(math.pi * flank)
    return torch.where(limit_hz[:, None] > 0, smooth, torch.ones_like(smooth))


def _clip(noisy: Tensor, share: Tensor) -> Tensor:
    """Cut off what exceeds a share of each item's peak; 0: nothing."""
    ceiling = noisy.abs().amax(dim=-1) * torch.where(share > 0, share, torch.ones_like(share))
    return noisy.clamp(-ceiling[:, None], ceiling[:, None])


def _fast_length(samples: int) -> int:
    """The next length that has only factors 2, 3 and 5."""
    best = 1 << (samples - 1).bit_length()
    for threes in (1, 3, 9, 5, 15, 45):
        length = threes << max((samples - 1) // threes, 1).bit_length()
        best = min(best, length) if length >= samples else best
    return best
