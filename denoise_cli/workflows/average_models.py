"""What `models average` does: the mean of the weights of models that share an origin ("model soup", Wortsman 2022)."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from denoise_cli.config_io import to_mapping
from denoise_cli.errors import UsageConflict
from denoise_cli.models.loading import load_generator, save_weights
from denoise_cli.models.model_folder import find_model, read_model_folder, write_config
from denoise_cli.workflows.export_model import refuse_existing


def average_models(models: Sequence[str], target: Path) -> None:
    """Write a model folder whose weights are the mean of those of two or more models of one architecture.

    It says of its training what the last one says, and names the others; scores of a single one are left out.
    Raises UsageConflict for fewer than two or for other architectures, UnwritableOutput if the folder holds a model.
    """
    if len(models) < 2:
        raise UsageConflict("models average: give two models or more")
    folders = [read_model_folder(find_model(model)) for model in models]
    last = folders[-1]
    for name, folder in zip(models, folders, strict=True):
        if (folder.generator, folder.use_postnet) != (last.generator, last.use_postnet):
            raise UsageConflict(f"{name}: has another generator than {models[-1]}; only equal ones have an average")
    refuse_existing(target / "config.json")
    states = [load_generator(folder).state_dict() for folder in folders]
    target.mkdir(parents=True, exist_ok=True)
    mean = {name: _mean([state[name] for state in states]) for name in states[-1]}
    save_weights(mean, target / "model.safetensors")
    history = {key: value for key, value in last.trained_with.items() if key != "dev_scores"}
    averaged = [
        {"name": folder.path.name, "stage": folder.trained_with.get("stage"), "step": folder.trained_with.get("step")}
        for folder in folders
    ]
    write_config(target, to_mapping(last.generator), last.use_postnet, {**history, "average_of": averaged})


def _mean(values: list[Tensor]) -> Tensor:
    """Of whole numbers (batches counted by batch norm) the last."""
    if not values[-1].is_floating_point():
        return values[-1]
    return torch.stack([value.double() for value in values]).mean(dim=0).to(values[-1].dtype)
