"""A prepared corpus: packed samples that are read in place, and an index that opens in a moment for millions of items.

    CORPUS/
      corpus.json                  the commit point, replaced at once; names everything below that counts
      index-GGGGGG/NAME.npy        one column a file, one entry an item (`COLUMNS`), memory-mapped
      manifest-GGGGGG.jsonl        one line a source: origin, measurements, its items or why there are none
      shards/NNNNN-XXXXXXXX.i16    int16 samples, little-endian, mono, never changed once named by an index
      report.json                  what the last run did

Every item is stored with its own scale: `value = int16 * scale`. An item of kind "pair" lies as noisy, then clean, of
equal length, each with its scale. This module reads; `data.corpus_writing` writes.
"""

import json
from collections import OrderedDict
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from denoise_cli.errors import UnusableCorpus

FORMAT_VERSION = 1
SAMPLE_RATE = 16_000
KINDS = ("speech", "noise", "rir", "pair")
SPLITS = ("train", "dev")
COMMIT_POINT = "corpus.json"
SHARDS = "shards"
OPEN_SHARDS = 64  # mapped at a time: each holds a file descriptor

COLUMNS: dict[str, str] = {
    "kind": "u1",  # position in KINDS
    "split": "u1",  # position in SPLITS
    "shard": "<u4",  # position in the commit point's list
    "offset": "<i8",  # in samples
    "samples": "<i8",
    "scale": "<f4",
    "clean_scale": "<f4",  # of a pair's clean half; 0 for other kinds
    "group": "<i8",  # number of the speaker (speech, pair) or of the source set (noise, rir)
    "checksum": "<u4",  # CRC-32 of the item's bytes
}

Samples = NDArray[np.float32]
Numbers = NDArray[np.int64]


class Recordings(Protocol):
    """What batches are drawn from: a corpus on disk, or a part of one in memory. The members are those of Corpus."""

    sample_rate: int

    @property
    def samples(self) -> Numbers: ...
    @property
    def group(self) -> Numbers: ...
    def select(self, kind: str, split: str) -> Numbers: ...
    def read(self, item: int, start: int = 0, count: int | None = None) -> Samples: ...
    def read_pair(self, item: int, start: int = 0, count: int | None = None) -> tuple[Samples, Samples]: ...


