"""Feeds drawn batches to the loop, in order of their number, from worker processes."""

import signal
from collections.abc import Iterator
from pathlib import Path

import torch
from torch.utils.data import DataLoader, Dataset

from denoise_cli.config import Config
from denoise_cli.data.corpus import Corpus, Recordings
from denoise_cli.data.degradation import DrawnTensors, as_tensors
from denoise_cli.data.segments import SegmentSource
from denoise_cli.data.shard_store import ShardStore, is_sharded
from denoise_cli.data.shard_stream import Lane, ShardStream
from denoise_cli.training.processes import own_items, process_count, process_rank


class DrawnBatches(Dataset[DrawnTensors]):
    """Item n is what this process draws of batch number n of the run; the corpus is opened where it is read."""

    def __init__(self, corpus: Path | str, config: Config, items: range, rank: int, processes: int) -> None:
        self.corpus = corpus
        self.config = config
        self.items = items
        self._first_lane = rank * lanes_of_run(config, 1)
        self._lanes = lanes_of_run(config, processes)
        self._stream: ShardStream | None = None
        self._recordings: Recordings | None = None
        self._source: SegmentSource | None = None

    def __len__(self) -> int:
        return 2**62

    def __getitem__(self, number: int) -> DrawnTensors:
        source = self._source_at(number)
        drawn = source.batch(len(self.items), self.config.train.seed, number, self.items.start)
        return as_tensors(drawn)

    def _source_at(self, number: int) -> SegmentSource:
        recordings = self._recordings_at(number)
        if self._source is None or recordings is not self._recordings:
            samples = round(self.config.train.crop_seconds * recordings.sample_rate)
            self._source = SegmentSource(recordings, "train", self.config.degradation, samples)
            self._recordings = recordings
        return self._source

    def _recordings_at(self, number: int) -> Recordings:
        if not is_sharded(str(self.corpus)):
            return self._recordings or Corpus.open(Path(self.corpus))
        workers = lanes_of_run(self.config, 1)
        if self._stream is None:  # a worker gets every so many-th batch: always those of one lane
            store, train = ShardStore.open(str(self.corpus)), self.config.train
            lane = Lane(self._first_lane + number % workers, self._lanes)
            samples = round(train.crop_seconds * store.sample_rate)
            self._stream = ShardStream(store, lane, train.seed, train.window_shards, len(self.items), samples)
        return self._stream.at(number // workers)


def open_corpus(corpus: Path | str) -> Corpus | ShardStore:
    """A prepared corpus, or the shards at an address. Raises UnusableCorpus; MissingPackage."""
    return ShardStore.open(str(corpus)) if is_sharded(str(corpus)) else Corpus.open(Path(corpus))


def lanes_of_run(config: Config, processes: int) -> int:
    """Readers in so many processes."""
    return processes * max(config.train.loader_workers, 1)


def batches_from(corpus: Path | str, config: Config, first: int, end: int) -> Iterator[DrawnTensors]:
    """This process' items of the batches number `first` to `end` - 1.

    Raises UsageConflict when a batch cannot be shared out between the processes.
    """
    items = own_items(config.train.batch_size)
    loader = DataLoader(
        DrawnBatches(corpus, config, items, process_rank(), process_count()),
        batch_size=None,
        sampler=range(first, end),
        num_workers=config.train.loader_workers,
        prefetch_factor=4 if config.train.loader_workers else None,
        worker_init_fn=_outlive_signals,
        generator=torch.Generator(),  # else starting to load would take a number from the run's own random state
    )
    return iter(loader)


def _outlive_signals(worker: int) -> None:
    """A terminal and a scheduler signal every process of a job: the loop decides, and its readers end with it."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
