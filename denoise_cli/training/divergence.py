"""The guard against divergence: a run whose losses are not finite, or explode, ends before anything is saved of it."""

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from denoise_cli.errors import TrainingFailed

GUARDED = ("total", "discriminator")
SMALLEST_REFERENCE = 1.0  # a first loss near zero is no measure of what is large


def check_losses(
    recent: Sequence[Mapping[str, Tensor]], step: int, first_losses: dict[str, float], explosion_factor: float
) -> None:
    """Look at the values of the last steps, the last of which led to `step`. Waits for the device.

    Each guarded loss is compared with its mean over the first steps that were looked at, which is remembered in
    `first_losses`. A factor of 0 allows any finite loss.

    Raises TrainingFailed, naming the first step with a value that is not finite, or the loss that exploded.
    """
    table = _on_host(recent)
    for number, values in enumerate(table):
        broken = [name for name, value in values.items() if not math.isfinite(value)]
        if broken:
            raise TrainingFailed(
                f"{', '.join(broken)} not finite at step {step - len(recent) + number + 1}; "
                "the last good state is kept; start from it with --init, another -o and a lower learning rate"
            )
    means = _means(table)
    for name in GUARDED:
        if name not in means:
            continue
        reference = max(abs(first_losses.setdefault(name, means[name])), SMALLEST_REFERENCE)
        if explosion_factor > 0 and abs(means[name]) > explosion_factor * reference:
            raise TrainingFailed(
                f"{name} exploded to {means[name]:.4g} by step {step} (it began at {first_losses[name]:.4g}); the "
                "last good state is kept; lower the learning rate, or raise train.explosion_factor if this is expected"
            )


def mean_values(recent: Sequence[Mapping[str, Tensor]]) -> dict[str, float]:
    """Means by name; a name counts in the steps that have it."""
    return _means(_on_host(recent))


def _means(table: Sequence[Mapping[str, float]]) -> dict[str, float]:
    names = dict.fromkeys(name for values in table for name in values)
    columns = {name: [values[name] for values in table if name in values] for name in names}
    return {name: sum(column) / len(column) for name, column in columns.items()}


def _on_host(recent: Sequence[Mapping[str, Tensor]]) -> list[dict[str, float]]:
    """All values by one transfer from the device."""
    everything = [value.float() for values in recent for value in values.values()]
    numbers = iter(torch.stack(everything).tolist() if everything else [])
    return [{name: next(numbers) for name in values} for values in recent]
