"""What the processes of a run share out and agree on; whole runs are in tests/integration/test_several_processes.py."""

import pytest
import torch

from denoise_cli.errors import UsageConflict
from denoise_cli.training import processes
from denoise_cli.training.clocks import Clocks, Due
from denoise_cli.training.processes import any_of, average_gradients, average_values, own_items, own_rows
from tests.training.small_runs import TRAIN


def as_process(monkeypatch: pytest.MonkeyPatch, rank: int, count: int) -> None:
    monkeypatch.setattr(processes, "process_count", lambda: count)
    monkeypatch.setattr(processes, "process_rank", lambda: rank)


def test_every_item_of_a_batch_is_drawn_by_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    for rank in range(3):
        as_process(monkeypatch, rank, 3)
        drawn += list(own_items(6))
    assert drawn == list(range(6))


def test_a_batch_that_cannot_be_shared_out_is_refused_with_the_next_size_that_can(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    as_process(monkeypatch, 0, 4)
    with pytest.raises(UsageConflict, match=r"batch_size 6 .* --set train\.batch_size=8"):
        own_items(6)


def test_random_rows_are_those_of_the_items(monkeypatch: pytest.MonkeyPatch) -> None:
    def draw(rows: int) -> torch.Tensor:
        return torch.rand(rows, 3, generator=torch.Generator().manual_seed(1))

    parts = []
    for rank in range(2):
        as_process(monkeypatch, rank, 2)
        parts.append(own_rows(2, draw))
    assert torch.equal(torch.cat(parts), draw(4))


def test_one_process_needs_no_group() -> None:
    parameter = torch.nn.Parameter(torch.ones(2))
    parameter.grad = torch.ones(2)
    average_gradients([parameter])
    assert parameter.grad.tolist() == [1, 1]
    assert any_of([True, False]) == [True, False]
    table = average_values([{"a": torch.tensor(1.0)}, {"a": torch.tensor(2.0), "b": torch.tensor(3.0)}])
    assert [{name: float(value) for name, value in row.items()} for row in table] == [{"a": 1}, {"a": 2, "b": 3}]


def test_a_run_without_time_ends_at_once() -> None:
    assert Clocks(TRAIN, 0.0, 0.0).due(interrupted=False) == Due(end=True)
    assert Clocks(TRAIN, 60.0, 0.0).due(interrupted=True) == Due(interrupted=True)
    assert Clocks(TRAIN, 60.0, 5.0).seconds >= 5.0
