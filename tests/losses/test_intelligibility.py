"""The differentiable STOI against the metric's own implementation."""

import numpy as np
import pytest
import torch

from denoise_cli.losses.intelligibility import StoiLoss
from denoise_cli.metrics.stoi import stoi
from tests.losses.test_losses import noise

SAMPLE_RATE = 16_000


def syllables(seed: int = 0, seconds: float = 3.0) -> torch.Tensor:
    """Noise with syllable-like envelopes of its own in eight bands, (1, samples)."""
    source = torch.Generator().manual_seed(seed)
    samples = int(SAMPLE_RATE * seconds)
    time = torch.arange(samples) / SAMPLE_RATE
    spectrum = torch.fft.rfft(torch.randn(1, samples, generator=source))
    hertz = torch.fft.rfftfreq(samples, 1 / SAMPLE_RATE)
    total = torch.zeros(1, samples)
    for low in torch.logspace(2.1, 3.6, 8):
        band = torch.fft.irfft(spectrum * ((hertz >= low) & (hertz < 1.6 * low)), n=samples)
        rate, phase = 3 + 3 * torch.rand(2, generator=source)
        total += band * torch.sin(torch.pi * rate * time + phase).clamp(min=0.01)
    return 0.05 * total / total.std()


@pytest.fixture(scope="module")
def long_noise() -> torch.Tensor:
    return torch.randn(1, 3 * SAMPLE_RATE, generator=torch.Generator().manual_seed(9))


def test_it_is_one_minus_the_score(long_noise: torch.Tensor) -> None:
    loss = StoiLoss()
    ours, theirs = [], []
    for seed in range(3):
        target = syllables(seed)
        for level in (0.003, 0.01, 0.03, 0.1):
            estimate = target + level * long_noise
            ours.append(1 - float(loss(estimate, target)))
            theirs.append(stoi(target[0].numpy(), estimate[0].numpy(), SAMPLE_RATE))
    assert max(theirs) - min(theirs) > 0.2  # else the next line says little
    assert np.corrcoef(ours, theirs)[0, 1] > 0.98
    assert np.abs(np.subtract(ours, theirs)).max() < 0.05


@pytest.mark.parametrize("gain", [0.1, 3.0])
def test_the_level_costs_nothing(gain: float) -> None:
    target = syllables()
    assert float(StoiLoss()(gain * target, target)) < 1e-3


def test_silence_around_the_speech_counts_for_nothing(long_noise: torch.Tensor) -> None:
    target = syllables()
    estimate = target + 0.02 * long_noise
    silence = torch.zeros(1, SAMPLE_RATE)
    around = torch.cat([silence, target, silence], dim=1), torch.cat([silence + 0.1, estimate, silence + 0.1], dim=1)
    assert abs(float(StoiLoss()(around[1], around[0])) - float(StoiLoss()(estimate, target))) < 0.01


@pytest.mark.parametrize("samples", [100, 1024, 6000])
def test_what_is_shorter_than_a_segment_costs_nothing(samples: int) -> None:
    target = syllables()[:, :samples]
    estimate = (target + noise(items=1)[:, :samples]).requires_grad_()
    value = StoiLoss()(estimate, target)
    value.backward()
    assert float(value.detach()) == 0.0
    assert not bool(estimate.grad.any())
