"""The discriminators of a stage: one call judges real and generated signals by all of them."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from denoise_cli.config import DiscriminatorConfig
from denoise_cli.errors import UsageConflict
from denoise_cli.models.metric_discriminator import MetricDiscriminator
from denoise_cli.models.spectrogram_discriminator import SpectrogramDiscriminator, shortest_input
from denoise_cli.models.stft_discriminator import StftDiscriminator
from denoise_cli.models.vocoder_discriminators import PeriodDiscriminator, ScaleDiscriminator
from denoise_cli.models.waveform_discriminator import WaveformDiscriminator

# Each takes (batch, samples) and returns scores, (batch, places), and a list of its layers' activations.
KINDS: Mapping[str, Callable[[DiscriminatorConfig, int], nn.Module]] = {
    "waveform": WaveformDiscriminator,
    "spectrogram": SpectrogramDiscriminator,
    "period": PeriodDiscriminator,
    "scale": ScaleDiscriminator,
    "stft": StftDiscriminator,
}
METRIC = "metric"  # takes target and estimate, and predicts a metric instead of telling them apart


class Judgement(NamedTuple):
    """What one discriminator says of real and generated signals: a score an item, (batch,), and its activations."""

    real: Tensor
    fake: Tensor
    real_features: list[Tensor]
    fake_features: list[Tensor]


class Discriminators(nn.Module):
    """All discriminators of a stage.

    Raises UsageConflict for a kind that does not exist, a sample rate that is no whole part of the generator's, and
    signals of `samples` that are too short for a kind.
    """

    def __init__(self, configs: Sequence[DiscriminatorConfig], sample_rate: int, samples: int) -> None:
        super().__init__()
        for config in configs:
            _check(config, sample_rate, samples)
        self.sample_rate = sample_rate
        self.members = nn.ModuleDict()
        self.metric_members = nn.ModuleDict()
        for number, config in enumerate(configs, 1):
            if config.kind == METRIC:
                self.metric_members[f"{METRIC}_{number}"] = MetricDiscriminator(config, sample_rate)
            else:
                self.members[f"{config.kind}_{number}"] = KINDS[config.kind](config, sample_rate)

    def forward(self, real: Tensor, fake: Tensor) -> dict[str, Judgement]:
        """real, fake: (batch, samples) each. They go through every network as one batch; scores are means over time.

        Those that predict a metric are not asked.
        """
        together = torch.cat([real, fake])
        judgements = {}
        for name, member in self.members.items():
            scores, features = member(together)
            real_score, fake_score = scores.to(real.dtype).mean(dim=1).chunk(2)
            pairs = [layer.chunk(2) for layer in features]
            judgements[name] = Judgement(
                real_score, fake_score, [pair[0] for pair in pairs], [pair[1] for pair in pairs]
            )
        return judgements


def _check(config: DiscriminatorConfig, sample_rate: int, samples: int) -> None:
    if config.kind not in KINDS and config.kind != METRIC:
        raise UsageConflict(f"discriminators: unknown kind {config.kind}; there are {', '.join(KINDS)}, {METRIC}")
    if config.period < 1 or config.pooling < 1 or config.pooling & (config.pooling - 1):
        raise UsageConflict("discriminators: period must be at least 1, and pooling a power of two")
    if sample_rate % config.sample_rate:
        raise UsageConflict(f"discriminators: {sample_rate} Hz is no multiple of sample_rate {config.sample_rate}")
    if config.norm not in ("batch", "instance"):
        raise UsageConflict(f"discriminators: unknown norm {config.norm}; there are batch, instance")
    if config.kind == "spectrogram" and samples < shortest_input(config):
        needed = shortest_input(config) / sample_rate
        raise UsageConflict(
            f"discriminators: the spectrogram kind with hop_length {config.hop_length} needs train.crop_seconds of "
            f"{needed:.2f} or more, not {samples / sample_rate:.2f}"
        )
