"""What a recogniser hears in each system's outputs, and how many words of it are wrong."""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from denoise_cli.audio.whole_file import read_whole
from denoise_cli.errors import MetricUndefined
from denoise_cli.metrics.recogniser import recognise, weights_file
from denoise_cli.metrics.table import WORD_ERROR, WORD_ERROR_CLEAN, Column
from denoise_cli.metrics.word_error import word_error_rate, word_errors
from denoise_cli.workflows.comparison import FileScores, SystemScores
from denoise_cli.workflows.pairing import Item
from denoise_cli.workflows.score_cache import ScoreCache, run_cached
from denoise_cli.workflows.worker_pool import Outcome

FAMILY = WORD_ERROR.key  # what gaps are filed under


@dataclass(frozen=True)
class Recognition:
    """Which recogniser hears the files, and what was said by item; no transcripts: what it hears in the clean files."""

    recogniser: str
    transcripts: Mapping[str, str]


def hear_all(
    files: Sequence[Path],
    recogniser: str,
    jobs: int,
    cache: ScoreCache | None,
    on_progress: Callable[[str], None],
    hear: Callable[[str, Path], str] | None = None,
) -> dict[Path, Outcome[Path, str]]:
    """What is heard in each file, by `jobs` worker processes; see `worker_pool.run_all`."""
    outcomes: dict[Path, Outcome[Path, str]] = {}
    work = functools.partial(hear or hear_file, recogniser)
    weights = weights_file(recogniser)
    for outcome in run_cached(files, jobs, work, cache, lambda file: (f"recognise {recogniser}", (file, weights))):
        outcomes[outcome.task] = outcome
        on_progress(f"{FAMILY}: {outcome.task.name}")
    return outcomes


def hear_file(recogniser: str, file: Path) -> str:
    """The words of a file, its channels mixed. Raises UnreadableAudio, and what `recognise` raises."""
    samples, sample_rate = read_whole(file)
    return recognise(samples.mean(axis=0), sample_rate, recogniser)


def files_to_hear(
    systems: Sequence[SystemScores], items: Sequence[Item], transcripts: Mapping[str, str]
) -> tuple[Path, ...]:
    """All outputs, and where there are no transcripts the clean files; each once."""
    outputs = [file.path for system in systems for file in system.files.values()]
    references = [] if transcripts else [item.clean for item in items if item.clean is not None]
    return tuple(dict.fromkeys([*references, *outputs]))


def enter_word_errors(
    systems: Sequence[SystemScores],
    items: Sequence[Item],
    transcripts: Mapping[str, str],
    heard: Mapping[Path, Outcome[Path, str]],
) -> tuple[Column, Mapping[str, str]]:
    """Enter word errors into the systems' files; returns their column, and what was said by item.

    With any transcript, files without one are gaps: rates against transcripts and against a recogniser do not mix.
    """
    column = WORD_ERROR if transcripts else WORD_ERROR_CLEAN
    said = dict(transcripts)
    if not transcripts:
        outcomes = {item.name: heard[item.clean] for item in items if item.clean is not None and item.clean in heard}
        said = {name: outcome.result for name, outcome in outcomes.items() if outcome.result is not None}
    for system in systems:
        for name, file in system.files.items():
            _enter(file, column.key, said.get(name), heard[file.path])
    return column, said


def _enter(file: FileScores, key: str, said: str | None, outcome: Outcome[Path, str]) -> None:
    if outcome.result is None:
        file.gaps[FAMILY] = outcome.failure or ""
        return
    file.heard = outcome.result
    if said is None:
        file.gaps[FAMILY] = "nothing is known of what was said"
        return
    try:
        errors = word_errors(said, outcome.result)
    except MetricUndefined as error:
        file.gaps[FAMILY] = f"{type(error).__name__}: {error}"
        return
    file.parts[key] = (float(errors.edits), float(errors.words))
    file.values[key] = word_error_rate([errors])
