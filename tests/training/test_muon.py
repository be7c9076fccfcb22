"""Muon: what an update looks like, and that it learns."""

import pytest
import torch
from torch import nn

from denoise_cli.training.muon import UPDATE_RMS, VECTOR_RATE, Muon, orthogonalise


@pytest.mark.parametrize("shape", [(8, 8), (6, 40), (40, 6)])
def test_singular_values_come_near_one_and_directions_stay(shape: tuple[int, int]) -> None:
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    inner = left.T @ orthogonalise(matrix) @ right.T
    assert bool(((inner.diagonal() > 0.6) & (inner.diagonal() < 1.3)).all())
    assert float((inner - torch.diag(inner.diagonal())).abs().max()) < 1e-3


def test_bfloat16_leaves_what_an_update_looks_like() -> None:
    matrix = torch.randn((24, 40), generator=torch.Generator().manual_seed(1))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        lowered = orthogonalise(matrix)
    assert not torch.equal(lowered, orthogonalise(matrix))
    alike = torch.nn.functional.cosine_similarity(lowered.flatten().float(), orthogonalise(matrix).flatten(), dim=0)
    assert float(alike) > 0.999


def test_a_zero_gradient_moves_nothing() -> None:
    weight = nn.Parameter(torch.ones(4, 5))
    weight.grad = torch.zeros(4, 5)
    Muon([weight], lr=0.1).step()
    torch.testing.assert_close(weight.detach(), torch.ones(4, 5))


def test_an_update_of_a_convolution_is_as_large_as_one_of_adam() -> None:
    weight = nn.Parameter(torch.zeros(48, 24, 3, 1))
    weight.grad = torch.randn(weight.shape, generator=torch.Generator().manual_seed(1)) * 1e-6
    Muon([weight], lr=0.01).step()
    rms = float(weight.detach().square().mean().sqrt())
    assert rms == pytest.approx(0.01 * UPDATE_RMS, rel=0.25)


def test_vectors_move_as_with_adam() -> None:
    ours, theirs = nn.Parameter(torch.ones(7)), nn.Parameter(torch.ones(7))
    muon = Muon([ours], lr=0.01, betas=(0.9, 0.99))
    adam = torch.optim.Adam([theirs], lr=0.01 * VECTOR_RATE, betas=(0.9, 0.99))
    source = torch.Generator().manual_seed(3)
    for _ in range(5):
        ours.grad = torch.randn(7, generator=source)
        theirs.grad = ours.grad.clone()
        muon.step()
        adam.step()
    torch.testing.assert_close(ours, theirs)


def test_decay_pulls_matrices_alone() -> None:
    matrix, vector = nn.Parameter(torch.ones(3, 3)), nn.Parameter(torch.ones(3))
    matrix.grad, vector.grad = torch.zeros(3, 3), torch.zeros(3)
    Muon([matrix, vector], lr=0.1, weight_decay=0.5).step()
    torch.testing.assert_close(matrix.detach(), torch.full((3, 3), 0.95))
    torch.testing.assert_close(vector.detach(), torch.ones(3))


def test_a_saved_state_goes_on_as_if_unbroken() -> None:
    def run(steps: int, network: nn.Module, optimizer: Muon, first: int = 0) -> None:
        for step in range(first, first + steps):
            inputs = torch.randn(16, 3, 8, generator=torch.Generator().manual_seed(step))
            optimizer.zero_grad()
            (network(inputs) - inputs).square().mean().backward()
            optimizer.step()

    unbroken = nn.Conv1d(3, 3, 3, padding=1)
    resumed = nn.Conv1d(3, 3, 3, padding=1)
    resumed.load_state_dict(unbroken.state_dict())
    optimizer = Muon(unbroken.parameters(), lr=0.02)
    run(6, unbroken, optimizer)
    half = Muon(resumed.parameters(), lr=0.02)
    run(3, resumed, half)
    again = Muon(resumed.parameters(), lr=0.02)
    again.load_state_dict(half.state_dict())
    run(3, resumed, again, first=3)
    torch.testing.assert_close(resumed.weight, unbroken.weight, rtol=0, atol=0)


def test_it_goes_down_a_narrow_valley_where_adam_is_still_above() -> None:
    """Least squares with inputs that differ a hundredfold in strength; each at the better of two rates."""

    def loss_after(optimizer_of: type[torch.optim.Optimizer], rate: float) -> float:
        source = torch.Generator().manual_seed(0)
        strengths = torch.logspace(0, -2, 16)
        inputs = torch.randn(256, 16, generator=source) * strengths @ torch.randn(16, 16, generator=source)
        wanted = inputs @ torch.randn(16, 16, generator=source) * 0.2
        weight = nn.Parameter(torch.zeros(16, 16))
        optimizer = optimizer_of([weight], lr=rate)  # type: ignore[call-arg]
        for step in range(100):
            optimizer.param_groups[0]["lr"] = rate * (1 - step / 100)
            optimizer.zero_grad()
            loss = (inputs @ weight - wanted).square().mean()
            loss.backward()
            optimizer.step()
        return float(loss.detach())

    best = {kind: min(loss_after(kind, rate) for rate in (0.1, 0.3)) for kind in (Muon, torch.optim.Adam)}
    assert best[Muon] < 0.5 * best[torch.optim.Adam]


def test_a_closure_is_refused() -> None:
    with pytest.raises(ValueError, match="no closure"):
        Muon([nn.Parameter(torch.ones(2, 2))], lr=0.1).step(lambda: 0.0)
