"""Writing of a prepared corpus (`data.corpus` says how it lies): shards, generations, the commit, and sweeping up.

Until `commit` replaces corpus.json, nothing that it writes counts; what an interrupted run left is swept by the next.
"""

import filecmp
import hashlib
import os
import re
import secrets
import shutil
import threading
import zlib
from array import array
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from denoise_cli.data.corpus import COLUMNS, COMMIT_POINT, FORMAT_VERSION, KINDS, SAMPLE_RATE, SHARDS
from denoise_cli.file_replacement import replace_json

SHARD_BYTES = 256 * 2**20  # a shard that has reached it is closed; a longer item still gets one of its own
PEAK = 0.9  # of int16's range, per item
OURS = re.compile(
    r"(index|manifest)-\d{6}(\.jsonl)?|\d{5}-[0-9a-f]{8}\.i16|\.(manifest-\d{6}\.jsonl|corpus\.json|report\.json)\.part"
)
ARRAY_CODES = {"u1": "B", "<u4": "I", "<i8": "q", "<f4": "f"}
CONTENT_COLUMNS = ("kind", "split", "samples", "scale", "clean_scale", "group", "checksum")


@dataclass(frozen=True)
class Stored:
    """Where an item's samples lie."""

    shard: str
    offset: int  # samples
    samples: int  # of one half, for a pair
    scale: float
    clean_scale: float  # 0 unless a pair
    checksum: int


@dataclass(frozen=True)
class Quantised:
    """A signal to be stored: blocks of float32 that can be gone through once, and their common peak."""

    blocks: Iterable[NDArray[np.float32]]
    peak: float  # above 0
    gain: float = 1.0  # applied on reading


