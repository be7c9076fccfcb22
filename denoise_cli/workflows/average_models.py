"""What `models average` does: the mean of the weights of models that share an origin ("model soup", Wortsman 2022)."""

import copy
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from denoise_cli.config_io import to_mapping
from denoise_cli.errors import UsageConflict
from denoise_cli.models.finding import read_model
from denoise_cli.models.generator import Generator
from denoise_cli.models.growth import can_grow, lay_into
from denoise_cli.models.loading import load_generator, save_weights
from denoise_cli.models.model_folder import ModelFolder, write_config
from denoise_cli.workflows.export_model import refuse_existing


def average_models(models: Sequence[str], target: Path) -> None:
    """Write a model folder whose weights are the mean of those of two or more models of the last one's architecture.

    Those that grow into it (`models.growth`) do so, with the last one's weights where they have none, and its filters.
    It says of its training what the last one says, and names the others; scores of a single one are left out.
    Raises UsageConflict for fewer than two or for other architectures, UnwritableOutput if the folder holds a model.
    """
    if len(models) < 2:
        raise UsageConflict("models average: give two models or more")
    folders = [read_model(model) for model in models]
    last = folders[-1]
    for name, folder in zip(models, folders, strict=True):
        if not can_grow(folder.generator, last.generator) or folder.use_postnet != last.use_postnet:
            raise UsageConflict(
                f"{name}: has another generator than {models[-1]}, and not one that grows into it; "
                "name the largest last"
            )
    refuse_existing(target / "config.json")
    largest = load_generator(last)
    states = [_grown(folder, copy.deepcopy(largest)) for folder in folders[:-1]] + [largest.state_dict()]
    target.mkdir(parents=True, exist_ok=True)
    mean = {name: _mean([state[name] for state in states]) for name in states[-1]}
    save_weights(mean, target / "model.safetensors")
    history = {key: value for key, value in last.trained_with.items() if key != "dev_scores"}
    averaged = [
        {"name": folder.path.name, "stage": folder.trained_with.get("stage"), "step": folder.trained_with.get("step")}
        for folder in folders
    ]
    write_config(target, to_mapping(last.generator), last.use_postnet, {**history, "average_of": averaged})


def _grown(folder: ModelFolder, generator: Generator) -> dict[str, Tensor]:
    """The weights of `folder` laid into `generator`, whose other channels and layers stay, not heard."""
    lay_into(generator, load_generator(folder).state_dict())
    return generator.state_dict()


def _mean(values: list[Tensor]) -> Tensor:
    """Of whole numbers (batches counted by batch norm) the last."""
    if not values[-1].is_floating_point():
        return values[-1]
    return torch.stack([value.double() for value in values]).mean(dim=0).to(values[-1].dtype)
