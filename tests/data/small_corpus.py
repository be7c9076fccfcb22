"""Corpora made by hand, without files to prepare them from."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from denoise_cli.data.corpus import KINDS, SPLITS, Corpus
from denoise_cli.data.corpus_writing import Generation, Quantised, ShardWriters


def write_corpus(
    path: Path, items: Sequence[tuple[str, str, int, tuple[np.ndarray, ...]]], generation: int = 1
) -> Corpus:
    """Items are (kind, split, group, signals): one float32 signal, or (noisy, clean) for a pair."""
    path.mkdir(parents=True, exist_ok=True)
    writers = ShardWriters(path)
    made = Generation(path, generation)
    split = np.array([SPLITS.index(item[1]) for item in items], np.uint8)
    with writers.borrow() as writer:
        for kind, _, group, signals in items:
            assert kind in KINDS
            stored = writer.append(tuple(Quantised([x], float(np.abs(x).max()) or 1.0) for x in signals))
            made.add(kind, group, stored)
    writers.close()
    header = {"seed": 0, "dev_share": 0.05, "summary": {"kinds": {}}, "sha256": made.content_sha256(split)}
    made.commit(split, header)
    return Corpus.open(path)
