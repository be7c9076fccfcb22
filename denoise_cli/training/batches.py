"""Feeds drawn batches to the loop, in order of their number, from worker processes."""

from collections.abc import Iterator
from pathlib import Path

import torch
from torch.utils.data import DataLoader, Dataset

from denoise_cli.config import Config
from denoise_cli.data.corpus import Corpus
from denoise_cli.data.degradation import DrawnTensors, as_tensors
from denoise_cli.data.segments import SegmentSource
from denoise_cli.training.processes import own_items


class DrawnBatches(Dataset[DrawnTensors]):
    """Item n is what this process draws of batch number n of the run; the corpus is opened where it is read."""

    def __init__(self, corpus: Path, config: Config, items: range) -> None:
        self.corpus = corpus
        self.config = config
        self.items = items
        self._source: SegmentSource | None = None

    def __len__(self) -> int:
        return 2**62

    def __getitem__(self, number: int) -> DrawnTensors:
        if self._source is None:
            corpus = Corpus.open(self.corpus)
            samples = round(self.config.train.crop_seconds * corpus.sample_rate)
            self._source = SegmentSource(corpus, "train", self.config.degradation, samples)
        drawn = self._source.batch(len(self.items), self.config.train.seed, number, self.items.start)
        return as_tensors(drawn)


def batches_from(corpus: Path, config: Config, first: int, end: int) -> Iterator[DrawnTensors]:
    """This process' items of the batches number `first` to `end` - 1.

    Raises UsageConflict when a batch cannot be shared out between the processes.
    """
    loader = DataLoader(
        DrawnBatches(corpus, config, own_items(config.train.batch_size)),
        batch_size=None,
        sampler=range(first, end),
        num_workers=config.train.loader_workers,
        prefetch_factor=4 if config.train.loader_workers else None,
        generator=torch.Generator(),  # else starting to load would take a number from the run's own random state
    )
    return iter(loader)
