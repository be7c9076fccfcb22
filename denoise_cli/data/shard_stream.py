"""Draws from shards as from a prepared corpus, by a window of shards in memory that moves on: the shuffle buffer.

The window at a batch is a function of seed, lane and the batch's number, so a resumed run fills it anew and goes on
exactly where it was, without reading what lies before.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from denoise_cli.data.corpus import KINDS, Numbers, Samples
from denoise_cli.data.shard_store import Shard, ShardItem, ShardStore
from denoise_cli.errors import UnusableCorpus


class MemoryRecordings:
    """Items in memory, read as `data.corpus.Corpus` reads those on disk; all of them belong to any split."""

    def __init__(self, items: Sequence[ShardItem], sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self.samples: Numbers = np.array([len(item.samples) for item in items], np.int64)
        self.group: Numbers = np.array([item.group for item in items], np.int64)
        self._items = items
        self._kind = np.array([KINDS.index(item.kind) for item in items], np.int64)

    def select(self, kind: str, split: str) -> Numbers:
        return np.flatnonzero(self._kind == KINDS.index(kind)).astype(np.int64)

    def read(self, item: int, start: int = 0, count: int | None = None) -> Samples:
        one = self._items[item]
        return _scaled(one.samples, one.scale, start, count)

    def read_pair(self, item: int, start: int = 0, count: int | None = None) -> tuple[Samples, Samples]:
        one = self._items[item]
        if one.clean is None:
            raise ValueError(f"item {item} is not a pair")
        return _scaled(one.samples, one.scale, start, count), _scaled(one.clean, one.clean_scale, start, count)


@dataclass(frozen=True)
class Lane:
    """One reader among all of a run: a worker of a process. Shards are shared out between lanes."""

    number: int = 0
    count: int = 1


class ShardStream:
    """What a lane draws its batches from. Of each kind `window` shards are in memory, oldest out first.

    A window moves by a shard when about as much has been drawn as a shard holds: each is read once an epoch, in an
    order of the epoch's own. A kind of no more shards than the window stays in memory as a whole. A lane that would go
    without shards of a kind reads all of them.
    """

    def __init__(self, store: ShardStore, lane: Lane, seed: int, window: int, batch_size: int, samples: int) -> None:
        self.store = store
        self._lane = lane
        self._seed = seed
        self._window = max(window, 1)
        self._own: dict[str, list[Shard]] = {}
        self._pace: dict[str, int] = {}  # batches to a move
        for kind in KINDS:
            shards = store.select(kind, "train")
            self._own[kind] = shards[lane.number :: lane.count] or shards
            self._pace[kind] = _pace(kind, self._own[kind], batch_size, samples)
        self._loaded: dict[str, list[ShardItem]] = {}
        self._recordings: MemoryRecordings | None = None

    def at(self, turn: int) -> MemoryRecordings:
        """What this lane's batch number `turn` is drawn from; the same object until the window moves."""
        wanted = {shard.name: shard for kind in KINDS for shard in self._shards_at(kind, turn)}
        if self._recordings is None or list(wanted) != list(self._loaded):
            self._loaded = {
                name: self._loaded[name] if name in self._loaded else self.store.read(shard)
                for name, shard in wanted.items()
            }
            items = [item for name in wanted for item in self._loaded[name]]
            self._recordings = MemoryRecordings(items, self.store.sample_rate)
        return self._recordings

    def _shards_at(self, kind: str, turn: int) -> list[Shard]:
        own = self._own[kind]
        if len(own) <= self._window:
            return own
        first = turn // self._pace[kind]
        return [self._shard_number(kind, place) for place in range(first, first + self._window)]

    def _shard_number(self, kind: str, place: int) -> Shard:
        """The shard at a place in the endless sequence of epochs, each of which is a random order of all."""
        own = self._own[kind]
        epoch, number = divmod(place, len(own))
        order = np.random.default_rng([self._seed, self._lane.number, KINDS.index(kind), epoch]).permutation(len(own))
        return own[int(order[number])]


def dev_recordings(store: ShardStore, window: int) -> MemoryRecordings:
    """The first `window` shards of each kind of the dev split. Raises UnusableCorpus when there are none."""
    shards = [shard for kind in KINDS for shard in store.select(kind, "dev")[:window]]
    if not shards:
        raise UnusableCorpus(f"{store.address}: no shard of a dev split; give prepare-data more speakers")
    return MemoryRecordings([item for shard in shards for item in store.read(shard)], store.sample_rate)


def _pace(kind: str, shards: Sequence[Shard], batch_size: int, samples: int) -> int:
    """Batches in which about as much is drawn as a shard holds: seconds, or of rooms their number."""
    if not shards:
        return 1
    if kind == "rir":
        return max(1, sum(shard.items for shard in shards) // len(shards) // batch_size)
    return max(1, sum(shard.samples for shard in shards) // len(shards) // (batch_size * samples))


def _scaled(stored: NDArray[np.int16], scale: float, start: int, count: int | None) -> Samples:
    end = len(stored) if count is None else start + count
    if not 0 <= start <= end <= len(stored):
        raise IndexError(f"an item of {len(stored)} samples has no part {start} to {end}")
    scaled: Samples = np.multiply(stored[start:end], np.float32(scale), dtype=np.float32)
    return scaled
