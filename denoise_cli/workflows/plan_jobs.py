"""Which files are enhanced into which, decided and checked before any model is loaded or anything is written."""

import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from denoise_cli.audio.format_checks import check_target
from denoise_cli.audio.formats import names_audio
from denoise_cli.errors import UsageConflict
from denoise_cli.workflows.target_names import MARK, TargetNames

STREAMED = Path("standard output")
STANDARD_STREAM = Path("-")  # standard input as a source, standard output as a target; a file of that name is ./-
_NAMED = 3  # that many files are named in an error about many


@dataclass(frozen=True)
class Shard:
    """Part number `index`, from 1 on, of `count` parts of a plan."""

    index: int = 1
    count: int = 1

    def of(self, jobs: Sequence["Job"]) -> tuple["Job", ...]:
        """Every count-th job: the same of the same plan, whatever is done already; all parts together are the plan."""
        return tuple(jobs[self.index - 1 :: self.count])


def parse_shard(text: str) -> Shard:
    """ "2/8" is the second part of eight. Raises UsageConflict for anything else."""
    found = re.fullmatch(r"(\d+)/(\d+)", text, re.ASCII)
    if found is None or not 1 <= int(found[1]) <= int(found[2]):
        raise UsageConflict(f"--shard {text}: I/N is meant, with I from 1 to N, as in 1/4")
    return Shard(int(found[1]), int(found[2]))


class Existing(Enum):
    """What is done about targets that are there already."""

    REFUSE = "refuse"
    REPLACE = "replace"
    SKIP = "skip"


@dataclass(frozen=True)
class Job:
    """One file to be enhanced into another; STANDARD_STREAM on either side is no file.

    residual: where what was removed is written.
    """

    source: Path
    target: Path
    residual: Path | None = None

    @property
    def files(self) -> tuple[Path, ...]:
        """Files that it writes."""
        return tuple(path for path in (self.target, self.residual) if path is not None and path != STANDARD_STREAM)


STANDARD_JOB = Job(STANDARD_STREAM, STANDARD_STREAM)


@dataclass(frozen=True)
class Plan:
    """What is to be done, in order, and what is not because its target is there."""

    jobs: tuple[Job, ...]
    skipped: tuple[Job, ...] = ()


def plan_jobs(
    inputs: Sequence[Path],
    output: str | None,
    existing: Existing = Existing.REFUSE,
    recursive: bool = True,
    residual: str | None = None,
    names: TargetNames | None = None,
    shard: Shard | None = None,
) -> Plan:
    """Plan the enhancement of files and folders.

    A folder stands for the audio files in it, by their suffixes, hidden ones left out; recursive: and in its
    subfolders, whose tree is kept. output: a file for one file; a folder if it ends in a separator, is one, or there
    are several inputs. None: NAME.enhanced.EXT beside each source, and such files are no sources then.
    STANDARD_STREAM as the only input, or "-" as output of one file: standard input and output; the first without an
    output goes to standard output. residual: as output, for what is removed; None: that is not written.
    names: what targets are called in folders, and how they are written. shard: the part that is planned; the whole is
    checked for collisions.
    Raises UsageConflict for what is missing, holds no audio, collides, would be replaced without leave, or cannot be
    written as is asked.
    """
    jobs: dict[tuple[str, str], Job] = {}
    for job in _jobs(inputs, output, residual, recursive, names or TargetNames()):
        jobs.setdefault((os.path.abspath(job.source), os.path.abspath(job.target)), job)
    planned = tuple(jobs.values())
    _check_collisions(planned)
    planned = (shard or Shard()).of(planned)
    there = [path for job in planned for path in job.files if os.path.lexists(path)]
    folders = [path for path in there if path.is_dir()]
    if folders:
        raise UsageConflict(f"{folders[0]}: is a folder")
    if there and existing is Existing.REFUSE:
        raise UsageConflict(f"{_listed(there)}; use --overwrite, --skip-existing or another -o")
    if existing is Existing.SKIP:
        present = set(there)
        skipped = tuple(job for job in planned if present.intersection(job.files))
        return Plan(tuple(job for job in planned if not present.intersection(job.files)), skipped)
    return Plan(planned)


@dataclass(frozen=True)
class _Place:
    """Where -o or --residual says that something goes."""

    path: Path
    is_folder: bool

    def of(self, source: Path, place: Path, names: TargetNames) -> Path:
        """The file for one source; place: below the folder."""
        target = self.path / names.below(source, place) if self.is_folder else self.path
        check_target(source, target, names.written)
        return target


def _jobs(
    inputs: Sequence[Path], output: str | None, residual: str | None, recursive: bool, names: TargetNames
) -> Iterator[Job]:
    removed = None if residual is None else _place(inputs, residual)
    if STANDARD_STREAM in inputs or output == str(STANDARD_STREAM):
        source, target = _streamed(inputs, output, names)
        name = Path("" if source == STANDARD_STREAM else source.name)
        yield Job(source, target, None if removed is None else removed.of(source, name, names))
        return
    place = None if output is None else _place(inputs, output)
    if place is not None and not place.is_folder and names.template is not None:
        raise UsageConflict(f"--filename and -o {place.path}: both name the file; leave one of them out")
    avoided = [each.path for each in (place, removed) if each is not None and each.is_folder]
    for path in inputs:
        for source, below in _sources(path, avoided, recursive, names if place is None else None):
            if place is None:
                target = names.beside(source)
                if target.suffix != MARK:  # what has no suffix stays what it is
                    check_target(source, target, names.written)
            else:
                target = place.of(source, below, names)
            yield Job(source, target, None if removed is None else removed.of(source, below, names))


