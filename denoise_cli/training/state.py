"""Everything that changes while a run goes on, and that a resumed run needs: TrainState."""

import copy
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from denoise_cli.config import Config, StageConfig, TrainConfig
from denoise_cli.errors import UsageConflict
from denoise_cli.models.generator import Generator
from denoise_cli.models.joint_batch_norm import set_joint
from denoise_cli.training.adversary import Adversary, new_adversary
from denoise_cli.training.muon import Muon
from denoise_cli.training.stages import Stage

OPTIMIZERS: Mapping[str, Callable[..., torch.optim.Optimizer]] = {"adamw": torch.optim.AdamW, "muon": Muon}


@dataclass
class TrainState:
    """Owned by the loop. Batches are functions of (seed, step), so there is no sampler state."""

    generator: Generator
    optimizer: torch.optim.Optimizer
    ema: dict[str, Tensor]  # empty while train.ema_decay is 0
    step: int = 0
    seconds: float = 0.0  # of training so far, over all resumptions
    best_score: float = -math.inf
    adversary: Adversary | None = None  # of a stage with discriminators
    # by name, what the guard against divergence compares later losses with; empty before the first are logged
    first_losses: dict[str, float] = field(default_factory=dict)

    def state_dict(self) -> dict[str, Any]:
        return {
            "generator": self.generator.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "ema": self.ema,
            "step": self.step,
            "seconds": self.seconds,
            "best_score": self.best_score,
            "adversary": self.adversary.state_dict() if self.adversary else None,
            "first_losses": self.first_losses,
            "random": torch.get_rng_state(),
        }

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        self.generator.load_state_dict(saved["generator"])
        self.optimizer.load_state_dict(saved["optimizer"])
        device = next(self.generator.parameters()).device
        self.ema = {name: value.to(device) for name, value in saved["ema"].items()}
        self.step = saved["step"]
        self.seconds = saved["seconds"]
        self.best_score = saved["best_score"]
        if self.adversary is not None:
            self.adversary.load_state_dict(saved["adversary"])
        self.first_losses = saved.get("first_losses", {})  # absent in states of earlier versions
        torch.set_rng_state(saved["random"])

    def weights_to_keep(self) -> dict[str, Tensor]:
        """The generator's weights as a model: their moving average where there is one."""
        return self.ema or self.generator.state_dict()

    def generator_to_keep(self) -> Generator:
        """A copy of the generator with `weights_to_keep`, in evaluation mode."""
        generator = copy.deepcopy(self.generator)
        generator.load_state_dict(self.weights_to_keep())
        return generator.eval()


def new_state(stage: Stage, config: Config, generator: Generator) -> TrainState:
    """Fresh optimisers, moving average and discriminators; what the stage does not train gets no gradient.

    Raises UsageConflict for discriminators that cannot be made and for an unknown optimiser.
    """
    own = stage.config(config)
    trained = [parameter for part in stage.trains for parameter in getattr(generator, part)()]
    for parameter in generator.parameters():
        parameter.requires_grad_(False)
    for parameter in trained:
        parameter.requires_grad_(True)
    if config.train.optimizer not in OPTIMIZERS:
        raise UsageConflict(
            f"train.optimizer: unknown name {config.train.optimizer}; there are {', '.join(OPTIMIZERS)}"
        )
    optimizer = OPTIMIZERS[config.train.optimizer](
        trained, lr=own.learning_rate, betas=own.betas or config.train.betas, weight_decay=config.train.weight_decay
    )
    ema = {name: value.detach().clone() for name, value in generator.state_dict().items()}
    state = TrainState(generator, optimizer, ema if config.train.ema_decay > 0 else {})
    set_joint(generator, config.train.joint_batch_norm)
    if own.adversarial is not None:
        samples = round(config.train.crop_seconds * generator.sample_rate)
        state.adversary = new_adversary(own.adversarial, generator.sample_rate, samples, trained[0].device)
        set_joint(state.adversary.discriminators, config.train.joint_batch_norm)
    return state


def learning_rate(stage: StageConfig, train: TrainConfig, step: int) -> float:
    """The generator's: linear warm-up, then constant (the paper) or a cosine down to `final_learning_rate` of it."""
    return stage.learning_rate * rate_factor(stage, train, step)


def rate_factor(stage: StageConfig, train: TrainConfig, step: int) -> float:
    """Warm-up and schedule, as a share of a learning rate."""
    warm_up = min(1.0, (step + 1) / max(train.warmup_steps, 1))
    if train.schedule == "constant":
        return warm_up
    progress = min(step / max(stage.steps, 1), 1.0)
    decay = (1 + math.cos(math.pi * progress)) / 2
    return warm_up * (train.final_learning_rate + (1 - train.final_learning_rate) * decay)


@torch.no_grad()
def update_ema(state: TrainState, decay: float) -> None:
    """Moving average of all weights; its first steps follow faster, so that the random start is forgotten."""
    if not state.ema:
        return
    followed = min(decay, (1 + state.step) / (10 + state.step))
    current = state.generator.state_dict()
    averaged = [name for name, value in state.ema.items() if value.is_floating_point()]
    torch._foreach_lerp_([state.ema[name] for name in averaged], [current[name] for name in averaged], 1 - followed)
    for name in state.ema.keys() - set(averaged):  # counters
        state.ema[name].copy_(current[name])
