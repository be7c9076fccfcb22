"""One optimisation step, as plain functions: the discriminators' side and the generator's."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from denoise_cli.config import Config, TrainConfig
from denoise_cli.losses.table import Loss
from denoise_cli.models.generator import Estimates, Generator
from denoise_cli.training.adversary import (
    Adversary,
    add_noise,
    clip_weights,
    discriminator_loss,
    generator_gain,
    instance_noise,
    limit_gradient,
)
from denoise_cli.training.processes import average_gradients
from denoise_cli.training.stages import Stage
from denoise_cli.training.state import TrainState, learning_rate, rate_factor, update_ema


class Batch(NamedTuple):
    """Input and target of the generator, (batch, samples) each."""

    noisy: Tensor
    target: Tensor


def training_step(
    state: TrainState, groups: Sequence[Sequence[Batch]], stage: Stage, config: Config, losses: Mapping[str, Loss]
) -> dict[str, Tensor]:
    """One step: discriminators where there are any, once for each group of batches; then the generator on the last.

    The gradients of a group's batches are averaged. Returns losses and what is worth watching by name; detached.
    """
    values: dict[str, Tensor] = {}
    estimates: Estimates | None = None
    trains_generator = state.adversary is None or state.step >= state.adversary.config.generator_frozen_steps
    if state.adversary is not None:
        for update, batches in enumerate(groups):
            if trains_generator and update == len(groups) - 1:
                estimates = estimates_for_both(state, batches, config)
            values = discriminator_step(state, state.adversary, batches, stage, config, update, estimates)
    if trains_generator:
        values |= generator_step(state, groups[-1], stage, config, losses, estimates)
    state.step += 1
    update_ema(state, config.train.ema_decay)
    return values


def estimates_for_both(state: TrainState, batches: Sequence[Batch], config: Config) -> Estimates | None:
    """The estimates, with their graph, that both sides of a step can share: of the only batch of a group.

    None where it has several, whose graphs would be in memory at once.
    """
    return run_generator(state.generator, batches[0].noisy, config.train.precision) if len(batches) == 1 else None


def generator_step(
    state: TrainState,
    batches: Sequence[Batch],
    stage: Stage,
    config: Config,
    losses: Mapping[str, Loss],
    known: Estimates | None = None,
) -> dict[str, Tensor]:
    """Update the stage's parameters of the generator; those of discriminators stay as they are, without gradients.

    `known` are the estimates of the only batch where they have been made, with their graph. Returns the unweighted
    losses by name, their weighted sum as `total`, and `gradient_norm`; detached, not waited for.
    """
    _set_rate(state.optimizer, learning_rate(stage.config(config), config.train, state.step))
    state.optimizer.zero_grad(set_to_none=True)
    collected = []
    for batch in batches:
        estimates = known or run_generator(state.generator, batch.noisy, config.train.precision)
        values = weigh_losses(estimates, batch.target, stage, config, losses)
        if state.adversary is not None:
            values = _with_adversary(state, state.adversary, values, batch.target, estimates.y2, config)
        (values["total"] / len(batches)).backward()
        collected.append(_detached(values))
    return {**_mean(collected), "gradient_norm": _update(state.optimizer, config.train)}


def discriminator_step(
    state: TrainState,
    adversary: Adversary,
    batches: Sequence[Batch],
    stage: Stage,
    config: Config,
    update: int,
    known: Estimates | None = None,
) -> dict[str, Tensor]:
    """Update the discriminators on targets and final estimates; the generator is run without gradients.

    `update` is the number of this one within the step; `known` are the estimates of the only batch where they have
    been made. Returns as `discriminator_loss`, with `discriminator_gradient_norm`; detached.
    """
    rate = adversary.config.learning_rate * rate_factor(stage.config(config), config.train, state.step)
    _set_rate(adversary.optimizer, rate)
    adversary.optimizer.zero_grad(set_to_none=True)
    collected = []
    for number, batch in enumerate(batches):
        with torch.no_grad():
            fake = (known or run_generator(state.generator, batch.noisy, config.train.precision)).y2.detach()
        deviation = instance_noise(adversary.config, state.step)
        source = _noise_source(config, state.step, 1 + update * len(batches) + number, fake.device)
        real, fake = add_noise(batch.target, deviation, source), add_noise(fake, deviation, source)
        values = discriminator_loss(adversary, real, fake, config.train.precision)
        (values["discriminator"] / len(batches)).backward()
        collected.append(_detached(values))
    norm = _update(adversary.optimizer, config.train)
    clip_weights(adversary)
    return {**_mean(collected), "discriminator_gradient_norm": norm}


def run_generator(generator: Generator, noisy: Tensor, precision: str) -> Estimates:
    """The generator under autocast when precision is bfloat16; estimates come back as exact as the input."""
    with _autocast(noisy, precision):
        estimates: Estimates = generator(noisy)
    return Estimates(estimates.y1.to(noisy.dtype), estimates.y2.to(noisy.dtype))


def weigh_losses(
    estimates: Estimates, target: Tensor, stage: Stage, config: Config, losses: Mapping[str, Loss]
) -> dict[str, Tensor]:
    """Each loss summed over the estimates it applies to (y1 and y2 alike in the paper), and the weighted `total`."""
    wanted = {"y1": [estimates.y1], "y2": [estimates.y2], "both": [estimates.y1, estimates.y2]}
    judged = wanted[stage.config(config).estimates] if stage.use_postnet else [estimates.y1]
    weights = stage.config(config).losses
    values: dict[str, Tensor] = {}
    total = target.new_zeros(())
    for name, loss in losses.items():
        values[name] = torch.stack([loss(estimate, target) for estimate in judged]).sum()
        total = total + weights[name] * values[name]
    return {**values, "total": total}


def _with_adversary(
    state: TrainState, adversary: Adversary, values: dict[str, Tensor], real: Tensor, fake: Tensor, config: Config
) -> dict[str, Tensor]:
    """`values` with the discriminators' terms added; discriminators see only y2 (Su et al. 2020, figure 1)."""
    deviation = instance_noise(adversary.config, state.step)
    source = _noise_source(config, state.step, 0, fake.device)
    adversary.discriminators.requires_grad_(False).eval()  # being asked moves no spectral norm
    fake = limit_gradient(fake, adversary.config.gradient_limit)
    gain = generator_gain(
        adversary, add_noise(real, deviation, source), add_noise(fake, deviation, source), config.train.precision
    )
    adversary.discriminators.requires_grad_(True).train()
    weighted = (
        adversary.config.adversarial_weight * gain["adversarial"]
        + adversary.config.feature_matching_weight * gain["feature_matching"]
    )
    return {**values, **gain, "total": values["total"] + weighted}


def _noise_source(config: Config, step: int, number: int, device: torch.device) -> torch.Generator:
    """Random numbers of one place in a run: the same after a resumption, on every kind of device."""
    (seed,) = np.random.SeedSequence([config.train.seed, step, number]).generate_state(1)
    return torch.Generator(device).manual_seed(int(seed))


def _set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate


def _update(optimizer: torch.optim.Optimizer, train: TrainConfig) -> Tensor:
    """Average gradients over processes, clip them (0: not), and take the step. Returns their norm before clipping."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    average_gradients(parameters)
    norm = torch.nn.utils.clip_grad_norm_(parameters, train.clip_gradient_norm or float("inf"))
    # of the optimisers only Muon multiplies matrices, and its steps need no more than bfloat16 (Jordan et al. 2024)
    with _autocast(parameters[0], train.precision):
        optimizer.step()
    return norm


def _autocast(tensor: Tensor, precision: str) -> torch.autocast:
    """On the tensor's device, when precision is bfloat16."""
    return torch.autocast(tensor.device.type, dtype=torch.bfloat16, enabled=precision == "bfloat16")


def _detached(values: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach() for name, value in values.items()}


def _mean(collected: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    return {name: torch.stack([values[name] for values in collected]).mean() for name in collected[0]}
