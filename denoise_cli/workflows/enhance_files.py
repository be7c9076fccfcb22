"""Many files through one model: what fails is told and the rest goes on."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from denoise_cli.audio.reading import AudioInfo
from denoise_cli.errors import DenoiseError
from denoise_cli.inference.engine import Engine
from denoise_cli.inference.enhance_file import Enhanced, Listener, enhance_file
from denoise_cli.inference.options import EnhanceOptions
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


class _Once(Listener):
    """Passes on what a file has to tell, but what is to be told once only once."""

    def __init__(self, listener: Listener) -> None:
        self._told: set[str] = set()
        self._listener = listener

    def begins(self, info: AudioInfo) -> None:
        self._listener.begins(info)

    def advances(self, seconds: float) -> None:
        self._listener.advances(seconds)

    def notes(self, text: str, once: str | None = None) -> None:
        if once is not None and once in self._told:
            return
        if once is not None:
            self._told.add(once)
        self._listener.notes(text)


def enhance_files(
    plan: Plan, load_engine: Callable[[], Engine], options: EnhanceOptions, listener: BatchListener | None = None
) -> Report:
    """Enhance every job of a plan, one after the other. The model is loaded first, unless there is nothing to do.

    A DenoiseError of one file is in its outcome and stops no other. Raises what load_engine raises.
    """
    hears = listener or BatchListener()
    started = time.perf_counter()
    outcomes = []
    for job in plan.skipped:
        outcomes.append(Outcome(job))
        hears.ends(outcomes[-1])
    if plan.jobs:
        engine = load_engine()
        once = _Once(hears)
        for job in plan.jobs:
            outcomes.append(_enhance(job, engine, options, once))
            hears.ends(outcomes[-1])
    return Report(tuple(outcomes), time.perf_counter() - started)


def _enhance(job: Job, engine: Engine, options: EnhanceOptions, listener: Listener) -> Outcome:
    try:
        if STANDARD_STREAM in (job.source, job.target):
            from denoise_cli.workflows.standard_streams import enhance_streams  # here: files need nothing of it

            return Outcome(job, enhance_streams(job, engine, options, listener))
        return Outcome(job, enhance_file(job.source, job.target, engine, options, listener, job.residual))
    except DenoiseError as error:
        return Outcome(job, error=error)
