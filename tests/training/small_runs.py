"""Runs small enough for tests."""

import dataclasses

from denoise_cli.config import AdversarialConfig, Config, DiscriminatorConfig, StageConfig, TrainConfig
from tests.models.small_configs import SUB_BAND

TRAIN = TrainConfig(
    batch_size=2, crop_seconds=0.5, validation_items=2, validation_seconds=1.0, ema_decay=0.9, loader_workers=0,
    warmup_steps=2, schedule="cosine",
)  # fmt: skip
STAGE = StageConfig(losses={"compressed_spectrum": 1.0, "si_sdr": 1.0}, learning_rate=3e-3, steps=10)
DISCRIMINATORS = tuple(DiscriminatorConfig("waveform", rate, channels=4) for rate in (8_000, 4_000))
SPECTROGRAM = DiscriminatorConfig("spectrogram", hop_length=96)  # half a second then has enough frames; slow
ADVERSARIAL = AdversarialConfig(DISCRIMINATORS, adversarial_weight=0.05, feature_matching_weight=0.1)
STAGE_3 = dataclasses.replace(STAGE, adversarial=ADVERSARIAL)
CONFIG = Config(generator=SUB_BAND, train=TRAIN, stage1=STAGE, stage2=STAGE, stage3=STAGE_3)


def with_train(**changes: object) -> Config:
    return dataclasses.replace(CONFIG, train=dataclasses.replace(TRAIN, **changes))  # type: ignore[arg-type]


def with_adversarial(**changes: object) -> Config:
    changed = dataclasses.replace(ADVERSARIAL, **changes)  # type: ignore[arg-type]
    return dataclasses.replace(CONFIG, stage3=dataclasses.replace(STAGE_3, adversarial=changed))
