"""What is taken from speech costs, what is left beside it does not."""

import torch

from denoise_cli.losses.over_suppression import over_suppression_loss

SPEECH = torch.sin(2 * torch.pi * 440 * torch.arange(8000) / 16_000)[None] * 0.1


def test_a_louder_estimate_costs_nothing_and_a_softer_one_does() -> None:
    assert over_suppression_loss(SPEECH, SPEECH) == 0
    assert over_suppression_loss(2 * SPEECH, SPEECH) == 0
    assert 0 < over_suppression_loss(0.9 * SPEECH, SPEECH) < over_suppression_loss(0.5 * SPEECH, SPEECH)


def test_a_bin_counts_as_in_the_compressed_spectrum() -> None:
    """An impulse in the middle of a frame has the same magnitude in all bins."""
    impulse = torch.zeros(1, 512 * 4)
    impulse[0, 1024] = 1.0
    ours = over_suppression_loss(0.5 * impulse, impulse)
    window = torch.hann_window(512).sqrt()
    magnitudes = torch.tensor([window[0], window[256]]).clamp(min=1e-5)  # frames that start 256 samples apart
    errors = (magnitudes**0.3 - (0.5 * magnitudes).clamp(min=1e-5) ** 0.3).square().sum() / 9  # 9 frames
    torch.testing.assert_close(ours, 70 * errors, rtol=0.02, atol=0.0)


def test_its_gradient_pushes_up() -> None:
    estimate = (0.5 * SPEECH).requires_grad_()
    over_suppression_loss(estimate, SPEECH).backward()
    assert estimate.grad is not None
    assert float((estimate.grad * SPEECH).sum()) < 0
