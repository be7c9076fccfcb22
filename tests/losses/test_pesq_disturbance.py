"""The differentiable disturbance of PESQ against the reference code of PESQ."""

import numpy as np
import pytest
import torch

from denoise_cli.losses.pesq_disturbance import PesqDisturbanceLoss
from tests.losses.test_bark_loudness import raw_pesq, with_noise
from tests.losses.test_losses import speech_like


def test_it_follows_pesq_over_noises_levels_and_colours() -> None:
    pesq = pytest.importorskip("pesq").pesq
    clean = torch.cat([speech_like(seed, 1) for seed in range(4)], dim=1)
    loss = PesqDisturbanceLoss()
    theirs, ours = [], []
    for number, level in enumerate((0.0005, 0.002, 0.008, 0.03, 0.1)):
        for slope in (0.0, 1.0):
            for gain in (0.5, 2.0):
                noisy = gain * with_noise(clean, level, slope, number)
                theirs.append(raw_pesq(pesq(16_000, clean[0].numpy(), noisy[0].numpy(), "wb")))
                ours.append(4.5 - float(loss(noisy, clean)))
    assert np.corrcoef(theirs, ours)[0, 1] > 0.95


def test_equal_signals_and_a_level_cost_nothing() -> None:
    loss, clean = PesqDisturbanceLoss(), speech_like()
    assert float(loss(clean, clean)) < 2e-3
    assert float(loss(0.3 * clean, clean)) < 0.02


def test_a_mild_colour_costs_far_less_than_noise_that_changes_the_spectrum_as_much() -> None:
    loss, clean = PesqDisturbanceLoss(), speech_like()
    spectrum = torch.fft.rfft(clean)
    tilt = torch.linspace(1.5, 0.6, spectrum.shape[1])
    coloured = torch.fft.irfft(spectrum * tilt, clean.shape[1])
    deviation = float((coloured - clean).std())
    assert float(loss(coloured, clean)) < 0.3 * float(loss(with_noise(clean, deviation, 0.0, 1), clean))


def test_silence_counts_as_zero_and_gradients_are_finite() -> None:
    loss = PesqDisturbanceLoss()
    silent = torch.zeros(1, 16_000)
    assert float(loss(torch.randn(1, 16_000, generator=torch.Generator().manual_seed(1)), silent)) == 0
    for target in (silent, speech_like()):
        for start in (torch.zeros_like(target), 0.5 * target, with_noise(target, 0.01, 0.0, 2)):
            estimate = start.clone().requires_grad_()
            loss(estimate, target).backward()
            assert estimate.grad is not None
            assert bool(torch.isfinite(estimate.grad).all())


def test_items_count_alike() -> None:
    loss, clean = PesqDisturbanceLoss(), torch.cat([speech_like(1, 1), speech_like(2, 1)])
    noisy = torch.cat([with_noise(clean[:1], 0.02, 0.0, 1), with_noise(clean[1:], 0.05, 1.0, 2)])
    each = [float(loss(noisy[n : n + 1], clean[n : n + 1])) for n in range(2)]
    assert float(loss(noisy, clean)) == pytest.approx(sum(each) / 2, rel=1e-4)
