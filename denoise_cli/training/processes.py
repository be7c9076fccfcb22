"""The processes of a distributed run: which part each draws, and how they agree.

A run of N processes computes what one process would compute with the whole batch: each draws its own items of it, and
gradients are averaged before every update. Without a group (`joined`) all of this is for one process alone.
"""

import io
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from denoise_cli.errors import UsageConflict


@dataclass(frozen=True)
class Place:
    """Of this process among those that a launcher started: in the whole run, and on its machine."""

    rank: int = 0
    local_rank: int = 0
    count: int = 1


@contextmanager
def joined(place: Place, device: torch.device) -> Iterator[None]:
    """Within the block the processes of the run are a group; entering waits for all of them."""
    if place.count == 1:
        yield
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
    # gloo beside nccl: agreeing on the host does not wait for the device
    dist.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo")
    try:
        yield
    finally:
        if sys.exc_info()[0] is None:
            dist.barrier()  # a process that is gone early breaks the connections that others still use
        dist.destroy_process_group()


def process_count() -> int:
    return dist.get_world_size() if _in_group() else 1


def process_rank() -> int:
    return dist.get_rank() if _in_group() else 0


def is_first() -> bool:
    """Whether this process writes checkpoints and the log, validates, and reports."""
    return process_rank() == 0


def own_items(joint: int) -> range:
    """The numbers of the items of a joint batch that this process draws.

    Raises UsageConflict when they cannot be shared out evenly.
    """
    count = process_count()
    if joint % count:
        raise UsageConflict(
            f"train.batch_size {joint} is that of all {count} processes together and no multiple of {count}; "
            f"give --set train.batch_size={(joint // count + 1) * count}"
        )
    own = joint // count
    first = own * (process_rank() if count > 1 else 0)
    return range(first, first + own)


def own_rows(rows: int, draw: Callable[[int], Tensor]) -> Tensor:
    """The rows for this process' items out of those that `draw` makes for the items of all processes."""
    if process_count() == 1:
        return draw(rows)
    return draw(rows * process_count())[process_rank() * rows :][:rows]


@torch.no_grad()
def average_gradients(parameters: Sequence[Tensor]) -> None:
    """Of each parameter that has one, over processes; by one message."""
    if process_count() == 1:
        return
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    if not gradients:
        return
    together = torch.cat([gradient.flatten() for gradient in gradients])
    dist.all_reduce(together)
    together /= process_count()
    parts = together.split([gradient.numel() for gradient in gradients])
    for gradient, part in zip(gradients, parts, strict=True):
        gradient.copy_(part.view_as(gradient))


def average_values(table: Sequence[Mapping[str, Tensor]]) -> list[dict[str, Tensor]]:
    """Each value's mean over processes, on the host; all have the same names in the same order."""
    everything = [value.float() for values in table for value in values.values()]
    together = torch.stack(everything).cpu() if everything else torch.zeros(0)
    if process_count() > 1:
        dist.all_reduce(together)
        together /= process_count()
    means = iter(together)
    return [{name: next(means) for name in values} for values in table]


def any_of(flags: Sequence[bool]) -> list[bool]:
    """For each flag, whether it is set in any process. Does not wait for the device."""
    if process_count() == 1:
        return list(flags)
    together = torch.tensor([int(flag) for flag in flags], dtype=torch.int32)
    dist.all_reduce(together, op=dist.ReduceOp.MAX)
    return [bool(flag) for flag in together]


def state_of_first(state: dict[str, Any]) -> dict[str, Any]:
    """A state dict of the first process, in all, on the CPU."""
    holder = [b""]
    if is_first():
        buffer = io.BytesIO()
        torch.save(state, buffer)
        holder = [buffer.getvalue()]
    dist.broadcast_object_list(holder, src=0, device=torch.device("cpu"))
    received: dict[str, Any] = torch.load(io.BytesIO(holder[0]), map_location="cpu", weights_only=True)
    return received


def _in_group() -> bool:
    return dist.is_available() and dist.is_initialized()
