"""What holds for every loss, by the table."""

import numpy as np
import pytest
import torch

from denoise_cli.errors import UsageConflict
from denoise_cli.losses.table import LOSSES, make_losses

SAMPLES = 16_000


def speech_like(seed: int = 0, items: int = 2) -> torch.Tensor:
    """Tones under a syllable-like envelope, (items, samples)."""
    time = torch.arange(SAMPLES) / 16_000
    envelope = (0.5 - 0.5 * torch.cos(2 * torch.pi * 4 * time)) ** 2
    source = torch.Generator().manual_seed(seed)
    pitch = 120 + 100 * torch.rand(items, 1, generator=source)
    tones = sum(torch.sin(2 * torch.pi * pitch * k * time) / k for k in range(1, 20))
    return 0.1 * tones * envelope


def noise(seed: int = 1, items: int = 2) -> torch.Tensor:
    return 0.02 * torch.randn(items, SAMPLES, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(params=LOSSES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_more_noise_costs_more(name: str) -> None:
    loss, target = LOSSES[name](), speech_like()
    costs = [float(loss(target + share * noise(), target)) for share in (0.0, 0.1, 0.5, 2.0)]
    assert costs == sorted(costs)
    assert costs[0] < costs[-1] - 1e-3


def test_the_gradient_leads_to_the_target(name: str) -> None:
    loss, target = LOSSES[name](), speech_like()
    estimate = (target + noise()).requires_grad_()
    before = loss(estimate, target)
    before.backward()
    gradient = estimate.grad / estimate.grad.norm()
    with torch.no_grad():
        after = loss(estimate - 0.05 * gradient, target)
    assert float(after) < float(before.detach())


@pytest.mark.parametrize("silent", ["estimate", "target", "both"])
def test_silence_gives_finite_losses_and_gradients(name: str, silent: str) -> None:
    estimate, target = (speech_like() + noise()).requires_grad_(), speech_like()
    if silent in ("estimate", "both"):
        estimate = torch.zeros_like(target).requires_grad_()
    if silent in ("target", "both"):
        target = torch.zeros_like(target)
    value = LOSSES[name]()(estimate, target)
    value.backward()
    assert bool(torch.isfinite(value))
    assert bool(torch.isfinite(estimate.grad).all())


def test_weights_of_unknown_losses_are_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageConflict, match="log_spectrogram"):
        make_losses({"log_spectogram": 1.0})


def test_losses_of_no_weight_are_not_made() -> None:
    assert list(make_losses({"l1": 1.0, "si_sdr": 0.0})) == ["l1"]


def test_a_gain_up_and_a_gain_down_cost_the_same_in_log_spectrograms() -> None:
    # A public implementation scales both sides differently: its minimum is at a gain of 0.5 (6 dB too quiet).
    loss, target = LOSSES["log_spectrogram"](), speech_like() + noise()
    up, down = (float(loss(gain * target, target)) for gain in (2.0, 0.5))
    assert up == pytest.approx(down, rel=1e-3)
    assert float(loss(target, target)) == 0.0


def test_the_level_matters_to_bark_loudness_but_not_to_si_sdr() -> None:
    target = speech_like() + noise()
    bark, si_sdr, snr = LOSSES["bark_loudness"](), LOSSES["si_sdr"](), LOSSES["snr"]()
    assert float(snr(0.58 * target, target)) == pytest.approx(2 * np.log10(0.42), abs=0.02)
    assert float(bark(0.5 * target, target)) > float(bark(target, target)) + 0.05
    assert float(si_sdr(0.5 * target + noise(5), target)) == pytest.approx(
        float(si_sdr(target + 2 * noise(5), target)), abs=1e-4
    )


def test_si_sdr_is_a_tenth_of_the_decibels() -> None:
    target = speech_like()
    error = noise()
    error = error - (error * target).sum(-1, keepdim=True) / target.square().sum(-1, keepdim=True) * target
    error = error * (target.square().sum(-1) / error.square().sum(-1) / 10**1.5).sqrt()[:, None]
    assert float(LOSSES["si_sdr"]()(target + error, target)) == pytest.approx(-1.5, abs=0.02)
