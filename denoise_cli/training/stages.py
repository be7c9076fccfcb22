"""The stages of training, as values: what each trains and what it starts from (Su et al. 2020, section 3).

Their losses, rates and lengths are config (`StageConfig`), so that a preset or a user can change them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from denoise_cli.config import Config, StageConfig


@dataclass(frozen=True)
class Stage:
    """One stage. `trains` names attributes of Generator that list the parameters to be trained."""

    name: str
    trains: tuple[str, ...]
    use_postnet: bool
    starts_from: str | None  # the stage whose model it must be given; None: random weights, or any model

    def config(self, config: Config) -> StageConfig:
        configs: Mapping[str, StageConfig] = {
            "stage1": config.stage1,
            "stage2": config.stage2,
            "stage3": config.stage3,
        }
        return configs[self.name]


STAGE1 = Stage("stage1", ("wavenet_parameters",), use_postnet=False, starts_from=None)
STAGE2 = Stage("stage2", ("wavenet_parameters", "postnet_parameters"), use_postnet=True, starts_from="stage1")
STAGE3 = Stage("stage3", ("wavenet_parameters", "postnet_parameters"), use_postnet=True, starts_from="stage2")
STAGES: Mapping[str, Stage] = {stage.name: stage for stage in (STAGE1, STAGE2, STAGE3)}


def groups_in_step(stage: StageConfig) -> int:
    """Groups of `train.accumulate` batches that one step takes: one for each update of the discriminators."""
    return stage.adversarial.updates if stage.adversarial else 1
