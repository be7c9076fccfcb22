"""A corpus as tar shards under one address, for corpora larger than a disk: a folder, or any address of fsspec.

    ADDRESS/
      shards.json                    the list of shards that count, written last
      KIND-SPLIT-PPPPPPPP-NNNNN.tar  in the manner of WebDataset: KEY.json, KEY.i16 and, of a pair, KEY.clean.i16

PPPPPPPP is of the prepared corpus that a part came from; parts written one after the other add up. A shard is read from
its beginning to its end only. `data.shard_stream` draws from it.
"""

import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from denoise_cli.data.corpus import KINDS, SPLITS, Corpus
from denoise_cli.data.split import hash_of
from denoise_cli.errors import MissingPackage, UnusableCorpus, UnwritableOutput

LIST = "shards.json"
FORMAT_VERSION = 1
DEFAULT_SHARD_MB = 64


@dataclass(frozen=True)
class Shard:
    """One tar file of a kind and a split."""

    name: str
    kind: str
    split: str
    part: str  # of the prepared corpus that it came from
    items: int
    samples: int


@dataclass(frozen=True)
class ShardItem:
    """One item as it is stored: value = int16 * scale. `clean` is a pair's other half."""

    kind: str
    group: int
    samples: NDArray[np.int16]
    scale: float
    clean: NDArray[np.int16] | None = None
    clean_scale: float = 0.0


