"""Recordings below a folder: found in a fixed order, with speaker, source set, licence file and clean counterpart."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from denoise_cli.audio.formats import CONTAINERS

# Audio that libsndfile does not read: found too, so that it is reported as unreadable instead of overlooked.
FOREIGN = frozenset({".m4a", ".m4b", ".mp4", ".aac", ".wma", ".amr", ".webm", ".mka", ".mkv", ".mov", ".ac3", ".ape"})
AUDIO = frozenset(CONTAINERS) | FOREIGN
LICENCES = re.compile(r"(licen[cs]e|copying)([-_.].*)?", re.IGNORECASE)
READMES = re.compile(r"readme([-_.].*)?", re.IGNORECASE)


@dataclass(frozen=True)
class SpeakerNaming:
    """How a speaker's name is read off a path: from folders, or by a pattern."""

    depth: int | None = None  # the first so many folders; None: all of them
    pattern: re.Pattern[str] | None = None  # searched in the relative path; its first group, or else its whole match

    def name_of(self, root: Path, relative: str) -> str | None:
        """The speaker of a file, relative to its root with forward slashes; None if the pattern does not match.

        Files that lie in the root itself all belong to a speaker of the root's name.
        """
        if self.pattern is not None:
            found = self.pattern.search(relative)
            return None if found is None else found[1] if self.pattern.groups else found[0]
        folders = PurePosixPath(relative).parts[:-1]
        return "/".join(folders[: self.depth]) or root.name


@dataclass(frozen=True)
class Source:
    """One file that may become an item (an impulse response: one item a channel)."""

    kind: str  # one of corpus.KINDS
    path: Path
    relative: str  # to the root, with forward slashes: the same wherever the root is mounted
    source_set: str
    speaker: str | None
    licence: str | None  # nearest licence file up to the root, else nearest readme; relative to the root's parent
    clean: Path | None = None  # of a pair


def find_sources(kind: str, root: Path, naming: SpeakerNaming, clean_root: Path | None = None) -> Iterator[Source]:
    """Audio files below a root, sorted by folder and name; hidden ones are left out. Also folders that cannot be read.

    Links to folders are followed, each folder is entered once: loops end, and nothing is found twice. clean_root: where
    the counterparts of noisy files lie, by the same relative path; the suffix may differ.
    """
    for path, licence in _walk(root, root, None, None, set()):
        relative = path.relative_to(root).as_posix()
        speaks = kind in ("speech", "pair")
        yield Source(
            kind=kind,
            path=path,
            relative=relative,
            source_set=_source_set(root, relative, speaks),
            speaker=naming.name_of(root, relative) if speaks else None,
            licence=licence,
            clean=_counterpart(clean_root, relative) if clean_root is not None else None,
        )


def _walk(
    root: Path, folder: Path, licence: str | None, readme: str | None, entered: set[tuple[int, int]]
) -> Iterator[tuple[Path, str | None]]:
    try:
        state = folder.stat()
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        yield folder, None  # may not be read: reported where it is tried again as a file
        return
    if (state.st_dev, state.st_ino) in entered:
        return
    entered.add((state.st_dev, state.st_ino))
    licence = _first_named(root, entries, LICENCES) or licence
    readme = _first_named(root, entries, READMES) or readme
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if _is_folder(entry):
            yield from _walk(root, folder / entry.name, licence, readme, entered)
        elif os.path.splitext(entry.name)[1].lower() in AUDIO:
            yield folder / entry.name, licence or readme


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _first_named(root: Path, entries: list[os.DirEntry[str]], pattern: re.Pattern[str]) -> str | None:
    for entry in entries:
        if pattern.fullmatch(entry.name) and not _is_folder(entry):
            return Path(entry.path).relative_to(root.parent).as_posix()
    return None


def _source_set(root: Path, relative: str, speaks: bool) -> str:
    """The root's name and its first folder below; a lone level of folders in speech holds speakers, not sets."""
    folders = PurePosixPath(relative).parts[:-1]
    return "/".join([root.name, *(folders[:-1] if speaks else folders)[:1]])


def _counterpart(clean_root: Path, relative: str) -> Path | None:
    same = clean_root / relative
    if same.is_file():
        return same
    others = (same.with_suffix(suffix) for suffix in CONTAINERS)
    return next((file for file in others if file.is_file()), None)
