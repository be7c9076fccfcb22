"""Scores a generator on fixed items of the dev split."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from denoise_cli.config import Config
from denoise_cli.data.corpus import Corpus
from denoise_cli.data.degradation import as_tensors, degrade
from denoise_cli.data.segments import SegmentSource
from denoise_cli.data.shard_store import ShardStore
from denoise_cli.data.shard_stream import dev_recordings
from denoise_cli.errors import MetricUndefined, MissingPackage
from denoise_cli.metrics.pesq import wideband_pesq
from denoise_cli.metrics.si_sdr import si_sdr
from denoise_cli.metrics.stoi import stoi
from denoise_cli.models.generator import Generator

SI_SDR_CEILING_DB = 30.0
VALIDATION_SEED = 20_200_612  # never that of a training run: it is the paper's date


Metric = Callable[[NDArray[np.float32], NDArray[np.float32], int], float]  # reference, estimate, rate
METRICS: Mapping[str, Metric] = {
    # clean items come out at 30 dB or at 100: above 30 it is no matter
    "si_sdr": lambda reference, estimate, rate: min(si_sdr(reference, estimate), SI_SDR_CEILING_DB),
    "pesq": wideband_pesq,
    "stoi": stoi,
}


@dataclass(frozen=True)
class DevItems:
    """Noisy inputs and their targets, (items, samples)."""

    noisy: Tensor
    target: Tensor
    sample_rate: int


def draw_dev_items(corpus: Corpus | ShardStore, config: Config) -> DevItems:
    """The same items for every run with this corpus and degradation. Raises UnusableCorpus without a dev split."""
    samples = round(config.train.validation_seconds * corpus.sample_rate)
    recordings = dev_recordings(corpus, config.train.window_shards) if isinstance(corpus, ShardStore) else corpus
    source = SegmentSource(recordings, "dev", config.degradation, samples)
    drawn = as_tensors(source.batch(config.train.validation_items, VALIDATION_SEED, 0))
    noisy, target = degrade(drawn, corpus.sample_rate)
    return DevItems(noisy, target, corpus.sample_rate)


@torch.no_grad()
def enhance_items(generator: Generator, items: DevItems, device: torch.device) -> Tensor:
    """The generator's estimates of the items, (items, samples), on the CPU."""
    parts = [generator.enhance(items.noisy[n : n + 8].to(device)).cpu() for n in range(0, len(items.noisy), 8)]
    return torch.cat(parts)


def mean_scores(target: Tensor, outputs: Tensor, sample_rate: int) -> dict[str, float]:
    """Means over (items, samples) of SI-SDR up to 30 dB, wide-band PESQ and STOI.

    Items on which a metric is not defined are left out of it; so is a metric that is not installed.
    """
    scores: dict[str, list[float]] = {name: [] for name in METRICS}
    for reference, output in zip(target.numpy(), outputs.numpy(), strict=True):
        for name, measure in METRICS.items():
            try:
                scores[name].append(measure(reference, output, sample_rate))
            except (MetricUndefined, MissingPackage):
                continue
    return {name: float(np.mean(values)) for name, values in scores.items() if values}


def score_of(scores: dict[str, float]) -> float:
    """What decides which weights are kept: PESQ, with a decibel of SI-SDR worth 0.05 and a point of STOI 0.05."""
    return scores.get("pesq", 0.0) + scores.get("si_sdr", 0.0) / 20 + 5 * scores.get("stoi", 0.0)
