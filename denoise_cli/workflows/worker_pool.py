"""Work in other processes, whatever goes wrong with one task: it stays with that task."""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Generic, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Outcome(Generic[Task, Result]):
    """A task with its result, or with the reason why there is none."""

    task: Task
    result: Result | None
    failure: str | None


def run_all(tasks: Sequence[Task], jobs: int, work: Callable[[Task], Result]) -> Iterator[Outcome[Task, Result]]:
    """Outcomes in the order in which they get ready, by `jobs` worker processes, or by this process for 0 jobs.

    An exception is a failure with its text. A worker that dies (PESQ's C code can) takes the pool with it: what was not
    done is then done one by one, which finds the culprit, and everything else gets its result.
    """
    unfinished: list[Task] = []
    if not tasks:
        return
    with _pool(jobs) as pool:
        futures = {pool.submit(work, task): task for task in tasks}
        for future in as_completed(futures):
            if isinstance(future.exception(), BrokenProcessPool):
                unfinished.append(futures[future])
            else:
                yield _outcome(futures[future], future)
    yield from _one_by_one(unfinished, work)


def _outcome(task: Task, future: "Future[Result]") -> Outcome[Task, Result]:
    error = future.exception()
    if error is not None:
        return Outcome(task, None, f"{type(error).__name__}: {error}")
    return Outcome(task, future.result(), None)


def _one_by_one(tasks: Iterable[Task], work: Callable[[Task], Result]) -> Iterator[Outcome[Task, Result]]:
    remaining = list(tasks)
    while remaining:
        with _pool(1) as pool:
            while remaining:
                task = remaining.pop(0)
                future = pool.submit(work, task)
                if isinstance(future.exception(), BrokenProcessPool):
                    yield Outcome(task, None, "the process that measured it died")
                    break
                yield _outcome(task, future)


def _pool(jobs: int) -> Executor:
    if jobs == 0:
        return ThreadPoolExecutor(1)
    # spawn: the parent may hold torch's threads and onnxruntime's, which a fork would inherit dead
    return ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"))
