"""Compares systems on a folder of recordings: outputs, scores, intervals, speed."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from denoise_cli.errors import DenoiseError, UsageConflict
from denoise_cli.metrics.table import Family
from denoise_cli.workflows.benchmark_systems import BASELINE, MODEL, Outputs, System
from denoise_cli.workflows.comparison import Comparison, FileScores, SystemScores
from denoise_cli.workflows.model_cost import Cost, measure_cost
from denoise_cli.workflows.pairing import Item, Pairs
from denoise_cli.workflows.recognition import Recognition, enter_word_errors, files_to_hear, hear_all
from denoise_cli.workflows.score_cache import ScoreCache
from denoise_cli.workflows.scoring import Score, ScoreTask, compare_headers, score_all


def compare_systems(
    pairs: Pairs,
    systems: Sequence[System],
    families: Sequence[Family],
    jobs: int,
    folder: Path,
    on_progress: Callable[[int, int, str], None] = lambda done, total, text: None,
    recognition: Recognition | None = None,
    cache: ScoreCache | None = None,
    costs: Mapping[str, Cost] = MappingProxyType({}),
) -> Comparison:
    """Run each system over all items, then score all outputs.

    Nothing else runs while a system does, so that its speed is its own. Outputs are written below `folder`.
    on_progress gets steps done, steps in all, and what was done.
    recognition: how to count word errors; None: not at all.
    cache: scores of earlier runs. costs: of `measure_costs`, put beside the systems' scores.

    Raises UsageConflict for two systems of one name, and what loading a model raises.
    """
    names = [system.name for system in systems]
    if len(set(names)) != len(names):
        raise UsageConflict(f"two systems have the same name: {', '.join(names)}")
    progress = _Steps(len(pairs.items) * sum(system.kind in (MODEL, BASELINE) for system in systems), on_progress)
    found = [
        _collect(system, pairs.items, folder / _folder_name(number, system.name), progress)
        for number, system in enumerate(systems)
    ]
    for scores in found:
        scores.cost = costs.get(scores.name)
    tasks = [task for scores in found for task in _tasks(scores, families)]
    progress.total += len(tasks)
    for result in score_all(tasks, jobs, cache=cache):
        _enter(result, found, families)
        progress.step(f"{result.task.system}: {result.task.item}: {result.task.family}")
    columns = tuple(column for family in families for column in family.columns)
    if recognition is None:
        return Comparison(pairs.items, columns, tuple(found), pairs.problems)
    files = files_to_hear(found, pairs.items, recognition.transcripts)
    progress.total += len(files)
    heard = hear_all(files, recognition.recogniser, jobs, cache, progress.step)
    column, said = enter_word_errors(found, pairs.items, recognition.transcripts, heard)
    return Comparison(pairs.items, (*columns, column), tuple(found), pairs.problems, said, recognition.recogniser)


def measure_costs(systems: Sequence[System], measure: Callable[[str], Cost] = measure_cost) -> Mapping[str, Cost]:
    """What each model costs, by its name; the same model is measured once. Raises what `measure_cost` raises."""
    models = [system for system in systems if system.kind == MODEL and not system.clean_in]
    found = {source: measure(source) for source in dict.fromkeys(model.source for model in models)}
    return {model.name: found[model.source] for model in models}


class _Steps:
    def __init__(self, total: int, on_progress: Callable[[int, int, str], None]) -> None:
        self.done, self.total, self._on_progress = 0, total, on_progress

    def step(self, text: str) -> None:
        self.done += 1
        self._on_progress(self.done, self.total, text)


def _folder_name(number: int, name: str) -> str:
    return f"{number}_" + "".join(character if character.isalnum() else "_" for character in name)


def _collect(system: System, items: Sequence[Item], folder: Path, progress: _Steps) -> SystemScores:
    outputs: Outputs = system.outputs(items, folder, progress.step)
    scores = SystemScores(
        system.name, system.kind, system.source, system.clean_in, {}, dict(outputs.problems), outputs.speed
    )
    for item in items:
        if item.name not in outputs.files:
            continue
        file = FileScores(outputs.files[item.name], item.clean)
        problem = _check(file)
        if problem is None:
            scores.files[item.name] = file
        else:
            scores.problems[item.name] = problem
    return scores


def _check(file: FileScores) -> str | None:
    try:
        file.notes, problem = compare_headers(file.reference or file.path, file.path)
    except DenoiseError as error:
        return str(error)
    return problem


def _tasks(scores: SystemScores, families: Sequence[Family]) -> list[ScoreTask]:
    return [
        ScoreTask(scores.name, name, family.name, file.reference if family.needs_reference else None, file.path)
        for name, file in scores.files.items()
        for family in families
    ]


def _enter(result: Score, found: Sequence[SystemScores], families: Sequence[Family]) -> None:
    task = result.task
    file = next(scores for scores in found if scores.name == task.system).files[task.item]
    if result.values is None:
        file.gaps[task.family] = result.gap or ""
        return
    family = next(family for family in families if family.name == task.family)
    if family.pooled is not None:
        file.parts[family.columns[0].key] = result.values
        return
    file.values.update({column.key: value for column, value in zip(family.columns, result.values, strict=True)})