@dataclass(frozen=True)
class ShardStore:
    """The shards under an address; pickles as a list of names."""

    address: str
    sample_rate: int
    shards: tuple[Shard, ...]

    @classmethod
    def open(cls, address: str) -> "ShardStore":
        """Raises UnusableCorpus when there is no list of shards there; MissingPackage for an address of a kind that
        needs another package."""
        try:
            with open_file(address, LIST, "rb") as file:
                content = json.load(file)
            shards = tuple(Shard(**shard) for shard in content["shards"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UnusableCorpus(f"{address}: no shards here ({error}); write them by prepare-data --shards") from error
        if content["format_version"] != FORMAT_VERSION:
            raise UnusableCorpus(f"{address}: format {content['format_version']}, not {FORMAT_VERSION}")
        return cls(address, int(content["sample_rate"]), shards)

    def select(self, kind: str, split: str) -> list[Shard]:
        return [shard for shard in self.shards if (shard.kind, shard.split) == (kind, split)]

    def read(self, shard: Shard) -> list[ShardItem]:
        """All items of a shard, by one sequential read. Raises UnusableCorpus when it cannot be read."""
        try:
            with open_file(self.address, shard.name, "rb") as file, tarfile.open(fileobj=file, mode="r|") as tar:
                items = list(_items(tar, shard.kind))
        except (OSError, ValueError, KeyError, tarfile.TarError) as error:
            raise UnusableCorpus(f"{self.address}/{shard.name}: cannot be read ({error})") from error
        if len(items) != shard.items:
            raise UnusableCorpus(f"{self.address}/{shard.name}: has {len(items)} items of {shard.items}")
        return items

    def describe(self) -> dict[str, Any]:
        """What a run folder keeps of its corpus."""
        parts = sorted({shard.part for shard in self.shards})
        seconds = {kind: self._seconds(kind) for kind in KINDS}
        return {"shards": len(self.shards), "parts": parts, "sample_rate": self.sample_rate, "seconds": seconds}

    def _seconds(self, kind: str) -> float:
        return round(sum(shard.samples for shard in self.shards if shard.kind == kind) / self.sample_rate, 1)


def write_shards(corpus: Corpus, address: str, shard_mb: int = DEFAULT_SHARD_MB) -> list[Shard]:
    """Write a prepared corpus as shards of about `shard_mb` MB and add them to the list; returns them.

    Items are in a random order, always the same: neighbours in a shard are of many speakers. A part that is written
    again replaces itself.

    Raises UnwritableOutput; MissingPackage.
    """
    part = str(corpus.describe()["sha256"])[:8]
    written: list[Shard] = []
    try:
        others = [shard for shard in _listed(address) if shard.part != part]
        for kind in KINDS:
            for split in SPLITS:
                written += _write_kind(corpus, address, part, kind, split, shard_mb * 1_000_000)
        content = {
            "format_version": FORMAT_VERSION,
            "sample_rate": corpus.sample_rate,
            "shards": [vars(shard) for shard in [*others, *written]],
        }
        with open_file(address, LIST, "wb") as file:
            file.write(json.dumps(content, indent=1).encode())
    except OSError as error:
        raise UnwritableOutput(f"{address}: {error.strerror or error}") from error
    return written


def is_sharded(address: str) -> bool:
    """Whether this is the address of shards, not a prepared corpus' folder."""
    return "://" in address or (Path(address) / LIST).is_file()


def open_file(address: str, name: str, mode: str) -> IO[bytes]:
    """Raises OSError, or MissingPackage when the kind of address needs a package that is not there."""
    try:
        from fsspec.core import url_to_fs

        system, path = url_to_fs(address)
    except ImportError as error:
        raise MissingPackage(f"{address}: {error}; pip install 'hifidenoise[shards]'") from error
    except ValueError as error:
        raise OSError(str(error)) from error
    if "w" in mode:
        system.makedirs(path, exist_ok=True)
    file: IO[bytes] = system.open(f"{path}/{name}", mode)
    return file


def _listed(address: str) -> list[Shard]:
    try:
        with open_file(address, LIST, "rb") as file:
            return [Shard(**shard) for shard in json.load(file)["shards"]]
    except FileNotFoundError:
        return []


def _write_kind(corpus: Corpus, address: str, part: str, kind: str, split: str, size: int) -> Iterator[Shard]:
    items = corpus.select(kind, split)
    np.random.default_rng([KINDS.index(kind), SPLITS.index(split)]).shuffle(items)
    ends = np.cumsum(corpus.samples[items] * (4 if kind == "pair" else 2)) // size
    for number in np.unique(ends):
        own = items[ends == number]
        name = f"{kind}-{split}-{part}-{number:05d}.tar"
        with open_file(address, name, "wb") as file, tarfile.open(fileobj=file, mode="w|") as tar:
            for item in own.tolist():
                _add(tar, corpus, kind, part, item)
        yield Shard(name, kind, split, part, len(own), int(corpus.samples[own].sum()))


def _add(tar: tarfile.TarFile, corpus: Corpus, kind: str, part: str, item: int) -> None:
    group = hash_of(f"{part}:{corpus.group[item]}", 0) >> 1  # of this part alone; fits int64
    halves = corpus.read_pair(item) if kind == "pair" else (corpus.read(item),)
    scales = [float(np.abs(half).max(initial=0.0)) / 32767 or 1.0 for half in halves]
    facts = {"kind": kind, "group": group, "scales": scales}
    _add_member(tar, f"{item:09d}.json", json.dumps(facts).encode())
    for half, scale, suffix in zip(halves, scales, ("i16", "clean.i16"), strict=False):
        _add_member(tar, f"{item:09d}.{suffix}", np.round(half / scale).astype("<i2").tobytes())


def _add_member(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def _items(tar: tarfile.TarFile, kind: str) -> Iterator[ShardItem]:
    """The members follow one another as they were written: facts, samples, and a pair's other half."""
    facts: dict[str, Any] = {}
    halves: list[NDArray[np.int16]] = []
    for member in tar:
        file = tar.extractfile(member)
        content = file.read() if file is not None else b""
        if member.name.endswith(".json"):
            facts, halves = json.loads(content), []
            continue
        halves.append(np.frombuffer(content, "<i2"))
        if len(halves) == len(facts["scales"]):
            yield _item(kind, facts, halves)


def _item(kind: str, facts: dict[str, Any], halves: list[NDArray[np.int16]]) -> ShardItem:
    if len(halves) == 1:
        return ShardItem(kind, facts["group"], halves[0], facts["scales"][0])
    return ShardItem(kind, facts["group"], halves[0], facts["scales"][0], halves[1], facts["scales"][1])
