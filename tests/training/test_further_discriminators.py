"""Discriminators that are off by default: the vocoder's, those of STFTs, and the one that predicts PESQ."""

import dataclasses

import numpy as np
import pytest
import torch
from torch import Tensor

from denoise_cli.config import Config, DiscriminatorConfig, multi_period, multi_resolution, multi_scale
from denoise_cli.errors import MetricUndefined, UsageConflict
from denoise_cli.losses.table import make_losses
from denoise_cli.models.discriminators import Discriminators
from denoise_cli.models.generator import Generator
from denoise_cli.training import metric_adversary
from denoise_cli.training.adversary import discriminator_loss, generator_gain, new_adversary
from denoise_cli.training.metric_adversary import metric_losses, normalised_pesq
from denoise_cli.training.stages import STAGE3
from denoise_cli.training.state import new_state
from denoise_cli.training.steps import Batch, discriminator_step, generator_step
from tests.metrics.signals import speech_like, with_noise
from tests.training.small_runs import ADVERSARIAL, STAGE, with_adversarial

RATE, SAMPLES = 16_000, 4_000
SMALL = {
    "period": DiscriminatorConfig("period", channels=1, period=3),
    "scale": DiscriminatorConfig("scale", channels=1),
    "pooled scale": DiscriminatorConfig("scale", channels=1, pooling=2),
    "stft": DiscriminatorConfig("stft", channels=2, n_fft=256, hop_length=128),
    "metric": DiscriminatorConfig("metric", channels=2),
}


@pytest.fixture(autouse=True)
def quick_pesq(monkeypatch: pytest.MonkeyPatch) -> None:
    """PESQ itself takes a tenth of a second an item and wants speech: here a stand-in that falls with the error."""

    def measure(target: np.ndarray, estimate: np.ndarray, sample_rate: int) -> float:
        return 4.5 - 2 * float(np.abs(target - estimate).mean())

    monkeypatch.setattr(metric_adversary, "wideband_pesq", measure)


def batch() -> Batch:
    """At full scale: the first layers pass little on at their random start."""
    source = torch.Generator().manual_seed(0)
    target = torch.sin(2 * torch.pi * torch.tensor([[200.0], [330.0]]) * torch.arange(SAMPLES) / RATE)
    return Batch(target + 0.5 * torch.randn(2, SAMPLES, generator=source), target)


def config_with(discriminator: DiscriminatorConfig) -> Config:
    return with_adversarial(discriminators=(discriminator,), learning_rate=1e-2)


def test_the_vocoders_networks_have_its_widths_and_frames() -> None:
    judged = Discriminators((multi_period()[1], multi_scale()[2], multi_resolution()[0]), RATE, 8_000)
    layers = {name: one.fake_features for name, one in judged(*(torch.randn(1, 8_000),) * 2).items()}
    assert [layer.shape[1] for layer in layers["period_1"]] == [32, 128, 512, 1024, 1024]
    assert {layer.shape[3] for layer in layers["period_1"]} == {3}
    assert [layer.shape[1] for layer in layers["scale_2"]] == [128, 128, 256, 512, 1024, 1024, 1024]
    assert layers["scale_2"][0].shape[2] == 2_001  # two halvings, each with an edge
    assert [layer.shape[1:] for layer in layers["stft_3"]][0] == (32, 63, 513)
    assert len(multi_period()) == 5 and len(multi_scale()) == 3 and len(multi_resolution()) == 3


def test_the_period_discriminator_sees_its_columns_apart() -> None:
    """A change of one sample moves only the features of its own column."""
    network = Discriminators((SMALL["period"],), RATE, SAMPLES)
    waveform = batch().noisy[:1]
    changed = waveform.clone()
    changed[0, 301] += 1.0  # 301 = 3 * 100 + 1
    (one,) = network(waveform, changed).values()
    for ours, theirs in zip(one.real_features, one.fake_features, strict=True):
        moved = (ours - theirs).abs().amax(dim=(0, 1, 2))
        assert (moved > 0).tolist() == [False, True, False]


@pytest.mark.parametrize("kind", SMALL)
def test_each_kind_learns_to_tell_noisy_from_clean_and_teaches_the_generator(kind: str) -> None:
    """Overfit on one batch: the discriminator's loss falls; gradients stay on their own side, both ways."""
    torch.manual_seed(0)
    config = config_with(SMALL[kind])
    state = new_state(STAGE3, config, Generator(config.generator))
    adversary = state.adversary
    assert adversary is not None
    losses = []
    for _ in range(25):
        losses.append(float(discriminator_step(state, adversary, [batch()], STAGE3, config, 0)["discriminator"]))
        state.step = min(state.step + 1, 3)
    assert min(losses[-3:]) < 0.7 * losses[0]
    assert all(parameter.grad is None for parameter in state.generator.parameters())
    before = {name: value.clone() for name, value in adversary.discriminators.state_dict().items()}
    adversary.optimizer.zero_grad()
    generator_step(state, [batch()], STAGE3, config, make_losses(STAGE.losses))
    assert all(parameter.grad is None for parameter in adversary.discriminators.parameters())
    assert all(torch.equal(value, before[name]) for name, value in adversary.discriminators.state_dict().items())
    assert adversary.discriminators.training


@pytest.mark.parametrize("kind", SMALL)
def test_the_generator_hears_each_kind_and_its_estimate_gets_no_gradient_of_the_other_side(kind: str) -> None:
    adversary = new_adversary(
        dataclasses.replace(ADVERSARIAL, discriminators=(SMALL[kind],)), RATE, SAMPLES, torch.device("cpu")
    )
    fake = batch().noisy.requires_grad_(True)
    discriminator_loss(adversary, batch().target, fake, "float32")["discriminator"].backward()
    assert fake.grad is None
    gain = generator_gain(adversary, batch().target, fake, "float32")
    assert (float(gain["feature_matching"].detach()) == 0) == (kind == "metric")
    gain["adversarial"].backward()
    assert isinstance(fake.grad, Tensor) and float(fake.grad.abs().sum()) > 0


def test_items_without_a_pesq_teach_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(target: np.ndarray, estimate: np.ndarray, sample_rate: int) -> float:
        raise MetricUndefined("no utterance")

    judged = Discriminators((SMALL["metric"],), RATE, SAMPLES)
    real, fake = batch().target, batch().noisy
    with_values = metric_losses(judged, real, fake)["metric_1"].detach()
    monkeypatch.setattr(metric_adversary, "wideband_pesq", fail)
    wanted, known = normalised_pesq(real, fake, RATE)
    assert known.tolist() == [0, 0] and wanted.tolist() == [0, 0]
    assert float(metric_losses(judged, real, fake)["metric_1"].detach()) < float(with_values)


def test_pesq_is_normalised(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pesq")
    monkeypatch.undo()
    clean = speech_like(2.0)
    pair = torch.stack([torch.as_tensor(one, dtype=torch.float32) for one in (clean, with_noise(clean, 5))])
    wanted, known = normalised_pesq(torch.stack([pair[0], pair[0]]), pair, RATE)
    assert known.tolist() == [1, 1]
    assert float(wanted[0]) == 1.0 and 0 <= float(wanted[1]) < 0.5


def test_fields_that_make_no_sense_are_refused() -> None:
    for config in (DiscriminatorConfig("scale", pooling=3), DiscriminatorConfig("period", period=0)):
        with pytest.raises(UsageConflict, match="power of two"):
            Discriminators((config,), RATE, SAMPLES)
