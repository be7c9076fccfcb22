"""What is known of each source: the lines of a corpus's manifest, and of the journal that a run writes while it works.

A run that was cut off leaves its journal, and the next run takes from it what has been decoded already.
"""

import dataclasses
import json
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from denoise_cli.data.corpus import SHARDS
from denoise_cli.data.corpus_writing import Stored
from denoise_cli.data.screening import Measurements
from denoise_cli.data.sources import Source
from denoise_cli.data.split import hash_of

JOURNAL = "journal.jsonl"


@dataclass(frozen=True)
class FileState:
    """By what a file is known to be unchanged."""

    size: int  # bytes
    mtime_ns: int


@dataclass(frozen=True)
class Entry:
    """One item of a source, or the reason why it is none: exactly one of `stored` and `reason` is set."""

    channel: int = 0
    measured: Measurements | None = None  # of a pair's clean half; None: not even that was possible
    stored: Stored | None = None
    reason: str | None = None  # one of screening's
    detail: str | None = None  # what the decoder said


@dataclass(frozen=True)
class Record:
    """A source as it was found, and what came of it: one entry, or one a channel for impulse responses."""

    kind: str
    path: str
    state: FileState | None  # None: the file could not even be looked at
    entries: tuple[Entry, ...]
    clean_path: str | None = None  # of a pair
    clean_state: FileState | None = None

    def manifest_line(self, source: Source, items: Sequence[int | None]) -> str:
        """With what the present run's options say of the source, and the item's number for each entry that has one."""
        content = dataclasses.asdict(self)
        for entry, item in zip(content["entries"], items, strict=True):
            entry["item"] = item
        names = {name: getattr(source, name) for name in ("relative", "source_set", "speaker", "licence")}
        return json.dumps({**names, **content}) + "\n"


def record_from(line: bytes) -> Record:
    """A record from a line of a manifest or a journal.

    Raises ValueError, KeyError or TypeError if it is none.
    """
    content = json.loads(line)
    entries = [{field.name: entry[field.name] for field in dataclasses.fields(Entry)} for entry in content["entries"]]
    for entry in entries:
        entry["measured"] = entry["measured"] and Measurements(**entry["measured"])
        entry["stored"] = entry["stored"] and Stored(**entry["stored"])
    state, clean_state = (content[name] and FileState(**content[name]) for name in ("state", "clean_state"))
    made = tuple(Entry(**entry) for entry in entries)
    return Record(content["kind"], content["path"], state, made, content["clean_path"], clean_state)


def state_of(path: Path | None) -> FileState | None:
    """None for no file, one that is gone, and one that may not be seen."""
    try:
        state = path.stat() if path is not None else None
    except OSError:
        return None
    return FileState(state.st_size, state.st_mtime_ns) if state is not None else None


class Journal:
    """Appends records, each in a line that counts whole or not at all."""

    def __init__(self, corpus: Path) -> None:
        self._path = corpus / JOURNAL
        self._file = self._path.open("r+b" if self._path.exists() else "w+b")
        _drop_torn_line(self._file)

    def add(self, record: Record) -> None:
        self._file.write(json.dumps(dataclasses.asdict(record)).encode("ascii") + b"\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()

    def remove(self) -> None:
        self.close()
        self._path.unlink(missing_ok=True)


def _drop_torn_line(file: IO[bytes]) -> None:
    """Cut off what follows the last line end, and leave the file there for appending."""
    whole = 0
    for line in file:
        whole += len(line) if line.endswith(b"\n") else 0
    file.truncate(whole)
    file.seek(whole)


class KnownSources:
    """Finds the latest record of a source. Memory: 16 bytes a record, the records themselves stay on disk."""

    def __init__(self, corpus: Path, files: Sequence[Path]) -> None:
        """files: manifest and journal, the latest last; what is missing or torn is passed over."""
        self._files = [file.open("rb") for file in files if file.is_file()]
        folder = corpus / SHARDS
        self._sizes = {file.name: file.stat().st_size for file in folder.iterdir()} if folder.is_dir() else {}
        self.shards: set[str] = set()  # all that any record refers to
        hashes, places = array("Q"), array("q")
        for number, position, record in self._all():
            hashes.append(_key(record.kind, record.path))
            places.append(position * len(self._files) + number)
            self.shards |= {entry.stored.shard for entry in record.entries if entry.stored}
        order = np.argsort(np.array(hashes, np.uint64), kind="stable")
        self._hashes = np.array(hashes, np.uint64)[order]
        self._places = np.array(places, np.int64)[order]
        self._asked = np.zeros(len(order), bool)

    def find(self, source: Source) -> Record | None:
        """The latest record of a source; None if it is new, has changed, or its samples are lost."""
        key = np.uint64(_key(source.kind, str(source.path)))
        first, last = (int(np.searchsorted(self._hashes, key, side)) for side in ("left", "right"))
        self._asked[first:last] = True
        for place in reversed(self._places[first:last].tolist()):
            position, number = divmod(place, len(self._files))
            self._files[number].seek(position)
            record = record_from(self._files[number].readline())
            if (record.kind, record.path) == (source.kind, str(source.path)):
                return record if self._still_holds(record, source) else None
        return None

    def never_asked_for(self) -> int:
        """Number of sources that are known but were not looked for: they are gone."""
        return len(np.unique(self._hashes[~self._asked]))

    def close(self) -> None:
        for file in self._files:
            file.close()

    def _all(self) -> Iterator[tuple[int, int, Record]]:
        for number, file in enumerate(self._files):
            position = 0
            for line in file:
                try:
                    yield number, position, record_from(line)
                except (ValueError, KeyError, TypeError):
                    pass  # torn by an interruption
                position += len(line)

    def _still_holds(self, record: Record, source: Source) -> bool:
        clean_path = None if source.clean is None else str(source.clean)
        found = (state_of(source.path), clean_path, state_of(source.clean))
        unchanged = record.state is not None and (record.state, record.clean_path, record.clean_state) == found
        return unchanged and all(self._lies(entry.stored) for entry in record.entries if entry.stored)

    def _lies(self, stored: Stored) -> bool:
        halves = 2 if stored.clean_scale else 1
        return 2 * (stored.offset + halves * stored.samples) <= self._sizes.get(stored.shard, 0)


def _key(kind: str, path: str) -> int:
    return hash_of(f"{kind}\0{path}", 0)
