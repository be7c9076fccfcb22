"""The features of a recogniser as a loss, with a small Whisper of random weights."""

from pathlib import Path

import pytest
import torch

from denoise_cli.errors import ModelUnavailable
from denoise_cli.losses.table import make_losses
from denoise_cli.losses.whisper_encoder import WhisperEncoder
from denoise_cli.losses.whisper_features import FOLDER_VARIABLE, WhisperFeaturesLoss
from tests.whisper_file import WIDTH, write_ctranslate2, write_whisper


def test_equal_signals_cost_nothing_and_more_noise_costs_more() -> None:
    torch.manual_seed(1)
    speech, noise = 0.1 * torch.randn(2, 8000), 0.1 * torch.randn(2, 8000)
    loss = WhisperFeaturesLoss()
    assert loss(speech, speech) == 0
    assert 0 < loss(speech + 0.1 * noise, speech) < loss(speech + noise, speech)


def test_the_estimate_alone_gets_a_gradient() -> None:
    torch.manual_seed(1)
    target = (0.1 * torch.randn(1, 8000)).requires_grad_()
    estimate = (target.detach() + 0.05 * torch.randn(1, 8000)).requires_grad_()
    loss = WhisperFeaturesLoss()
    loss(estimate, target).backward()
    assert estimate.grad is not None and bool((estimate.grad != 0).any())
    assert target.grad is None
    assert not any(parameter.requires_grad for parameter in loss.parameters())


def test_silence_has_a_finite_loss_and_gradient() -> None:
    estimate = torch.zeros(1, 8000, requires_grad=True)
    loss = WhisperFeaturesLoss()(estimate, torch.zeros(1, 8000))
    loss.backward()
    assert loss == 0
    assert estimate.grad is not None and bool(estimate.grad.isfinite().all())


def test_the_encoder_hears_what_whisper_does(whisper_folder: Path) -> None:
    """Bands of the filters that come with Whisper, and its scale: (log10 power + 4) / 4, eight decades deep."""
    encoder = WhisperEncoder(whisper_folder)
    torch.testing.assert_close(encoder.mel[0, :4], torch.tensor([0.0, 0.02486259, 0.0, 0.0]))
    torch.testing.assert_close(encoder.mel[40, 42:45], torch.tensor([0.00541111, 0.01473557, 0.00651819]))
    tone = torch.sin(2 * torch.pi * 1000 * torch.arange(16_000) / 16_000)[None]
    heard = encoder.log_mel(tone)
    assert heard.shape == (1, 80, 100)
    assert float(heard.max() - heard.min()) == pytest.approx(2.0)
    layers = list(encoder(tone))
    assert [layer.shape for layer in layers] == [(1, 50, WIDTH)] * 3


def test_a_folder_that_is_none_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_whisper(tmp_path / "shallow", layers=2)
    write_ctranslate2(tmp_path / "other" / "model.bin", {})
    for name in ("shallow", "other"):
        with pytest.raises(ModelUnavailable, match="not a Whisper model in half precision"):
            WhisperEncoder(tmp_path / name)
    monkeypatch.delenv(FOLDER_VARIABLE)
    with pytest.raises(ModelUnavailable, match=f"set {FOLDER_VARIABLE}"):
        make_losses({"whisper_features": 1.0})
