"""Which files are enhanced into which, decided and checked before any model is loaded or anything is written."""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from denoise_cli.audio.formats import check_target_suffix, names_audio
from denoise_cli.errors import UsageConflict

STANDARD_STREAM = Path("-")  # standard input as a source, standard output as a target; a file of that name is ./-
MARK = ".enhanced"  # in the names of targets beside their sources
_NAMED = 3  # that many files are named in an error about many


class Existing(Enum):
    """What is done about targets that are there already."""

    REFUSE = "refuse"
    REPLACE = "replace"
    SKIP = "skip"


@dataclass(frozen=True)
class Job:
    """One file to be enhanced into another; STANDARD_STREAM on either side is no file."""

    source: Path
    target: Path


@dataclass(frozen=True)
class Plan:
    """What is to be done, in order, and what is not because its target is there."""

    jobs: tuple[Job, ...]
    skipped: tuple[Job, ...] = ()


def plan_jobs(
    inputs: Sequence[Path], output: str | None, existing: Existing = Existing.REFUSE, recursive: bool = True
) -> Plan:
    """Plan the enhancement of files and folders.

    A folder stands for the audio files in it, by their suffixes, hidden ones left out; recursive: and in its
    subfolders, whose tree is kept. output: a file for one file; a folder if it ends in a separator, is one, or there
    are several inputs. None: NAME.enhanced.EXT beside each source, and such files are no sources then.
    STANDARD_STREAM as the only input, or "-" as output of one file: standard input and output; the first without an
    output goes to standard output.
    Raises UsageConflict for what is missing, holds no audio, collides, or would be replaced without leave.
    """
    jobs: dict[tuple[str, str], Job] = {}
    for source, target in _pairs(inputs, output, recursive):
        jobs.setdefault((os.path.abspath(source), os.path.abspath(target)), Job(source, target))
    planned = tuple(jobs.values())
    _check_collisions(planned)
    there = tuple(job for job in planned if job.target != STANDARD_STREAM and os.path.lexists(job.target))
    folders = [job for job in there if job.target.is_dir()]
    if folders:
        raise UsageConflict(f"{folders[0].target}: is a folder")
    if there and existing is Existing.REFUSE:
        raise UsageConflict(f"{_listed(there)}; use --overwrite, --skip-existing or another -o")
    if existing is Existing.SKIP:
        skipped = set(there)
        return Plan(tuple(job for job in planned if job not in skipped), there)
    return Plan(planned)


def _pairs(inputs: Sequence[Path], output: str | None, recursive: bool) -> Iterator[tuple[Path, Path]]:
    if STANDARD_STREAM in inputs or output == str(STANDARD_STREAM):
        yield _streamed(inputs, output)
        return
    target = None if output is None else path_named(output)
    is_folder = target is not None and (
        len(inputs) > 1
        or str(output).endswith(_separators())
        or target.is_dir()
        or any(path.is_dir() for path in inputs)
    )
    if target is not None and is_folder and target.exists() and not target.is_dir():
        raise UsageConflict(f"{target}: is a file, but a folder is needed for what was given")
    for path in inputs:
        for source, place in _sources(path, target, recursive):
            if target is None:
                yield source, source.with_name(f"{source.stem}{MARK}{source.suffix}")
            elif is_folder:
                yield source, target / place
            else:
                check_target_suffix(source, target)
                yield source, target


def path_named(name: str) -> Path:
    """The path of a file by its name: never STANDARD_STREAM, which pathlib makes of `./-` too."""
    path = Path(name)
    return path.absolute() if path == STANDARD_STREAM else path


def _streamed(inputs: Sequence[Path], output: str | None) -> tuple[Path, Path]:
    """The one pair in which standard input or output has a part."""
    if len(inputs) > 1:
        raise UsageConflict("-: stands for one recording; with several inputs, -o is a folder and no input is -")
    source = inputs[0]
    if source != STANDARD_STREAM:
        if source.is_dir():
            raise UsageConflict(f"{source}: is a folder; -o - takes one file")
        _sources(source, None, False)
    if output is None or output == str(STANDARD_STREAM):
        return source, STANDARD_STREAM
    target = path_named(output)
    if output.endswith(_separators()) or target.is_dir():
        raise UsageConflict(f"{output}: is a folder; what comes from standard input has no name, so give -o a file")
    check_target_suffix(source, target)
    return source, target


def _separators() -> tuple[str, ...]:
    return tuple(filter(None, (os.sep, os.altsep)))


def _sources(path: Path, target: Path | None, recursive: bool) -> list[tuple[Path, Path]]:
    """Files that an input stands for, each with its place in an output folder."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise UsageConflict(f"{path}: {error.strerror or error}") from error
    if stat.S_ISREG(mode):
        return [(path, Path(path.name))]
    if not stat.S_ISDIR(mode):
        raise UsageConflict(f"{path}: neither a file nor a folder")
    avoided = None if target is None or _same(target, path) else target
    found = [(file, file.relative_to(path)) for file in _audio_files(path, avoided, recursive, ())]
    if target is None:
        found = [(file, place) for file, place in found if not file.stem.endswith(MARK)]
    if not found:
        raise UsageConflict(f"{path}: no audio files in it")
    return found


def _audio_files(
    folder: Path, avoided: Path | None, recursive: bool, above: tuple[tuple[int, int], ...]
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
            if recursive and not (avoided is not None and _same(path, avoided)):
                yield from _audio_files(path, avoided, recursive, (*above, here))
        elif names_audio(path) and path.is_file():
            yield path


def _same(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def _check_collisions(jobs: Sequence[Job]) -> None:
    sources = {os.path.realpath(job.source): job for job in jobs}
    by_target: dict[str, Job] = {}
    for job in jobs:
        place = os.path.join(os.path.realpath(job.target.parent), job.target.name)
        other = by_target.setdefault(os.path.normcase(place), job)
        if other is not job:
            raise UsageConflict(f"{other.source} and {job.source}: would both be written to {job.target}")
        overwritten = sources.get(os.path.realpath(job.target))
        if overwritten is not None and overwritten is not job:
            raise UsageConflict(f"{job.source}: would be written over {overwritten.source}, which is another input")


def _listed(jobs: Sequence[Job]) -> str:
    names = ", ".join(str(job.target) for job in jobs[:_NAMED])
    more = f" and {len(jobs) - _NAMED} more" if len(jobs) > _NAMED else ""
    return f"{names}{more}: {'exists' if len(jobs) == 1 else 'exist'}"
