"""What `models export` does: a run folder or a model into a folder to ship, or into one file."""

import shutil
from collections.abc import Callable
from pathlib import Path

import torch

from denoise_cli.config_io import to_mapping
from denoise_cli.errors import UnwritableOutput
from denoise_cli.models.finding import read_model
from denoise_cli.models.generator import Generator
from denoise_cli.models.loading import load_generator, save_weights
from denoise_cli.models.model_folder import read_model_folder, write_config
from denoise_cli.models.onnx_export import export_onnx


def export_file(model: str, target: Path, export: Callable[[Generator, Path], float]) -> float:
    """Write a model as one file by `export_onnx` or `export_torchscript`. Returns its largest difference from torch.

    Raises UnwritableOutput if the file exists, ModelUnavailable, MissingPackage, CannotStart.
    """
    refuse_existing(target)
    return export(load_generator(read_model(model)), target)


def export_folder(model: str, target: Path) -> float:
    """Write a model folder to ship: weights in float16, their ONNX form, config and card.

    The ONNX file is made from the rounded weights, so that every engine computes the same. Returns its largest
    difference from torch. Errors as `export_file`.
    """
    folder = read_model(model)
    generator = load_generator(folder)
    refuse_existing(target / "config.json")
    target.mkdir(parents=True, exist_ok=True)
    save_weights(generator.state_dict(), target / "model.safetensors", torch.float16)
    write_config(target, to_mapping(folder.generator), folder.use_postnet, folder.trained_with)
    card = folder.path / "README.md"
    if card.is_file():
        shutil.copyfile(card, target / "README.md")
    shipped: Generator = load_generator(read_model_folder(target))
    return export_onnx(shipped, read_model_folder(target).onnx)


def refuse_existing(target: Path) -> None:
    """Raises UnwritableOutput: nothing that is there is overwritten by another form of a model."""
    if target.exists():
        raise UnwritableOutput(f"{target}: exists; give another -o, or remove it")
