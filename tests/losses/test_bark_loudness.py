"""The Bark loudness distance against the reference code of PESQ."""

import numpy as np
import pytest
import torch

from denoise_cli.losses.bark_loudness import BarkLoudnessLoss
from tests.losses.test_losses import speech_like


def raw_pesq(mos: float) -> float:
    """Inverse of the mapping of P.862.2."""
    return (3.8224 - float(np.log(4 / (mos - 0.999) - 1))) / 1.3669


def with_noise(clean: torch.Tensor, level: float, slope: float, seed: int) -> torch.Tensor:
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(clean.shape[1]))
    spectrum /= np.maximum(np.arange(len(spectrum)), 50) ** slope
    added = np.fft.irfft(spectrum, clean.shape[1])
    return clean + torch.from_numpy(level * added / added.std()).float()


def test_it_ranks_degradations_as_pesq_does() -> None:
    pesq = pytest.importorskip("pesq").pesq
    clean = torch.cat([speech_like(seed, 1) for seed in range(4)], dim=1)
    loss = BarkLoudnessLoss()
    theirs, ours = [], []
    for number, level in enumerate((0.0005, 0.002, 0.008, 0.03, 0.1)):
        for slope in (0.0, 1.0):  # white, and louder at the lows
            noisy = with_noise(clean, level, slope, number)
            theirs.append(raw_pesq(pesq(16_000, clean[0].numpy(), noisy[0].numpy(), "wb")))
            ours.append(4.5 - float(loss(noisy, clean)))
    assert np.corrcoef(theirs, ours)[0, 1] > 0.9


def test_added_components_cost_more_than_lost_ones() -> None:
    loss = BarkLoudnessLoss()
    full = speech_like()
    spectrum = torch.fft.rfft(full)
    spectrum[:, 1500:] = 0
    dull = torch.fft.irfft(spectrum)
    assert float(loss(full, dull)) > float(loss(dull, full))
