"""A run folder on disk: a model folder (the best weights so far) with the training state and log beside it.

config.json model.safetensors README.md   what `enhance --model RUN` loads
train_config.json                         the resolved config, stage and corpus of the run
state.pt                                  everything that a resumed run needs
log.jsonl tensorboard/                    losses and scores
"""

import io
import json
from pathlib import Path
from typing import Any

import torch

from denoise_cli.config import Config
from denoise_cli.config_io import from_mapping, to_mapping
from denoise_cli.errors import TrainingFailed, UsageConflict
from denoise_cli.file_replacement import replace_file, replace_json
from denoise_cli.models.loading import save_weights
from denoise_cli.models.model_folder import write_config
from denoise_cli.training.stages import Stage
from denoise_cli.training.state import TrainState

# May differ when a run is resumed: they do not change what is computed.
FREE_TO_CHANGE = {"checkpoint_minutes", "validate_minutes", "loader_workers", "explosion_factor"}


class RunFolder:
    """Paths of one run, and the reading and writing of its state; every file is replaced whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.state_file = path / "state.pt"
        self.config_file = path / "train_config.json"

    @property
    def has_state(self) -> bool:
        return self.state_file.is_file()

    def create(self, stage: Stage, config: Config, corpus: dict[str, Any], lanes: int | None = None) -> None:
        """lanes: readers of a corpus of shards; what each draws depends on their number."""
        self.path.mkdir(parents=True, exist_ok=True)
        content = {"stage": stage.name, "config": to_mapping(config), "corpus": corpus, "lanes": lanes}
        replace_json(self.config_file, content)

    def check_same(self, stage: Stage, config: Config, lanes: int | None = None) -> None:
        """Raises UsageConflict, naming each difference, if the run was started with another stage or config."""
        saved = json.loads(self.config_file.read_text(encoding="utf-8"))
        before = from_mapping(Config, saved["config"], str(self.config_file))  # fields of later versions: defaults
        compared = {"generator", "degradation", "train", stage.name}  # other stages do not matter to this one
        differences = [
            f"{name}: {old!r} -> {new!r}"
            for name, old, new in _differences(
                {"stage": saved["stage"], "lanes": saved.get("lanes"), "config": _only(compared, to_mapping(before))},
                {"stage": stage.name, "lanes": lanes, "config": _only(compared, to_mapping(config))},
                "",
            )
            if name.rsplit(".", 1)[-1] not in FREE_TO_CHANGE
        ]
        if differences:
            raise UsageConflict(
                f"{self.path}: was started with another config ({'; '.join(differences)}); "
                "give another -o, or start from it with --init"
            )

    def save_state(self, state: TrainState) -> None:
        buffer = io.BytesIO()
        torch.save(state.state_dict(), buffer)
        replace_file(self.state_file, buffer.getbuffer())

    def read_state(self) -> dict[str, Any]:
        """What `save_state` saved, on the CPU.

        Raises TrainingFailed when the file cannot be read.
        """
        try:
            saved: dict[str, Any] = torch.load(self.state_file, map_location="cpu", weights_only=True)
        except (OSError, RuntimeError, EOFError, KeyError) as error:
            raise TrainingFailed(f"{self.state_file}: cannot be read ({error}); delete it to start again") from error
        return saved

    def save_model(self, state: TrainState, stage: Stage, scores: dict[str, float]) -> None:
        """The weights worth keeping, as the model folder that this run folder is."""
        saved = json.loads(self.config_file.read_text(encoding="utf-8"))
        trained_with = {
            "stage": stage.name,
            "step": state.step,
            "minutes": round(state.seconds / 60, 1),
            "corpus": saved["corpus"],
            "config": saved["config"],
            "dev_scores": {name: round(value, 4) for name, value in scores.items()},
        }
        save_weights(state.weights_to_keep(), self.path / "model.safetensors")
        write_config(self.path, saved["config"]["generator"], stage.use_postnet, trained_with)
        readme = f"# {self.path.name}\n\nWeights of a training run of `hifidenoise`; see config.json and log.jsonl.\n"
        replace_file(self.path / "README.md", readme.encode())


def _only(names: set[str], mapping: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in mapping.items() if name in names}


def _differences(old: Any, new: Any, name: str) -> list[tuple[str, Any, Any]]:
    if not isinstance(old, dict) or not isinstance(new, dict):
        return [(name, old, new)] if old != new else []
    found: list[tuple[str, Any, Any]] = []
    for key in sorted({*old, *new}):
        found += _differences(old.get(key), new.get(key), f"{name}.{key}" if name else key)
    return found
