"""The same work on a Ray cluster: each worker loads the model once and takes files as it gets ready.

Files are read and written where they are, so all machines must see them under the same paths.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from denoise_cli.errors import CannotStart, DenoiseError, EnhancementFailed, MissingPackage, UsageConflict
from denoise_cli.inference.engine import Engine
from denoise_cli.inference.enhance_file import Listener
from denoise_cli.inference.options import EnhanceOptions
from denoise_cli.workflows.enhance_files import BatchListener, Outcome, Report, enhance_job
from denoise_cli.workflows.file_threads import SharedListener
from denoise_cli.workflows.plan_jobs import STANDARD_STREAM, Job, Plan

if TYPE_CHECKING:
    from ray.actor import ActorHandle

Note = tuple[str, str | None]


@dataclass(frozen=True)
class RayWorkers:
    """What each worker is. processors, gpus: of the cluster, for each; count: None for as many as fit in it."""

    processors: int = 1
    gpus: float = 0
    count: int | None = None


class _Notes(Listener):
    """Keeps what a file has to tell for the machine where the user is."""

    def __init__(self) -> None:
        self.kept: list[Note] = []

    def notes(self, text: str, once: str | None = None) -> None:
        self.kept.append((text, once))


class _Worker:
    """A process of the cluster with the model in it."""

    def __init__(self, load_engine: Callable[[], Engine], options: EnhanceOptions) -> None:
        self._load_engine = load_engine
        self._options = options
        self._engine: Engine | None = None

    def enhance(self, job: Job) -> tuple[Outcome, list[Note]]:
        """An engine that cannot be loaded is an error like any other, told with the first file."""
        notes = _Notes()
        try:
            if self._engine is None:
                self._engine = self._load_engine()
        except DenoiseError as error:
            return Outcome(job, error=error), []
        return enhance_job(job, self._engine, self._options, notes), notes.kept


def enhance_on_ray(
    plan: Plan,
    load_engine: Callable[[], Engine],
    options: EnhanceOptions,
    listener: BatchListener | None = None,
    workers: RayWorkers = RayWorkers(),
) -> Report:
    """As `enhance_files`, on the cluster that ray finds (RAY_ADDRESS), or one of this machine's cores.

    load_engine is run by each worker, so it must be picklable. A worker that dies takes its file with it; the rest
    goes on. Raises MissingPackage without ray, UsageConflict for standard streams, and CannotStart when no worker fits.
    """
    hears = listener or BatchListener()
    if any(STANDARD_STREAM in (job.source, job.target) for job in plan.jobs):
        raise UsageConflict("--engine-cluster ray: works on files, not on standard input or output")
    started = time.perf_counter()
    for job in plan.skipped:
        hears.ends(Outcome(job))
    outcomes: dict[int, Outcome] = {}
    shared = SharedListener(hears)
    for place, outcome, notes in _results(plan.jobs, load_engine, options, workers):
        for text, once in notes:
            shared.notes(text, once)
        outcomes[place] = replace(outcome, job=plan.jobs[place])
        hears.ends(outcomes[place])
    ordered = [outcomes[place] for place in sorted(outcomes)]
    return Report((*map(Outcome, plan.skipped), *ordered), time.perf_counter() - started)


def _results(
    jobs: Sequence[Job], load_engine: Callable[[], Engine], options: EnhanceOptions, workers: RayWorkers
) -> Iterator[tuple[int, Outcome, list[Note]]]:
    """Outcomes with the places of their jobs, as they get ready."""
    if not jobs:
        return
    try:
        import ray
    except ImportError as error:
        raise MissingPackage("--engine-cluster ray needs ray: pip install 'hifidenoise[ray]'") from error
    here = not ray.is_initialized()
    if here:
        ray.init(log_to_driver=False, logging_level=logging.ERROR)
    try:
        actors = _start(len(jobs), load_engine, options, workers)
        waiting = iter(enumerate(jobs))
        running: dict[object, tuple[int, ActorHandle[_Worker]]] = {}
        for actor, (place, job) in zip(actors, islice(waiting, len(actors)), strict=False):
            running[actor.enhance.remote(_absolute(job))] = (place, actor)
        while running:
            (ready, *_), _ = ray.wait(list(running))
            place, actor = running.pop(ready)
            try:
                outcome, notes = ray.get(ready)
            except ray.exceptions.RayActorError:
                reason = f"{jobs[place].source}: the worker that had it died, for want of memory for instance"
                outcome, notes = Outcome(jobs[place], error=EnhancementFailed(reason)), []
                (actor,) = _start(1, load_engine, options, workers)
            for following, job in islice(waiting, 1):
                running[actor.enhance.remote(_absolute(job))] = (following, actor)
            yield place, outcome, notes
    finally:
        if here:
            ray.shutdown()


def _start(
    jobs: int, load_engine: Callable[[], Engine], options: EnhanceOptions, workers: RayWorkers
) -> "list[ActorHandle[_Worker]]":
    """Workers that the cluster has room for, not more than there are jobs. Raises CannotStart for none."""
    import ray

    there = ray.cluster_resources()
    fit = there.get("CPU", 0) // workers.processors
    if workers.gpus:
        fit = min(fit, there.get("GPU", 0) // workers.gpus)
    count = min(jobs, int(fit), workers.count or jobs)
    if count < 1:
        raise CannotStart(
            f"--engine-cluster ray: a worker takes {workers.processors} cores and {workers.gpus:g} GPUs, "
            f"the cluster has {there.get('CPU', 0):g} and {there.get('GPU', 0):g}"
        )
    kind = ray.remote(num_cpus=workers.processors, num_gpus=workers.gpus)(_Worker)
    return [kind.remote(load_engine, options) for _ in range(count)]


def _absolute(job: Job) -> Job:
    """Workers run in folders of their own."""
    residual = None if job.residual is None else Path(job.residual).absolute()
    return Job(job.source.absolute(), job.target.absolute(), residual)
