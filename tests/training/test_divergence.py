"""The guard that ends a run before it saves what has diverged."""

import pytest
import torch
from torch import Tensor

from denoise_cli.errors import TrainingFailed
from denoise_cli.training.divergence import check_losses, mean_values


def losses(*totals: float) -> list[dict[str, Tensor]]:
    return [{"total": torch.tensor(total), "gradient_norm": torch.tensor(1.0)} for total in totals]


def test_the_step_that_is_not_finite_is_named() -> None:
    with pytest.raises(TrainingFailed, match="total not finite at step 18;"):
        check_losses(losses(1.0, 1.0, float("nan"), float("inf")), 19, {}, 20.0)


def test_any_value_that_is_not_finite_counts() -> None:
    values = losses(1.0)
    values[0]["gradient_norm"] = torch.tensor(float("inf"))
    with pytest.raises(TrainingFailed, match="gradient_norm not finite at step 1;"):
        check_losses(values, 1, {}, 20.0)


def test_a_loss_far_above_the_first_ones_is_an_explosion() -> None:
    first: dict[str, float] = {}
    check_losses(losses(3.0, 5.0), 2, first, 20.0)
    assert first == {"total": 4.0}
    check_losses(losses(79.0), 3, first, 20.0)
    with pytest.raises(TrainingFailed, match="total exploded to 81 by step 4"):
        check_losses(losses(81.0), 4, first, 20.0)
    check_losses(losses(81.0), 4, first, 0.0)
    assert first == {"total": 4.0}


def test_a_first_loss_near_zero_is_no_measure() -> None:
    first: dict[str, float] = {}
    check_losses(losses(-0.01), 1, first, 20.0)
    check_losses(losses(-2.0), 2, first, 20.0)
    with pytest.raises(TrainingFailed, match="exploded"):
        check_losses(losses(-21.0), 3, first, 20.0)


def test_means_are_over_the_steps_that_have_a_value() -> None:
    values = [{"discriminator": torch.tensor(2.0)}, {"discriminator": torch.tensor(4.0), "total": torch.tensor(5.0)}]
    assert mean_values(values) == {"discriminator": 3.0, "total": 5.0}
    assert mean_values([]) == {}
