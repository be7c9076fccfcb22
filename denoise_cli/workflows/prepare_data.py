"""Folders of recordings into a prepared corpus (`data.corpus`): only what is new is decoded, all counts at once."""

import dataclasses
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from denoise_cli.data.census import Census
from denoise_cli.data.corpus import COMMIT_POINT, KINDS, Corpus, read_header
from denoise_cli.data.corpus_writing import Generation, ShardWriters, sweep
from denoise_cli.data.folder_lock import locked
from denoise_cli.data.intake import Intake, judge
from denoise_cli.data.manifest import JOURNAL, Entry, Journal, KnownSources, Record
from denoise_cli.data.screening import EMPTY, LENGTHS_DIFFER, NOT_FINITE, Thresholds
from denoise_cli.data.sources import Source, SpeakerNaming, find_sources
from denoise_cli.data.split import SPEAKING, SplitDraw
from denoise_cli.errors import UnusableCorpus, UnwritableOutput, UsageConflict
from denoise_cli.file_replacement import replace_json
from denoise_cli.workflows.prepare_report import PrepareReport

REPORT = "report.json"
LASTING = frozenset({NOT_FINITE, LENGTHS_DIFFER, EMPTY})  # reasons that an unchanged file keeps; others are tried again
IN_FLIGHT = 4  # sources a job that may wait for their turn


@dataclass(frozen=True)
class PrepareOptions:
    """What to prepare, and where."""

    corpus: Path
    speech: Sequence[Path] = ()
    noise: Sequence[Path] = ()
    rir: Sequence[Path] = ()
    pairs: Sequence[tuple[Path, Path]] = ()  # noisy, clean
    seed: int = 0
    dev_share: float = 0.05
    naming: SpeakerNaming = field(default_factory=SpeakerNaming)
    thresholds: Thresholds = field(default_factory=Thresholds)
    jobs: int = 1


@dataclass(frozen=True)
class PrepareProgress:
    """Where a run stands: sources done, of how many."""

    done: int
    total: int
    name: str


def prepare_data(options: PrepareOptions, on_progress: Callable[[PrepareProgress], None]) -> PrepareReport:
    """Prepare a corpus, or bring it up to date with its sources.

    An interrupted run leaves the corpus as it was, and the next one goes on where it stopped.
    Raises UsageConflict for folders that are missing, nested, or hold no audio; UnusableCorpus when no speech is left,
    or the folder holds another format; CannotStart while another run is at work there; UnwritableOutput.
    """
    roots = _checked_roots(options)
    total = sum(_count(root, options.naming) for root in roots)
    try:
        options.corpus.mkdir(parents=True, exist_ok=True)
        with locked(options.corpus):
            return _Run(options, roots, total).prepare(on_progress)
    except OSError as error:
        raise UnwritableOutput(f"{options.corpus}: {error.strerror or error}") from error


@dataclass(frozen=True)
class _Root:
    kind: str
    folder: Path
    clean: Path | None = None


def _checked_roots(options: PrepareOptions) -> list[_Root]:
    if not options.speech and not options.pairs:
        raise UsageConflict("nothing to learn from: give --speech DIR or --pairs NOISY CLEAN")
    if not 0 <= options.dev_share <= 0.5:
        raise UsageConflict(f"--dev-share {options.dev_share}: must lie between 0 and 0.5")
    roots = [_Root(kind, _absolute(folder)) for kind in KINDS[:3] for folder in _folders(options, kind)]
    roots += [_Root("pair", _absolute(noisy), _absolute(clean)) for noisy, clean in options.pairs]
    for root in roots:
        for folder in (root.folder, root.clean):
            if folder is not None and not folder.is_dir():
                raise UsageConflict(f"{folder}: no such folder")
        for other in roots:
            if other is not root and other.kind == root.kind and other.folder in (root.folder, *root.folder.parents):
                raise UsageConflict(f"{root.folder}: already found below {other.folder}; give only one of them")
    return roots


def _folders(options: PrepareOptions, kind: str) -> Sequence[Path]:
    return {"speech": options.speech, "noise": options.noise, "rir": options.rir}[kind]


def _absolute(folder: Path) -> Path:
    return Path(os.path.abspath(folder))  # not resolved: a linked folder keeps the name that the user gave it


def _count(root: _Root, naming: SpeakerNaming) -> int:
    count = sum(1 for _ in find_sources(root.kind, root.folder, naming))
    if count == 0:
        raise UsageConflict(f"{root.folder}: no audio files in it")
    return count