def _place(inputs: Sequence[Path], name: str) -> _Place:
    path = path_named(name)
    is_folder = len(inputs) > 1 or name.endswith(_separators()) or path.is_dir() or any(map(Path.is_dir, inputs))
    if is_folder and path.exists() and not path.is_dir():
        raise UsageConflict(f"{path}: is a file, but a folder is needed for what was given")
    return _Place(path, is_folder)


def path_named(name: str) -> Path:
    """The path of a file by its name: never STANDARD_STREAM, which pathlib makes of `./-` too."""
    path = Path(name)
    return path.absolute() if path == STANDARD_STREAM else path


def _streamed(inputs: Sequence[Path], output: str | None, names: TargetNames) -> tuple[Path, Path]:
    """The one pair in which standard input or output has a part."""
    if names.template is not None:
        raise UsageConflict("--filename: names files in folders; standard input and output are none")
    if len(inputs) > 1:
        raise UsageConflict("-: stands for one recording; with several inputs, -o is a folder and no input is -")
    source = inputs[0]
    if source != STANDARD_STREAM:
        if source.is_dir():
            raise UsageConflict(f"{source}: is a folder; -o - takes one file")
        _sources(source, (), False, None)
    if output is None or output == str(STANDARD_STREAM):
        check_target(source, STREAMED.with_suffix(f".{names.written.name or 'wav'}"), names.written)
        return source, STANDARD_STREAM
    target = path_named(output)
    if output.endswith(_separators()) or target.is_dir():
        raise UsageConflict(f"{output}: is a folder; what comes from standard input has no name, so give -o a file")
    check_target(source, target, names.written)
    return source, target


def _separators() -> tuple[str, ...]:
    return tuple(filter(None, (os.sep, os.altsep)))


def _sources(
    path: Path, avoided: Sequence[Path], recursive: bool, beside: TargetNames | None
) -> list[tuple[Path, Path]]:
    """Files that an input stands for, each with its place in an output folder.

    avoided: folders in which results go; beside: what results beside their sources are called; None: they go elsewhere.
    """
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise UsageConflict(f"{path}: {error.strerror or error}") from error
    if stat.S_ISREG(mode):
        return [(path, Path(path.name))]
    if not stat.S_ISDIR(mode):
        raise UsageConflict(f"{path}: neither a file nor a folder")
    others = [folder for folder in avoided if not _same(folder, path)]
    found = [(file, file.relative_to(path)) for file in _audio_files(path, others, recursive, ())]
    if beside is not None:
        made = {beside.beside(file): file for file, _ in found}
        earlier = {file for file, _ in found if made.get(file, file) != file or file.stem.endswith(MARK)}
        found = [(file, place) for file, place in found if file not in earlier]
    if not found:
        raise UsageConflict(f"{path}: no audio files in it")
    return found


def _audio_files(
    folder: Path, avoided: Sequence[Path], recursive: bool, above: tuple[tuple[int, int], ...]
) -> Iterator[Path]:
    """Audio files below a folder in order of their names. Links are followed, but never into a folder above."""
    try:
        status = folder.stat()
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise UsageConflict(f"{folder}: {error.strerror or error}") from error
    here = (status.st_dev, status.st_ino)
    if here in above:
        return
    for name in names:
        path = folder / name
        if name.startswith("."):
            continue
        if path.is_dir():
            if recursive and not any(_same(path, other) for other in avoided):
                yield from _audio_files(path, avoided, recursive, (*above, here))
        elif names_audio(path) and path.is_file():
            yield path


def _same(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def _check_collisions(jobs: Sequence[Job]) -> None:
    sources = {os.path.realpath(job.source): job for job in jobs if job.source != STANDARD_STREAM}
    by_file: dict[str, Job] = {}
    for job in jobs:
        for file in job.files:
            place = os.path.normcase(os.path.join(os.path.realpath(file.parent), file.name))
            if place in by_file:
                whose = (
                    f"{by_file[place].source} and {job.source}" if by_file[place] is not job else f"{job.source}, twice"
                )
                raise UsageConflict(f"{whose}: would both be written to {file}")
            by_file[place] = job
            overwritten = sources.get(os.path.realpath(file))
            if overwritten is job and file is job.residual:
                raise UsageConflict(f"{job.source}: what is removed from it would be written over it")
            if overwritten is not None and overwritten is not job:
                raise UsageConflict(f"{job.source}: would be written over {overwritten.source}, which is another input")


def _listed(files: Sequence[Path]) -> str:
    names = ", ".join(map(str, files[:_NAMED]))
    more = f" and {len(files) - _NAMED} more" if len(files) > _NAMED else ""
    return f"{names}{more}: {'exists' if len(files) == 1 else 'exist'}"
