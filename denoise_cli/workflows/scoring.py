"""Scores pairs of files in worker processes; whatever goes wrong with one score stays with that score."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from denoise_cli.audio.reading import AudioReader
from denoise_cli.audio.whole_file import read_whole
from denoise_cli.errors import UnusableAudio
from denoise_cli.metrics.table import FAMILIES
from denoise_cli.metrics.validation import at_rate
from denoise_cli.workflows.score_cache import ScoreCache, run_cached

Channels = npt.NDArray[np.float64]  # (channels, samples)
TRIMMED_SECONDS = 0.1  # codecs and frame-based tools lose or add that much at the end; more is another recording


@dataclass(frozen=True)
class ScoreTask:
    """One metric family on one output; `reference` is None for metrics that need none."""

    system: str
    item: str
    family: str
    reference: Path | None
    estimate: Path


@dataclass(frozen=True)
class Score:
    """Values in the order of the family's columns, or the reason why there are none."""

    task: ScoreTask
    values: tuple[float, ...] | None
    gap: str | None


def score(task: ScoreTask) -> tuple[float, ...]:
    """Measure one task. Several channels: the metric is measured on each, and the mean is returned.

    Raises UnreadableAudio, UnusableAudio (lengths), MetricUndefined, MissingPackage, and what a metric's package does.
    """
    measure = FAMILIES[task.family].measure
    estimate, sample_rate = _read(task.estimate)
    if task.reference is None:
        reference = estimate
    else:
        reference, estimate, sample_rate = _matched(*_read(task.reference), estimate, sample_rate)
    per_channel = [measure(clean, output, sample_rate) for clean, output in zip(reference, estimate, strict=True)]
    return tuple(float(value) for value in np.mean(np.asarray(per_channel), axis=0))


def score_all(
    tasks: Sequence[ScoreTask],
    jobs: int,
    measure: Callable[[ScoreTask], tuple[float, ...]] = score,
    cache: ScoreCache | None = None,
) -> Iterator[Score]:
    """Scores in the order in which they get ready, see `worker_pool.run_all`; values that are no numbers are a gap."""
    for outcome in run_cached(tasks, jobs, measure, cache, _describe):
        values = None if outcome.result is None else tuple(outcome.result)
        if values is not None and not all(np.isfinite(values)):
            yield Score(outcome.task, None, f"not a number: {values}")
        else:
            yield Score(outcome.task, values, outcome.failure)


def _describe(task: ScoreTask) -> tuple[str, tuple[Path | None, ...]]:
    return task.family, (task.reference, task.estimate)


def compare_headers(reference: Path, estimate: Path) -> tuple[list[str], str | None]:
    """What has to be adapted before the two can be compared, and the problem that forbids it if there is one.

    Raises UnreadableAudio.
    """
    with AudioReader(reference) as clean_reader, AudioReader(estimate) as output_reader:
        clean, output = clean_reader.info, output_reader.info
    notes = []
    if clean.sample_rate != output.sample_rate:
        lower = min(clean.sample_rate, output.sample_rate)
        notes.append(f"{output.sample_rate} Hz against {clean.sample_rate} Hz: compared at {lower} Hz")
    if clean.channels != output.channels:
        notes.append(f"{output.channels} channels against {clean.channels}: compared as mono")
    clean_seconds, seconds = clean.frames / clean.sample_rate, output.frames / output.sample_rate
    difference = seconds - clean_seconds
    if abs(difference) > TRIMMED_SECONDS:
        return notes, f"{seconds:.2f} s against {clean_seconds:.2f} s: not the same recording"
    if output.frames * clean.sample_rate != clean.frames * output.sample_rate:
        notes.append(f"{difference * 1000:+.1f} ms against the reference: the longer one's end is cut")
    return notes, None


def _read(file: Path) -> tuple[Channels, int]:
    samples, sample_rate = read_whole(file)
    return samples.astype(np.float64), sample_rate


def _matched(
    reference: Channels, reference_rate: int, estimate: Channels, estimate_rate: int
) -> tuple[Channels, Channels, int]:
    if len(reference) != len(estimate):
        reference, estimate = reference.mean(0, keepdims=True), estimate.mean(0, keepdims=True)
    rate = min(reference_rate, estimate_rate)
    clean = np.stack([at_rate(channel, reference_rate, rate) for channel in reference])
    output = np.stack([at_rate(channel, estimate_rate, rate) for channel in estimate])
    length = min(clean.shape[1], output.shape[1])
    if max(clean.shape[1], output.shape[1]) - length > TRIMMED_SECONDS * rate + 1:
        raise UnusableAudio(f"{output.shape[1]} samples against {clean.shape[1]}")
    return clean[:, :length], output[:, :length], rate
