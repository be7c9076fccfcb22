"""The filter behind the network: what is kept, what is lowered, and how far."""

import math

import pytest
import torch

from denoise_cli.models.post_filter import post_filter

STRENGTH = 0.01


def lowered_by(gain_db: float, strength: float = STRENGTH) -> float:
    """Decibels that the filter takes from an estimate whose gain over the input is `gain_db`."""
    torch.manual_seed(0)
    spectrum = torch.randn(1, 2, 3, 5)
    estimate = spectrum.flip(1) * 10 ** (gain_db / 20)  # another phase must not matter
    ratio = post_filter(estimate, spectrum, strength) / estimate
    assert float(ratio.max() - ratio.min()) < 1e-4
    return -20 * math.log10(float(ratio.mean()))


@pytest.mark.parametrize(("gain_db", "loss_db"), [(6, 0), (0, 0), (-12, 0.48), (-20, 2.89), (-24, 6.03), (-60, 10)])
def test_small_gains_become_smaller_and_large_ones_stay(gain_db: float, loss_db: float) -> None:
    assert lowered_by(gain_db) == pytest.approx(loss_db, abs=0.05)


def test_a_strength_of_zero_does_nothing() -> None:
    assert lowered_by(-40, strength=0.0) == pytest.approx(0, abs=1e-4)


def test_silence_stays_silent() -> None:
    zeros = torch.zeros(1, 2, 3, 5)
    assert torch.equal(post_filter(zeros, zeros, STRENGTH), zeros)