class _Run:
    """One run under the folder's lock."""

    def __init__(self, options: PrepareOptions, roots: list[_Root], total: int) -> None:
        self.options = options
        self.roots = roots
        self.total = total
        self.path = options.corpus
        self.old = read_header(self.path) if (self.path / COMMIT_POINT).exists() else None
        self.known = KnownSources(self.path, self._known_files())
        sweep(self.path, self._named_files())
        self.generation = Generation(self.path, (self.old["generation"] if self.old else 0) + 1)
        self.writers = ShardWriters(self.path)
        self.intake = Intake(self.writers, options.thresholds, self.path)
        self.draw = SplitDraw(options.seed, options.dev_share, self._held_out())
        self.census = Census()
        self.report = PrepareReport()

    def prepare(self, on_progress: Callable[[PrepareProgress], None]) -> PrepareReport:
        journal = Journal(self.path)
        try:
            with self.generation, self.writers:
                for count, (source, record) in enumerate(self._records(journal), 1):
                    self._add(source, record)
                    on_progress(PrepareProgress(count, self.total, source.relative))
                self.writers.close()
                self._commit()
            journal.remove()  # not before: what an interrupted run has decoded stays known
        finally:
            self.known.close()
            journal.close()
        replace_json(self.path / REPORT, self.report.content(), indent=1)
        return self.report

    def _known_files(self) -> list[Path]:
        manifest = [self.path / self.old["manifest"]] if self.old else []
        return [*manifest, self.path / JOURNAL]

    def _named_files(self) -> set[str]:
        if self.old is None:
            return self.known.shards
        return {
            self.old["index"],
            self.old["manifest"],
            *(shard["name"] for shard in self.old["shards"]),
        } | self.known.shards

    def _held_out(self) -> dict[str, list[str]]:
        settings = {"seed": self.options.seed, "dev_share": self.options.dev_share}
        if self.old is None or any(self.old[name] != value for name, value in settings.items()):
            return {}
        held_out: dict[str, list[str]] = self.old["held_out"]
        return held_out

    def _records(self, journal: Journal) -> Iterator[tuple[Source, Record]]:
        """In the order of the sources, whichever is done first."""
        waiting: deque[tuple[Source, Record | Future[Record]]] = deque()
        with ExitStack() as stack:
            pool = ThreadPoolExecutor(self.options.jobs)
            stack.callback(pool.shutdown, cancel_futures=True)
            for root in self.roots:
                for source in find_sources(root.kind, root.folder, self.options.naming, root.clean):
                    waiting.append((source, self._known(source) or pool.submit(self.intake.take, source)))
                    if len(waiting) > IN_FLIGHT * self.options.jobs:
                        yield self._finished(*waiting.popleft(), journal)
            while waiting:
                yield self._finished(*waiting.popleft(), journal)

    def _finished(self, source: Source, result: Record | Future[Record], journal: Journal) -> tuple[Source, Record]:
        if isinstance(result, Record):
            self.report.count(self.report.kept, source, result)
            return source, result
        record = result.result()
        journal.add(record)
        self.report.count(self.report.done, source, record)
        return source, record

    def _known(self, source: Source) -> Record | None:
        """What is known of a source, judged by this run's options; None if it has to be decoded."""
        record = self.known.find(source)
        if record is None or (source.kind in SPEAKING and source.speaker is None):
            return None
        entries = [_judged_again(source.kind, entry, self.options.thresholds) for entry in record.entries]
        judged = tuple(entry for entry in entries if entry is not None)
        return dataclasses.replace(record, entries=judged) if len(judged) == len(entries) else None

    def _add(self, source: Source, record: Record) -> None:
        items: list[int | None] = []
        for entry in record.entries:
            if entry.stored is None:
                items.append(None)
                continue
            group = self.census.count(source, entry.stored)
            items.append(self.generation.add(source.kind, group, entry.stored))
            self.draw.add(source.kind, source.speaker, source.relative)
        self.generation.describe(record.manifest_line(source, items))

    def _commit(self) -> None:
        if not self.census.speech_items:
            raise UnusableCorpus(f"no usable speech among {self.total} files ({self.report.reasons() or 'no speech'})")
        drawn = self.draw.draw()
        columns = {name: self.generation.column(name) for name in ("kind", "group", "samples")}
        header = {
            "seed": self.options.seed,
            "dev_share": self.options.dev_share,
            "held_out": drawn.held_out,
            "sha256": self.generation.content_sha256(drawn.split),
            "summary": self.census.summary(columns, drawn.split),
        }
        unchanged = (
            self.old is not None
            and all(self.old.get(name) == value for name, value in header.items())
            and self.generation.has_manifest_of(self.path / self.old["manifest"])
        )
        if not unchanged:
            self.generation.commit(drawn.split, header)
        self.report.changed = not unchanged
        self.report.removed = self.known.never_asked_for()
        self.report.notes = drawn.notes
        self.report.corpus = Corpus.open(self.path).describe()


def _judged_again(kind: str, entry: Entry, thresholds: Thresholds) -> Entry | None:
    """A known entry under present thresholds; None if its source has to be decoded for it."""
    if entry.reason in LASTING:
        return entry
    if entry.measured is None:
        return None
    reason = judge(kind, entry.measured, thresholds)
    if entry.stored is None:
        return dataclasses.replace(entry, reason=reason) if reason is not None else None
    return entry if reason is None else dataclasses.replace(entry, stored=None, reason=reason)
