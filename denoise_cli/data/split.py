"""Train or dev: by a hash of the name, so that what is added later moves nothing that was there before.

Speech and pairs are split by speaker, noise and impulse responses by file. A kind that the draw leaves without dev
items gives up the name with the lowest hash; that choice is remembered (`held_out`) and stays when names are added.
"""

import hashlib
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from denoise_cli.data.corpus import KINDS, SPLITS

DEV = SPLITS.index("dev")
SPEAKING = ("speech", "pair")


@dataclass(frozen=True)
class Split:
    """split: (items,), positions in SPLITS. held_out: names given up for dev, to be passed to the next draw."""

    split: NDArray[np.uint8]
    held_out: dict[str, list[str]]
    notes: tuple[str, ...]


def hash_of(name: str, seed: int) -> int:
    """64 bits, evenly spread."""
    digest = hashlib.blake2b(f"{seed}\0{name}".encode("utf-8", "surrogateescape"), digest_size=8).digest()
    return int.from_bytes(digest, "big")


class SplitDraw:
    """Takes all items, then draws."""

    def __init__(self, seed: int, dev_share: float, held_out: Mapping[str, Sequence[str]]) -> None:
        """held_out: that of the last draw with the same seed and share, or empty. dev_share 0: no dev items at all."""
        self._seed = seed
        self._dev_share = dev_share
        self._limit = np.uint64(min(int(dev_share * 2**64), 2**64 - 1))
        self._held = {key: list(names) for key, names in held_out.items()}
        self._kind = array("B")
        self._speaker_hash = array("Q")
        self._file_hash = array("Q")
        self._lowest: dict[tuple[str, str], tuple[int, str]] = {}  # (kind, "speaker" or "file") -> hash, name

    def add(self, kind: str, speaker: str | None, file: str) -> None:
        """One item, in the order of the index. file: a name that does not depend on where its root is mounted."""
        speaker_hash = self._hash(kind, "speaker", speaker) if speaker is not None else 0
        self._kind.append(KINDS.index(kind))
        self._speaker_hash.append(speaker_hash)
        self._file_hash.append(self._hash(kind, "file", file))

    def _hash(self, kind: str, by: str, name: str) -> int:
        value = hash_of(name, self._seed)
        self._lowest[kind, by] = min(self._lowest.get((kind, by), (value, name)), (value, name))
        return value

    def draw(self) -> Split:
        """Each item's split. A kind lacks dev items only if all of them come from one file (or dev_share is 0)."""
        kind = np.array(self._kind, np.uint8)
        files = np.array(self._file_hash, np.uint64)
        speakers = np.array(self._speaker_hash, np.uint64)
        is_dev = np.zeros(len(kind), bool)
        notes = []
        if self._dev_share <= 0:
            return Split(is_dev.astype(np.uint8), {}, ())
        speaking = [name for name in SPEAKING if KINDS.index(name) in self._kind]
        for name in speaking:  # all held out first: a speaker of both kinds is on one side in both
            self._hold_out(name, "speaker", "speaker", speakers[kind == KINDS.index(name)])
        for name in KINDS:
            here = kind == KINDS.index(name)
            if name in speaking:
                is_dev[here] = self._chosen("speaker", speakers[here])
                if np.unique(is_dev[here]).size == 2:
                    continue
                notes.append(f"{name}: split by file, not by speaker, since there are too few speakers")
            self._hold_out(name, "file", name, files[here])
            is_dev[here] = self._chosen(name, files[here])
        return Split(
            is_dev.astype(np.uint8) * DEV, {key: names for key, names in self._held.items() if names}, (*notes,)
        )

    def _chosen(self, held: str, hashes: NDArray[np.uint64]) -> NDArray[np.bool_]:
        names = np.array([hash_of(name, self._seed) for name in self._held.get(held, [])], np.uint64)
        chosen: NDArray[np.bool_] = (hashes < self._limit) | np.isin(hashes, names)
        return chosen

    def _hold_out(self, kind: str, by: str, held: str, hashes: NDArray[np.uint64]) -> None:
        if np.unique(hashes).size >= 2 and not self._chosen(held, hashes).any():
            self._held.setdefault(held, []).append(self._lowest[kind, by][1])