class ShardWriter:
    """Appends items to a shard of its own, and begins another when that is full. One thread at a time."""

    def __init__(self, folder: Path, number: Iterator[int]) -> None:
        self._folder = folder
        self._number = number
        self._file: IO[bytes] | None = None
        self.written: list[Path] = []

    def append(self, signals: tuple[Quantised, ...]) -> Stored:
        """Store one signal, or a pair of equal length as (noisy, clean).

        Raises OSError if the disk does not take it, ValueError if a pair's halves differ in length.
        """
        file = self._open()
        start = file.tell()
        checksum, lengths, scales = 0, [], []
        for signal in signals:
            step = signal.peak / (PEAK * 32767)
            length = 0
            for block in signal.blocks:
                data = np.round(block / step).astype("<i2").tobytes()
                checksum = zlib.crc32(data, checksum)
                length += len(block)
                file.write(data)
            lengths.append(length)
            scales.append(step * signal.gain)
        if len(set(lengths)) != 1:
            raise ValueError(f"halves of a pair differ in length: {lengths}")
        file.flush()
        clean_scale = scales[1] if len(scales) > 1 else 0.0
        return Stored(self.written[-1].name, start // 2, lengths[0], scales[0], clean_scale, checksum)

    def _open(self) -> IO[bytes]:
        if self._file is not None and self._file.tell() >= SHARD_BYTES:
            self.close()
        if self._file is None:
            path = self._folder / f"{next(self._number):05d}-{secrets.token_hex(4)}.i16"
            self._file = path.open("xb")
            self.written.append(path)
        return self._file

    def close(self) -> None:
        """Flush to the disk itself, so that a commit never names samples that a power cut can take back."""
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._file = None


class ShardWriters:
    """A writer for each thread that asks."""

    def __init__(self, path: Path) -> None:
        self._folder = path / SHARDS
        self._folder.mkdir(parents=True, exist_ok=True)
        used = [int(file.name[:5]) for file in self._folder.iterdir() if OURS.fullmatch(file.name)]
        self._numbers = _numbers_from(max(used, default=-1) + 1)
        self._lock = threading.Lock()
        self._idle: list[ShardWriter] = []
        self._all: list[ShardWriter] = []

    @contextmanager
    def borrow(self) -> Iterator[ShardWriter]:
        with self._lock:
            if not self._idle:
                self._idle.append(ShardWriter(self._folder, self._numbers))
                self._all.append(self._idle[-1])
            writer = self._idle.pop()
        try:
            yield writer
        finally:
            with self._lock:
                self._idle.append(writer)

    def close(self) -> None:
        for writer in self._all:
            writer.close()

    def __enter__(self) -> "ShardWriters":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class Generation:
    """A context manager that collects a new generation in files beside the old one; `commit` makes it the corpus."""

    def __init__(self, path: Path, number: int) -> None:
        self.path = path
        self.number = number
        self._columns: dict[str, array[Any]] = {name: array(ARRAY_CODES[code]) for name, code in COLUMNS.items()}
        self._shards: dict[str, int] = {}  # name -> position
        self._ends: dict[str, int] = {}  # name -> samples that the index needs
        self._manifest = (path / f".{self._name('manifest')}.jsonl.part").open("w", encoding="ascii")

    def __len__(self) -> int:
        return len(self._columns["kind"])

    def add(self, kind: str, group: int, stored: Stored) -> int:
        """Append an item and return its number; its split is set later, by `commit`."""
        shard = self._shards.setdefault(stored.shard, len(self._shards))
        halves = 2 if stored.clean_scale else 1
        end = stored.offset + halves * stored.samples
        self._ends[stored.shard] = max(end, self._ends.get(stored.shard, 0))
        place = (shard, stored.offset, stored.samples)
        values = (KINDS.index(kind), 0, *place, stored.scale, stored.clean_scale, group, stored.checksum)
        for column, value in zip(self._columns.values(), values, strict=True):
            column.append(value)
        return len(self) - 1

    def describe(self, line: str) -> None:
        """Append a line to the manifest."""
        self._manifest.write(line)

    def has_manifest_of(self, file: Path) -> bool:
        """Whether the manifest so far equals another, byte by byte."""
        self._manifest.flush()
        return file.is_file() and filecmp.cmp(self._manifest.name, file, shallow=False)

    def column(self, name: str) -> NDArray[Any]:
        """A column as it will be written, (items,)."""
        return np.array(self._columns[name], dtype=COLUMNS[name])

    def content_sha256(self, split: NDArray[np.uint8]) -> str:
        """Over what the items hold, not over where they lie."""
        digest = hashlib.sha256()
        for name in CONTENT_COLUMNS:
            digest.update(name.encode() + (split if name == "split" else self.column(name)).tobytes())
        return digest.hexdigest()

    def commit(self, split: NDArray[np.uint8], header: dict[str, Any]) -> None:
        """Write the index and replace corpus.json. The old generation's files stay until the next run sweeps them."""
        folder = self.path / self._name("index")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name in COLUMNS:
            with (folder / f"{name}.npy").open("wb") as file:
                np.save(file, split if name == "split" else self.column(name))
                os.fsync(file.fileno())
        self._manifest.flush()
        os.fsync(self._manifest.fileno())
        self._manifest.close()
        manifest = f"{self._name('manifest')}.jsonl"
        os.replace(self._manifest.name, self.path / manifest)
        content = {
            "format_version": FORMAT_VERSION,
            "sample_rate": SAMPLE_RATE,
            "generation": self.number,
            "index": folder.name,
            "manifest": manifest,
            "items": len(self),
            "shards": [{"name": name, "samples": self._ends[name]} for name in self._shards],
            **header,
        }
        replace_json(self.path / COMMIT_POINT, content, indent=1)

    def __enter__(self) -> "Generation":
        return self

    def __exit__(self, *error: object) -> None:
        """Without a commit, drop what was collected: the corpus stays what it was."""
        if not self._manifest.closed:
            self._manifest.close()
            Path(self._manifest.name).unlink(missing_ok=True)

    def _name(self, what: str) -> str:
        return f"{what}-{self.number:06d}"


def sweep(path: Path, keep: set[str]) -> list[str]:
    """Delete what earlier generations and interrupted runs left: files named as ours whose name is not in `keep`.

    Returns the names deleted, sorted.
    """
    swept = []
    for folder in (path, path / SHARDS):
        for file in sorted(folder.iterdir()) if folder.is_dir() else []:
            if file.name in keep or not OURS.fullmatch(file.name):
                continue
            if file.is_dir():
                shutil.rmtree(file)
            else:
                file.unlink()
            swept.append(file.name)
    return swept


def _numbers_from(first: int) -> Iterator[int]:
    while True:
        yield first
        first += 1
