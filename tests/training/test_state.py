"""Learning rates, moving averages, and the paper's numbers."""

import dataclasses

import pytest
import torch

from denoise_cli.config import Config, StageConfig, TrainConfig
from denoise_cli.errors import UsageConflict
from denoise_cli.models.generator import Generator
from denoise_cli.training.stages import STAGE1, STAGE2
from denoise_cli.training.state import learning_rate, new_state, update_ema
from tests.training.small_runs import CONFIG


def test_the_papers_rates_and_lengths() -> None:
    config = Config()
    assert (STAGE1.config(config).learning_rate, STAGE1.config(config).steps) == (1e-3, 500_000)
    assert (STAGE2.config(config).learning_rate, STAGE2.config(config).steps) == (1e-4, 500_000)
    assert STAGE1.config(config).losses == {"l1": 1.0, "log_spectrogram": 1.0}


def test_warm_up_then_cosine_to_the_final_rate() -> None:
    stage = StageConfig(learning_rate=1.0, steps=1000)
    train = TrainConfig(warmup_steps=10, schedule="cosine", final_learning_rate=0.1)
    assert learning_rate(stage, train, 0) == pytest.approx(0.1)
    assert learning_rate(stage, train, 10) == pytest.approx(1.0, abs=0.01)
    assert learning_rate(stage, train, 500) == pytest.approx(0.55, abs=0.01)
    assert learning_rate(stage, train, 1000) == pytest.approx(0.1)
    assert learning_rate(stage, dataclasses.replace(train, schedule="constant"), 999) == 1.0


def test_a_new_stage_starts_with_a_fresh_optimiser() -> None:
    state = new_state(STAGE2, CONFIG, Generator(CONFIG.generator))
    assert state.step == 0
    assert not state.optimizer.state
    assert state.optimizer.param_groups[0]["lr"] == CONFIG.stage2.learning_rate


def test_an_unknown_optimiser_is_named() -> None:
    config = dataclasses.replace(CONFIG, train=dataclasses.replace(CONFIG.train, optimizer="sgdx"))
    with pytest.raises(UsageConflict, match=r"sgdx; there are adamw, muon"):
        new_state(STAGE1, config, Generator(config.generator))


def test_the_moving_average_follows_slowly_and_is_what_is_kept() -> None:
    state = new_state(STAGE1, CONFIG, Generator(CONFIG.generator, use_postnet=False))
    state.step = 10_000
    name, parameter = next(iter(state.generator.named_parameters()))
    before = parameter.detach().clone()
    with torch.no_grad():
        parameter += 1.0
    update_ema(state, 0.9)
    torch.testing.assert_close(state.weights_to_keep()[name], before + 0.1)
    kept = dict(state.generator_to_keep().named_parameters())[name]
    torch.testing.assert_close(kept, before + 0.1)
