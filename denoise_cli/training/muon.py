"""Muon: momentum, orthogonalised, for weights that are matrices; Adam for all others (Jordan et al. 2024)."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

# Quintic Newton-Schulz iteration: five steps bring singular values of 1e-3 to 1 to 0.7-1.2 (Jordan et al. 2024).
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
ITERATIONS = 5
# Makes an update as large as one of Adam, so that learning rates carry over (Liu et al. 2025, arXiv 2502.16982).
UPDATE_RMS = 0.2
# A bias or a gain moves each position of its channel: half the rate of the matrices.
VECTOR_RATE = 0.5
EPSILON = 1e-8


class Muon(torch.optim.Optimizer):
    """Convolutions are taken as matrices (out_channels, in_channels * taps); parameters of one dimension go to Adam.

    torch's own takes parameters of two dimensions only. The gradient of this network has a few steep directions that
    keep Adam's rate low; orthogonalised, all directions move alike. Decoupled weight decay, on matrices alone.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        lr: float,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
        momentum: float = 0.95,
    ) -> None:
        super().__init__(parameters, {"lr": lr, "betas": betas, "weight_decay": weight_decay, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """One update; `closure` is not supported and must be None."""
        if closure is not None:
            raise ValueError("Muon takes no closure")
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if parameter.ndim > 1:
                    _update_matrix(parameter, parameter.grad, state, group)
                else:
                    _update_vector(parameter, parameter.grad, state, group)


def orthogonalise(matrix: Tensor) -> Tensor:
    """(rows, columns) -> the same shape: singular values near 1, singular vectors kept; zeros stay zeros."""
    a, b, c = COEFFICIENTS
    tall = matrix.shape[0] > matrix.shape[1]
    result = matrix.T if tall else matrix
    result = result / (result.norm() + EPSILON)
    for _ in range(ITERATIONS):
        product = result @ result.T
        result = a * result + (b * product + c * product @ product) @ result
    orthogonal: Tensor = result.T if tall else result
    return orthogonal


def _update_matrix(parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
    if not state:
        state["momentum"] = torch.zeros_like(parameter)
    state["momentum"].lerp_(gradient, 1 - group["momentum"])
    ahead = gradient.lerp(state["momentum"], group["momentum"]).flatten(1)  # Nesterov
    update = orthogonalise(ahead) * (UPDATE_RMS * max(ahead.shape) ** 0.5)
    parameter.mul_(1 - group["lr"] * group["weight_decay"])
    parameter.add_(update.view_as(parameter), alpha=-group["lr"])


def _update_vector(parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
    """Adam (Kingma and Ba 2015, algorithm 1)."""
    if not state:
        state.update(step=0, mean=torch.zeros_like(parameter), square=torch.zeros_like(parameter))
    state["step"] += 1
    first, second = group["betas"]
    state["mean"].lerp_(gradient, 1 - first)
    state["square"].lerp_(gradient.square(), 1 - second)
    mean = state["mean"] / (1 - first ** state["step"])
    square = state["square"] / (1 - second ** state["step"])
    parameter.addcdiv_(mean, square.sqrt() + EPSILON, value=-VECTOR_RATE * group["lr"])
