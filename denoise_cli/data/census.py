"""Numbers the speakers and source sets of a corpus, and sums up what it holds."""

from collections import defaultdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from denoise_cli.data.corpus import KINDS, SAMPLE_RATE, SPLITS
from denoise_cli.data.corpus_writing import Stored
from denoise_cli.data.sources import Source
from denoise_cli.data.split import SPEAKING

LISTED_SETS = 200  # in the summary, the largest first
LISTED_LICENCES = 5  # of each set


class Census:
    """Takes the items in the order of the index. Memory grows with speakers and source sets, not with items."""

    def __init__(self) -> None:
        self.speech_items = 0  # speech and pairs
        self._speakers: dict[str, int] = {}
        self._noise_sets: dict[str, int] = {}
        self._items: defaultdict[tuple[str, str], int] = defaultdict(int)  # (kind, source set) -> items
        self._samples: defaultdict[tuple[str, str], int] = defaultdict(int)
        self._licences: defaultdict[tuple[str, str], set[str]] = defaultdict(set)

    def count(self, source: Source, stored: Stored) -> int:
        """The item's group: its speaker's number, or for noise and impulse responses its source set's."""
        key = source.kind, source.source_set
        self._items[key] += 1
        self._samples[key] += stored.samples
        if source.licence is not None and len(self._licences[key]) < LISTED_LICENCES:
            self._licences[key].add(source.licence)
        if source.kind in SPEAKING:
            self.speech_items += 1
            return self._speakers.setdefault(source.speaker or "", len(self._speakers))
        return self._noise_sets.setdefault(source.source_set, len(self._noise_sets))

    def summary(self, columns: dict[str, NDArray[Any]], split: NDArray[np.uint8]) -> dict[str, Any]:
        """Items and hours per kind and split, speakers per split, and the source sets with their licence files.

        columns: kind, group and samples as in the index. split: (items,), positions in SPLITS.
        """
        kinds: dict[str, Any] = {kind: {} for kind in KINDS}
        speakers: dict[str, int] = {}
        speaking = np.isin(columns["kind"], [KINDS.index(kind) for kind in SPEAKING])
        for position, name in enumerate(SPLITS):
            inside = split == position
            speakers[name] = len(np.unique(columns["group"][inside & speaking]))
            for number, kind in enumerate(KINDS):
                samples = columns["samples"][inside & (columns["kind"] == number)]
                kinds[kind][name] = {"items": len(samples), "hours": _hours(int(samples.sum()))}
        return {"kinds": kinds, "speakers": speakers, "sources": self._sources()}

    def _sources(self) -> list[dict[str, Any]]:
        largest = sorted(self._items, key=lambda key: (-self._samples[key], key))[:LISTED_SETS]
        return [
            {
                "kind": key[0],
                "source_set": key[1],
                "items": self._items[key],
                "hours": _hours(self._samples[key]),
                "licences": sorted(self._licences[key]),
            }
            for key in largest
        ]


def _hours(samples: int) -> float:
    return round(samples / SAMPLE_RATE / 3600, 4)
