"""The other side of an adversarial stage: discriminators and their optimiser, and what they say of an estimate."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from denoise_cli.config import AdversarialConfig
from denoise_cli.errors import UsageConflict
from denoise_cli.losses.adversarial import FORMS, AdversarialForm, distance_of_gradient_from_one, squared_gradient
from denoise_cli.losses.feature_matching import feature_matching_loss
from denoise_cli.models.discriminators import Discriminators, Judgement
from denoise_cli.training.metric_adversary import metric_gain, metric_losses
from denoise_cli.training.processes import own_rows


@dataclass
class Adversary:
    """Part of the TrainState of a stage with discriminators."""

    discriminators: Discriminators
    optimizer: torch.optim.Optimizer
    config: AdversarialConfig

    @property
    def form(self) -> AdversarialForm:
        return FORMS[self.config.form]

    def state_dict(self) -> dict[str, Any]:
        return {"discriminators": self.discriminators.state_dict(), "optimizer": self.optimizer.state_dict()}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        self.discriminators.load_state_dict(saved["discriminators"])
        self.optimizer.load_state_dict(saved["optimizer"])


def new_adversary(config: AdversarialConfig, sample_rate: int, samples: int, device: torch.device) -> Adversary:
    """Discriminators of crops of `samples` at their random start, with a fresh optimiser.

    Raises UsageConflict for names that do not exist and for fields that contradict each other.
    """
    if config.form not in FORMS:
        raise UsageConflict(f"adversarial.form: unknown name {config.form}; there are {', '.join(FORMS)}")
    batch_norm = any(entry.kind == "spectrogram" and entry.norm == "batch" for entry in config.discriminators)
    if FORMS[config.form].penalises_gradients and batch_norm:
        raise UsageConflict(
            f"adversarial.form {config.form}: its penalty needs the gradient of each item alone; "
            'give the spectrogram discriminator norm = "instance"'
        )
    if config.updates < 1:
        raise UsageConflict("adversarial.updates must be at least 1")
    discriminators = Discriminators(config.discriminators, sample_rate, samples).to(device)
    optimizer = torch.optim.AdamW(
        discriminators.parameters(), lr=config.learning_rate, betas=config.betas, weight_decay=config.weight_decay
    )
    return Adversary(discriminators, optimizer, config)


def discriminator_loss(adversary: Adversary, real: Tensor, fake: Tensor, precision: str) -> dict[str, Tensor]:
    """What the discriminators lose on (batch, samples) of each kind, as `discriminator`, with what is worth watching.

    `accuracy_NAME` is the share of items whose real signal scores above the generated one: 0.5 when the two are alike
    or the discriminator is dead. `real_accuracy_NAME` and `fake_accuracy_NAME` are the shares of each kind on the right
    side of the form's boundary, where it has one. No gradient reaches where `fake` comes from.
    """
    config, form = adversary.config, adversary.form
    real = real.detach().requires_grad_(config.r1_weight > 0)
    values: dict[str, Tensor] = {}
    total = real.new_zeros(())
    for name, judgement in judge(adversary, real, fake.detach(), precision).items():
        total = total + form.discriminator(judgement.real, judgement.fake)
        if config.r1_weight > 0:
            total = total + config.r1_weight / 2 * squared_gradient(judgement.real, real).mean()
        values |= _worth_watching(name, judgement, form.boundary)
    if form.penalises_gradients:
        total = total + config.gradient_penalty_weight * _gradient_penalty(adversary, real, fake.detach(), precision)
    for name, loss in metric_losses(adversary.discriminators, real.detach(), fake.detach()).items():
        values[f"error_{name}"] = loss
        total = total + loss
    return {**values, "discriminator": total}


def _worth_watching(name: str, judgement: Judgement, boundary: float | None) -> dict[str, Tensor]:
    values = {
        f"accuracy_{name}": (judgement.real > judgement.fake).float().mean(),
        f"gap_{name}": (judgement.real - judgement.fake).mean(),
    }
    if boundary is not None:
        values[f"real_accuracy_{name}"] = (judgement.real > boundary).float().mean()
        values[f"fake_accuracy_{name}"] = (judgement.fake <= boundary).float().mean()
    return values


def generator_gain(adversary: Adversary, real: Tensor, fake: Tensor, precision: str) -> dict[str, Tensor]:
    """`adversarial` and `feature_matching` of an estimate, each a sum over discriminators; gradients reach `fake`."""
    judgements = judge(adversary, real, fake, precision).values()
    return {
        "adversarial": sum(
            (adversary.form.generator(one.fake) for one in judgements),
            start=metric_gain(adversary.discriminators, real, fake),
        ),
        "feature_matching": sum(
            (feature_matching_loss(one.real_features, one.fake_features) for one in judgements),
            start=fake.new_zeros(()),
        ),
    }


def judge(adversary: Adversary, real: Tensor, fake: Tensor, precision: str) -> Mapping[str, Judgement]:
    """All discriminators on both, under autocast when precision is bfloat16; on a CPU always in float32.

    There bfloat16 made their grouped convolutions five to seven times slower (AVX512-BF16, one thread).
    """
    lowered = precision == "bfloat16" and real.device.type != "cpu"
    with torch.autocast(real.device.type, dtype=torch.bfloat16, enabled=lowered):
        judgements: dict[str, Judgement] = adversary.discriminators(real, fake)
    return judgements


def instance_noise(config: AdversarialConfig, step: int) -> float:
    """Standard deviation of the noise on what discriminators see: linear from `instance_noise` to 0."""
    return config.instance_noise * max(0.0, 1 - step / max(config.instance_noise_steps, 1))


def add_noise(waveform: Tensor, deviation: float, source: torch.Generator) -> Tensor:
    """(batch, samples) with white noise; `source` is on the waveform's device."""
    if deviation == 0:
        return waveform
    samples, device = waveform.shape[-1], waveform.device
    noise = own_rows(len(waveform), lambda rows: torch.randn((rows, samples), generator=source, device=device))
    return waveform + deviation * noise


def limit_gradient(waveform: Tensor, longest: float) -> Tensor:
    """(batch, samples), the same; the gradient of each item that comes back through it is at most so long; 0: any.

    The logarithm of a spectrogram has gradients of hundreds where an estimate is all but silent: without a limit
    single items drown out every other loss.
    """
    if longest == 0 or not waveform.requires_grad:
        return waveform
    same = waveform.view_as(waveform)
    same.register_hook(lambda gradient: gradient * (longest / gradient.norm(dim=1, keepdim=True).clamp(min=longest)))
    return same


@torch.no_grad()
def clip_weights(adversary: Adversary) -> None:
    """For the form that wants it: every parameter into +- weight_limit (Arjovsky 2017)."""
    if adversary.form.clips_weights:
        for parameter in adversary.discriminators.parameters():
            parameter.clamp_(-adversary.config.weight_limit, adversary.config.weight_limit)


def _gradient_penalty(adversary: Adversary, real: Tensor, fake: Tensor, precision: str) -> Tensor:
    """Summed over discriminators, at random points between each real signal and its estimate."""
    draw = own_rows(len(real), lambda rows: torch.rand(rows, 1))
    share = draw.to(real.device)  # from the CPU's random state, which a saved run keeps
    between = (share * real.detach() + (1 - share) * fake).requires_grad_(True)
    judgements = judge(adversary, between, fake, precision)
    return torch.stack([distance_of_gradient_from_one(one.real, between) for one in judgements.values()]).sum()
