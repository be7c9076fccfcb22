"""Runs small enough for tests."""

import dataclasses

from denoise_cli.config import Config, StageConfig, TrainConfig
from tests.models.small_configs import SUB_BAND

TRAIN = TrainConfig(
    batch_size=2, crop_seconds=0.5, validation_items=2, validation_seconds=1.0, ema_decay=0.9, loader_workers=0,
    warmup_steps=2, schedule="cosine",
)  # fmt: skip
STAGE = StageConfig(losses={"compressed_spectrum": 1.0, "si_sdr": 1.0}, learning_rate=3e-3, steps=10)
CONFIG = Config(generator=SUB_BAND, train=TRAIN, stage1=STAGE, stage2=STAGE)


def with_train(**changes: object) -> Config:
    return dataclasses.replace(CONFIG, train=dataclasses.replace(TRAIN, **changes))  # type: ignore[arg-type]
