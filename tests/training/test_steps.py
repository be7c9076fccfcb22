"""One optimisation step: what is trained, what is judged, whether it learns."""

import dataclasses

import pytest
import torch

from denoise_cli.config import Config
from denoise_cli.losses.table import make_losses
from denoise_cli.models.generator import Estimates, Generator
from denoise_cli.training.stages import STAGE1, STAGE2, STAGE3, Stage
from denoise_cli.training.state import TrainState, new_state
from denoise_cli.training.steps import Batch, training_step, weigh_losses
from tests.training.small_runs import CONFIG, DISCRIMINATORS, STAGE, with_adversarial, with_train


def fresh(stage: Stage, config: Config = CONFIG) -> TrainState:
    torch.manual_seed(0)
    return new_state(stage, config, Generator(config.generator, stage.use_postnet))


def one_batch(seed: int = 0) -> Batch:
    source = torch.Generator().manual_seed(seed)
    time = torch.arange(8_000) / 16_000
    target = 0.1 * torch.sin(2 * torch.pi * torch.tensor([[200.0], [330.0]]) * time)
    return Batch(target + 0.1 * torch.randn(2, 8_000, generator=source), target)


def take_step(state: TrainState, stage: Stage, config: Config = CONFIG) -> dict[str, torch.Tensor]:
    """On one batch, which each update of a step sees."""
    updates = config.stage3.adversarial.updates if state.adversary and config.stage3.adversarial else 1
    return training_step(state, [[one_batch()]] * updates, stage, config, make_losses(STAGE.losses))


@pytest.mark.parametrize("stage", [STAGE1, STAGE2, STAGE3], ids=lambda stage: stage.name)
def test_each_stage_overfits_one_batch(stage: Stage) -> None:
    config = with_adversarial(updates=1, discriminators=DISCRIMINATORS[1:])
    config = dataclasses.replace(config, train=with_train(schedule="constant").train)
    state = fresh(stage, config)
    totals = [float(take_step(state, stage, config)["total"]) for _ in range(60)]
    assert totals[-1] < 0.5 * totals[0]


def test_stage_1_leaves_the_postnet_alone() -> None:
    state = fresh(STAGE1)
    before = [parameter.clone() for parameter in state.generator.postnet_parameters()]
    take_step(state, STAGE1)
    after = state.generator.postnet_parameters()
    assert all(torch.equal(old, new) for old, new in zip(before, after, strict=True))


def test_stage_2_trains_both_networks() -> None:
    state = fresh(STAGE2)
    before = {name: value.clone() for name, value in state.generator.state_dict().items()}
    take_step(state, STAGE2)
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


@pytest.mark.parametrize("stage", [STAGE1, STAGE2], ids=lambda stage: stage.name)
def test_accumulated_batches_give_the_step_of_their_joint_batch(stage: Stage) -> None:
    losses = make_losses(STAGE.losses)
    parts = [one_batch(0), one_batch(1)]
    joint = Batch(*(torch.cat(tensors) for tensors in zip(*parts, strict=True)))
    apart, together = fresh(stage), fresh(stage)
    for _ in range(3):
        training_step(apart, [parts], stage, CONFIG, losses)
        training_step(together, [[joint]], stage, CONFIG, losses)
    for one, other in zip(apart.generator.parameters(), together.generator.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-6)


def test_stage_3_trains_everything() -> None:
    state = fresh(STAGE3)
    assert state.adversary is not None
    networks = {"generator": state.generator, "discriminators": state.adversary.discriminators}
    # the residual that follows the last layer; biases of scores, on which the hinges' two sides first cancel
    still = {"generator": 2, "discriminators": len(DISCRIMINATORS)}
    before = {name: [parameter.clone() for parameter in net.parameters()] for name, net in networks.items()}
    values = take_step(state, STAGE3)
    for name, network in networks.items():
        same = [torch.equal(old, new) for old, new in zip(before[name], network.parameters(), strict=True)]
        assert sum(same) <= still[name], name
    assert {"adversarial", "feature_matching", "total", "discriminator", "gradient_norm"} <= values.keys()


def test_a_frozen_generator_waits_while_the_discriminators_learn() -> None:
    config = with_adversarial(generator_frozen_steps=2)
    state = fresh(STAGE3, config)
    before = [parameter.clone() for parameter in state.generator.parameters()]
    losses = [float(take_step(state, STAGE3, config)["discriminator"]) for _ in range(2)]
    assert all(torch.equal(old, new) for old, new in zip(before, state.generator.parameters(), strict=True))
    assert losses[1] < losses[0] and state.step == 2
    assert "total" in take_step(state, STAGE3, config)
    assert not all(torch.equal(old, new) for old, new in zip(before, state.generator.parameters(), strict=True))
