"""Scores kept from run to run, by what was scored: a file whose bytes were scored before is not scored again."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import TypeVar, cast

from denoise_cli.errors import UnwritableOutput
from denoise_cli.models.sha256 import sha256
from denoise_cli.workflows.worker_pool import Outcome, run_all

METRICS = Path(__file__).resolve().parent.parent / "metrics"
PACKAGES = ("numpy", "soxr", "onnxruntime", "pesq", "pystoi", "speechmos", "pyloudnorm", "pocketsphinx")
Task = TypeVar("Task")
Result = TypeVar("Result")


class ScoreCache:
    """A file with a line a score. Its keys are of the audio's bytes, the metrics' source and their packages' versions.

    What fails is not kept. Two runs at once are harmless, as each only adds lines.
    """

    def __init__(self, file: Path) -> None:
        """Raises UnwritableOutput when the file exists and cannot be read."""
        self._file = file
        self._digests: dict[Path, str] = {}
        self._program = _program()
        try:
            lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
            self._kept: dict[str, object] = dict(json.loads(line) for line in lines)
        except (OSError, ValueError, TypeError) as error:
            raise UnwritableOutput(f"{file}: not a cache of scores ({error}); remove it") from error

    def key(self, name: str, files: Sequence[Path | None]) -> str:
        """Of one score: what is measured, and the files it is measured on."""
        return hashlib.sha256("\n".join([self._program, name, *map(self._digest, files)]).encode()).hexdigest()

    def get(self, key: str) -> object | None:
        return self._kept.get(key)

    def put(self, key: str, value: object) -> None:
        """Raises UnwritableOutput."""
        self._kept[key] = value
        try:
            with self._file.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps([key, value], ensure_ascii=False) + "\n")
        except OSError as error:
            raise UnwritableOutput(f"{self._file}: {error.strerror}") from error

    def _digest(self, file: Path | None) -> str:
        if file is None:
            return "-"
        if file not in self._digests:
            self._digests[file] = sha256(file)
        return self._digests[file]


def run_cached(
    tasks: Sequence[Task],
    jobs: int,
    work: Callable[[Task], Result],
    cache: ScoreCache | None,
    describe: Callable[[Task], tuple[str, Sequence[Path | None]]],
) -> Iterator[Outcome[Task, Result]]:
    """`worker_pool.run_all` for what is not in the cache; results come back as JSON holds them (tuples as lists).

    describe: the name and the files that a task's key is made of.
    """
    if cache is None:
        yield from run_all(tasks, jobs, work)
        return
    keys = {task: cache.key(*describe(task)) for task in tasks}
    for task in tasks:
        kept = cache.get(keys[task])
        if kept is not None:
            yield Outcome(task, cast(Result, kept), None)
    for outcome in run_all([task for task in tasks if cache.get(keys[task]) is None], jobs, work):
        if outcome.result is not None:
            cache.put(keys[outcome.task], outcome.result)
        yield outcome


def _program() -> str:
    """Changes with the metrics' source and with the packages that they call."""
    digest = hashlib.sha256()
    for source in sorted(METRICS.glob("*.py")):
        digest.update(source.read_bytes())
    installed = [f"{package} {version}" for package in PACKAGES for version in _version(package)]
    return f"{digest.hexdigest()} {' '.join(installed)}"


def _version(package: str) -> list[str]:
    try:
        return [metadata.version(package)]
    except metadata.PackageNotFoundError:
        return []
