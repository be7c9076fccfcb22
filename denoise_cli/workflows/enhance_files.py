"""Many files through one model: what fails is told and the rest goes on."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from denoise_cli.errors import DenoiseError
from denoise_cli.inference.engine import Engine
from denoise_cli.inference.enhance_file import Enhanced, Listener, enhance_file
from denoise_cli.inference.options import EnhanceOptions
from denoise_cli.workflows.file_threads import SharedListener, run_in_threads
from denoise_cli.workflows.plan_jobs import STANDARD_STREAM, Job, Plan


@dataclass(frozen=True)
class Outcome:
    """What became of one job: enhanced, or failed with an error, or neither, because its target was there."""

    job: Job
    enhanced: Enhanced | None = None
    error: DenoiseError | None = None


@dataclass(frozen=True)
class Report:
    """What became of all jobs. wall_seconds: from before the model was loaded to the last file."""

    outcomes: tuple[Outcome, ...]
    wall_seconds: float

    @property
    def done(self) -> int:
        return sum(outcome.enhanced is not None for outcome in self.outcomes)

    @property
    def failed(self) -> int:
        return sum(outcome.error is not None for outcome in self.outcomes)

    @property
    def skipped(self) -> int:
        return len(self.outcomes) - self.done - self.failed

    @property
    def audio_seconds(self) -> float:
        return sum(outcome.enhanced.seconds for outcome in self.outcomes if outcome.enhanced is not None)

    @property
    def exit_code(self) -> int:
        """0 when every input is done or skipped as asked, 1 when one failed."""
        return 1 if self.failed else 0


class BatchListener(Listener):
    """Hears what happens to a batch; this one does nothing. Subclass what is wanted."""

    def ends(self, outcome: Outcome) -> None:
        """A file is done, has failed, or was skipped."""


def enhance_files(
    plan: Plan,
    load_engine: Callable[[], Engine],
    options: EnhanceOptions,
    listener: BatchListener | None = None,
    threads: int = 1,
) -> Report:
    """Enhance every job of a plan. The model is loaded first, unless there is nothing to do.

    threads: so many files at a time; the listener hears one thing at a time, files end in any order, and the report is
    in that of the plan. A DenoiseError of one file is in its outcome and stops no other. Raises what load_engine
    raises; after an interruption nothing half-written is left.
    """
    hears = listener or BatchListener()
    started = time.perf_counter()
    for job in plan.skipped:
        hears.ends(Outcome(job))
    outcomes = _enhance_all(plan.jobs, load_engine(), options, hears, threads) if plan.jobs else []
    return Report((*map(Outcome, plan.skipped), *outcomes), time.perf_counter() - started)


def _enhance_all(
    jobs: Sequence[Job], engine: Engine, options: EnhanceOptions, hears: BatchListener, threads: int
) -> list[Outcome]:
    shared = SharedListener(hears)

    def work(job: Job) -> Outcome:
        shared.check()
        return enhance_job(job, engine, options, shared)

    outcomes: dict[int, Outcome] = {}
    # one file at a time needs no thread, and its traceback stays short
    results = enumerate(map(work, jobs)) if threads == 1 else run_in_threads(jobs, threads, work, shared.stop)
    for place, outcome in results:
        outcomes[place] = outcome
        shared.alone(partial(hears.ends, outcome))
    return [outcomes[place] for place in sorted(outcomes)]


def enhance_job(job: Job, engine: Engine, options: EnhanceOptions, listener: Listener) -> Outcome:
    """Enhance one job, a file or a stream; a DenoiseError is in its outcome."""
    try:
        if STANDARD_STREAM in (job.source, job.target):
            from denoise_cli.workflows.standard_streams import enhance_streams  # here: files need nothing of it

            return Outcome(job, enhance_streams(job, engine, options, listener))
        return Outcome(job, enhance_file(job.source, job.target, engine, options, listener, job.residual))
    except DenoiseError as error:
        return Outcome(job, error=error)
