"""What `models show`, `download` and `verify` do: facts of a model, and whether its files are what they should be."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from denoise_cli.config_io import to_mapping
from denoise_cli.errors import ModelUnavailable
from denoise_cli.models.finding import read_model
from denoise_cli.models.model_folder import ModelFolder, read_model_folder
from denoise_cli.models.reference import parse_reference
from denoise_cli.models.sha256 import sha256
from denoise_cli.models.weight_count import count_weights

if TYPE_CHECKING:
    from denoise_cli.models.generator import Generator

FILES = ("config.json", "README.md", "model.safetensors", "model.onnx")


@dataclass(frozen=True)
class Verification:
    """What was found: checksums by file name, and the largest difference of ONNX from torch; None: no ONNX file."""

    folder: Path
    trained_with: dict[str, Any]
    checksums: dict[str, str]
    onnx_difference: float | None


def describe_model(name: str, offline: bool = False, progress: bool = False) -> dict[str, Any]:
    """A model's facts, ready for JSON. Raises ModelUnavailable."""
    return _facts(name, read_model(name, offline, progress))


def download_model(name: str, progress: bool = False) -> dict[str, Any]:
    """Ask the Hub for a model, download what the cache lacks, and give its facts.

    Raises ModelUnavailable, also for a name that is no reference to the Hub.
    """
    from denoise_cli.models.hub import download

    reference = parse_reference(name)
    if reference is None:
        raise ModelUnavailable(
            f"{name}: not the name of a model on the Hub; wanted is owner/name or owner/name@revision"
        )
    return _facts(name, read_model_folder(download(reference, progress)))


def verify_model(name: str, offline: bool = False, progress: bool = False) -> Verification:
    """Load a model with all checks, hash its files, and compare its ONNX file with torch.

    Files in the Hub's cache are compared with the checksums that the cache keeps them under.
    Raises ModelUnavailable for what is wrong.
    """
    folder = read_model(name, offline, progress)
    checksums = {file: sha256(folder.path / file) for file in FILES if (folder.path / file).is_file()}
    for file, found in checksums.items():
        _compare_with_cache(folder.path / file, found)
    from denoise_cli.models.loading import load_generator  # torch, where nothing was wrong so far

    generator = load_generator(folder)
    difference = _compare_onnx(folder, generator) if folder.onnx.is_file() else None
    return Verification(folder.path, folder.trained_with, checksums, difference)


def _facts(name: str, folder: ModelFolder) -> dict[str, Any]:
    from denoise_cli.models.card import read_head

    card = folder.path / "README.md"
    from_hub = folder.path.parent.name == "snapshots"
    weights = folder.weights if folder.weights.is_file() else None
    return {
        "name": name,
        "folder": str(folder.path),
        "revision": folder.path.name if from_hub else None,
        "weights_sha256": sha256(weights) if weights else None,
        "weights_bytes": weights.stat().st_size if weights else None,
        "weights": count_weights(folder.generator),
        "onnx": folder.onnx.is_file(),
        "card": read_head(card) if card.is_file() else None,
        "use_postnet": folder.use_postnet,
        "generator": to_mapping(folder.generator),
        "trained_with": folder.trained_with,
    }


def _compare_onnx(folder: ModelFolder, generator: "Generator") -> float:
    from denoise_cli.inference.onnx_engine import OnnxEngine
    from denoise_cli.models.onnx_export import parity
    from denoise_cli.models.parity import PARITY

    engine = OnnxEngine.load(folder.onnx, None)  # says in one line what is wrong with a broken file
    if (engine.sample_rate, engine.hop, engine.context) != (generator.sample_rate, generator.hop, generator.context):
        raise ModelUnavailable(f"{folder.onnx}: is of another network than config.json; export it again")
    difference = parity(generator, folder.onnx)
    if not difference <= PARITY:
        raise ModelUnavailable(f"{folder.onnx}: differs from the weights by {difference:.1e}; export it again")
    return difference


def _compare_with_cache(file: Path, found: str) -> None:
    """In the Hub's cache a large file's name is its SHA-256."""
    kept_as = file.resolve().name
    if re.fullmatch("[0-9a-f]{64}", kept_as) and kept_as != found:
        raise ModelUnavailable(
            f"{file}: has the checksum {found[:12]}, not {kept_as[:12]}; remove it, download it again"
        )
