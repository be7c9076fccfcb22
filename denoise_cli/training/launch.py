"""Starts the processes of a run on this machine by torch's elastic launcher, as `torchrun` would."""

import logging
import uuid
from collections.abc import Callable
from typing import TypeVar

from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

T = TypeVar("T")
TALKATIVE = (
    "torch.distributed.elastic",
    "torch.distributed.elastic.agent.server.api",
    "torch.distributed.elastic.multiprocessing.api",
    "torch.multiprocessing.spawn",
)


class ProcessFailed(Exception):
    """A process ended with an exit code that is not 0, or by a signal (then negative); it has said why."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(f"a process of the run failed with exit code {exit_code}")
        self.exit_code = exit_code


def run_in_processes(count: int, work: Callable[[], T]) -> T:
    """Call `work`, which must pickle, in `count` new processes; returns what it returned in the first.

    Each finds its place in the environment: RANK, LOCAL_RANK, WORLD_SIZE. When one fails, the others are ended.
    SIGINT and SIGTERM are passed on; the processes have 30 s, and KeyboardInterrupt is raised here.

    Raises ProcessFailed.
    """
    for name in TALKATIVE:  # what they report would repeat what the processes have said
        logging.getLogger(name).setLevel(logging.CRITICAL)
    config = LaunchConfig(
        run_id=uuid.uuid4().hex, min_nodes=1, max_nodes=1, nproc_per_node=count, rdzv_backend="c10d",
        rdzv_endpoint="localhost:0", local_addr="localhost", max_restarts=0, start_method="spawn",
    )  # fmt: skip
    try:
        returned: dict[int, T] = elastic_launch(config, _call)(work)
    except ChildFailedError as error:
        _, failure = error.get_first_failure()
        raise ProcessFailed(failure.exitcode) from error
    except SignalException as error:  # the processes have saved what they had, and are gone
        raise KeyboardInterrupt from error
    return returned[0]


def _call(work: Callable[[], T]) -> T:
    """The launcher wants something with a name."""
    return work()
