"""One optimisation step: what is trained, what is judged, whether it learns."""

import dataclasses

import pytest
import torch

from denoise_cli.losses.table import make_losses
from denoise_cli.models.generator import Estimates, Generator
from denoise_cli.training.stages import STAGE1, STAGE2, Stage
from denoise_cli.training.state import TrainState, new_state
from denoise_cli.training.steps import generator_step, weigh_losses
from tests.training.small_runs import CONFIG, STAGE


def fresh(stage: Stage) -> TrainState:
    torch.manual_seed(0)
    return new_state(stage, CONFIG, Generator(CONFIG.generator, stage.use_postnet))


def one_batch() -> tuple[torch.Tensor, torch.Tensor]:
    source = torch.Generator().manual_seed(0)
    time = torch.arange(8_000) / 16_000
    target = 0.1 * torch.sin(2 * torch.pi * torch.tensor([[200.0], [330.0]]) * time)
    return target + 0.1 * torch.randn(2, 8_000, generator=source), target


@pytest.mark.parametrize("stage", [STAGE1, STAGE2], ids=lambda stage: stage.name)
def test_each_stage_overfits_one_batch(stage: Stage) -> None:
    state, losses = fresh(stage), make_losses(STAGE.losses)
    config = dataclasses.replace(CONFIG, train=dataclasses.replace(CONFIG.train, schedule="constant"))
    noisy, target = one_batch()
    totals = [float(generator_step(state, noisy, target, stage, config, losses)["total"]) for _ in range(60)]
    assert totals[-1] < 0.5 * totals[0]


def test_stage_1_leaves_the_postnet_alone() -> None:
    state = fresh(STAGE1)
    before = [parameter.clone() for parameter in state.generator.postnet_parameters()]
    generator_step(state, *one_batch(), STAGE1, CONFIG, make_losses(STAGE.losses))
    after = state.generator.postnet_parameters()
    assert all(torch.equal(old, new) for old, new in zip(before, after, strict=True))


def test_stage_2_trains_both_networks() -> None:
    state = fresh(STAGE2)
    before = {name: value.clone() for name, value in state.generator.state_dict().items()}
    generator_step(state, *one_batch(), STAGE2, CONFIG, make_losses(STAGE.losses))
    changed = {name for name, value in state.generator.state_dict().items() if not torch.equal(value, before[name])}
    assert any(".postnet." in name for name in changed)
    assert any(".wavenet." in name for name in changed)


def test_losses_judge_both_estimates_in_stage_2_and_the_first_in_stage_1() -> None:
    target = torch.zeros(1, 1000)
    estimates = Estimates(target + 0.1, target + 0.3)
    config = dataclasses.replace(CONFIG, stage2=dataclasses.replace(STAGE, losses={"l1": 2.0}), stage1=STAGE)
    config = dataclasses.replace(config, stage1=config.stage2)
    losses = make_losses({"l1": 2.0})
    assert float(weigh_losses(estimates, target, STAGE1, config, losses)["total"]) == pytest.approx(0.2)
    both = weigh_losses(estimates, target, STAGE2, config, losses)
    assert float(both["l1"]) == pytest.approx(0.4)
    assert float(both["total"]) == pytest.approx(0.8)
