"""One optimisation step, as a plain function."""

from collections.abc import Mapping

import torch
from torch import Tensor

from denoise_cli.config import Config
from denoise_cli.losses.table import Loss
from denoise_cli.models.generator import Estimates, Generator
from denoise_cli.training.stages import Stage
from denoise_cli.training.state import TrainState, learning_rate, update_ema


def generator_step(
    state: TrainState, noisy: Tensor, target: Tensor, stage: Stage, config: Config, losses: Mapping[str, Loss]
) -> dict[str, Tensor]:
    """Update the stage's parameters on one batch of (batch, samples).

    Returns the unweighted losses by name, their weighted sum as `total`, and `gradient_norm`; detached, not waited for.
    """
    rate = learning_rate(stage.config(config), config.train, state.step)
    for group in state.optimizer.param_groups:
        group["lr"] = rate
    estimates = run_generator(state.generator, noisy, config.train.precision)
    values = weigh_losses(estimates, target, stage, config, losses)
    state.optimizer.zero_grad(set_to_none=True)
    values["total"].backward()
    parameters = [parameter for group in state.optimizer.param_groups for parameter in group["params"]]
    limit = config.train.clip_gradient_norm or float("inf")
    values["gradient_norm"] = torch.nn.utils.clip_grad_norm_(parameters, limit)
    state.optimizer.step()
    state.step += 1
    update_ema(state, config.train.ema_decay)
    return {name: value.detach() for name, value in values.items()}


def run_generator(generator: Generator, noisy: Tensor, precision: str) -> Estimates:
    """The generator under autocast when precision is bfloat16; estimates come back in float32."""
    enabled = precision == "bfloat16"
    with torch.autocast(noisy.device.type, dtype=torch.bfloat16, enabled=enabled):
        estimates: Estimates = generator(noisy)
    return Estimates(estimates.y1.float(), estimates.y2.float())


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