class Corpus:
    """One generation of a prepared corpus. Pickles as its name and is opened anew, on first use, where it arrives."""

    path: Path
    sample_rate: int

    def __init__(self, path: Path, header: dict[str, Any]) -> None:
        """For `open` and unpickling: the header is the commit point's content, already checked."""
        self.path = path
        self.sample_rate = int(header["sample_rate"])
        self._header = header
        self._shards: OrderedDict[int, NDArray[np.int16]] = OrderedDict()

    @classmethod
    def open(cls, path: Path) -> "Corpus":
        """Open a corpus folder.

        Raises UnusableCorpus when it is missing, incomplete, or of another format.
        """
        corpus = cls(path, read_header(path))
        lengths = {name: len(corpus._column(name)) for name in COLUMNS}
        if set(lengths.values()) != {corpus._header["items"]}:
            raise UnusableCorpus(f"{path}: the index is incomplete; prepare the corpus again")
        for shard in corpus._header["shards"]:
            file = path / SHARDS / shard["name"]
            if not file.is_file() or file.stat().st_size < 2 * shard["samples"]:
                raise UnusableCorpus(f"{file}: missing or cut short; prepare the corpus again")
        return corpus

    def __reduce__(self) -> tuple[type["Corpus"], tuple[Path, dict[str, Any]]]:
        return Corpus, (self.path, self._header)

    def __len__(self) -> int:
        return int(self._header["items"])

    @cached_property
    def samples(self) -> Numbers:
        """(items,), memory-mapped."""
        return self._column("samples")

    @cached_property
    def group(self) -> Numbers:
        """(items,), memory-mapped: speaker number for speech and pairs, source-set number for noise and rir."""
        return self._column("group")

    def select(self, kind: str, split: str) -> Numbers:
        """Item numbers of a kind (one of KINDS) and a split (one of SPLITS), ascending.

        Raises ValueError for other names.
        """
        wanted = (self._column("kind") == KINDS.index(kind)) & (self._column("split") == SPLITS.index(split))
        return np.flatnonzero(wanted).astype(np.int64)

    def read(self, item: int, start: int = 0, count: int | None = None) -> Samples:
        """Samples start to start + count (default: to the end) of an item, in [-1, 1] at the source's level.

        Of a pair: the noisy half. A room's impulse response has its direct path, 1.0, at sample 0; later reflections
        may exceed it. Only the part asked for is read from disk.

        Raises IndexError if the part lies outside of the item.
        """
        return self._scaled(item, "scale", 0, *self._part(item, start, count))

    def read_pair(self, item: int, start: int = 0, count: int | None = None) -> tuple[Samples, Samples]:
        """The same part of a pair's noisy and clean recording, at their common scale; otherwise as `read`.

        Raises ValueError if the item is no pair.
        """
        if self._columns["kind"][item] != KINDS.index("pair"):
            raise ValueError(f"item {item} is not a pair")
        part = self._part(item, start, count)
        clean_offset = int(self.samples[item])
        return self._scaled(item, "scale", 0, *part), self._scaled(item, "clean_scale", clean_offset, *part)

    def describe(self) -> dict[str, Any]:
        """Items and hours per kind and split, speakers per split, licence files, and the content's sha256.

        The sha256 covers kind, split, samples, scales, groups and checksums: equal for equal content, whatever the
        order in which it was written.
        """
        names = ("format_version", "sample_rate", "generation", "items", "sha256", "seed", "dev_share")
        description = {name: self._header[name] for name in names}
        return {**description, **self._header["summary"]}

    @cached_property
    def _columns(self) -> dict[str, NDArray[Any]]:
        return {name: self._column(name) for name in COLUMNS}

    def _column(self, name: str) -> NDArray[Any]:
        file = self.path / self._header["index"] / f"{name}.npy"
        try:
            column: NDArray[Any] = np.load(file, mmap_mode="r" if self._header["items"] else None)
        except (OSError, ValueError) as error:
            raise UnusableCorpus(f"{file}: cannot be read ({error}); was the corpus prepared anew?") from error
        if column.dtype != np.dtype(COLUMNS[name]) or column.ndim != 1:
            raise UnusableCorpus(f"{file}: not the column {name}; prepare the corpus again")
        return column.view(np.ndarray)  # still mapped, but indexed faster than np.memmap

    def _part(self, item: int, start: int, count: int | None) -> tuple[int, int]:
        samples = int(self.samples[item])
        count = samples - start if count is None else count
        if not 0 <= start <= start + count <= samples:
            raise IndexError(f"item {item} has {samples} samples, not {start} to {start + count}")
        return start, count

    def _scaled(self, item: int, scale: str, offset: int, start: int, count: int) -> Samples:
        columns = self._columns
        first = int(columns["offset"][item]) + offset + start
        stored = self._shard(int(columns["shard"][item]))[first : first + count]
        scaled: Samples = np.multiply(stored, np.float32(columns[scale][item]), dtype=np.float32)
        return scaled

    def _shard(self, number: int) -> NDArray[np.int16]:
        if number in self._shards:
            self._shards.move_to_end(number)
            return self._shards[number]
        file = self.path / SHARDS / self._header["shards"][number]["name"]
        try:
            shard: NDArray[np.int16] = np.memmap(file, dtype="<i2", mode="r").view(np.ndarray)
        except (OSError, ValueError) as error:
            raise UnusableCorpus(f"{file}: cannot be read ({error}); was the corpus prepared anew?") from error
        while len(self._shards) >= OPEN_SHARDS:
            self._shards.popitem(last=False)
        self._shards[number] = shard
        return shard


def read_header(path: Path) -> dict[str, Any]:
    """The commit point's content, checked for its format.

    Raises UnusableCorpus when it is missing, broken, or of another format.
    """
    file = path / COMMIT_POINT
    try:
        header = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UnusableCorpus(f"{path}: no corpus here (no {COMMIT_POINT}); make one with prepare-data") from error
    except (OSError, ValueError) as error:
        raise UnusableCorpus(f"{file}: cannot be read ({error})") from error
    if not isinstance(header, dict) or not isinstance(header.get("format_version"), int):
        raise UnusableCorpus(f"{file}: not a corpus (no format_version)")
    if header["format_version"] != FORMAT_VERSION:
        raise UnusableCorpus(f"{file}: format {header['format_version']}, not {FORMAT_VERSION}; prepare it again")
    missing = {"sample_rate", "generation", "index", "items", "shards", "summary", "sha256"} - header.keys()
    if missing:
        raise UnusableCorpus(f"{file}: lacks {', '.join(sorted(missing))}; prepare the corpus again")
    return header
