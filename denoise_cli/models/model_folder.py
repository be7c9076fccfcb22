"""A model folder: config.json, model.safetensors, README.md. Bundled models, run folders, Hub repositories are such."""

import json
import reprlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from denoise_cli.config import GeneratorConfig
from denoise_cli.config_io import from_mapping
from denoise_cli.errors import ModelUnavailable
from denoise_cli.file_replacement import replace_json
from denoise_cli.models.config_limits import find_violation

FORMAT_VERSION = 1
MAX_CONFIG_BYTES = 1 << 20
KNOWN_NAMES = ("format_version", "generator", "use_postnet", "trained_with")
PICKLES = ("*.bin", "*.pt", "*.pth", "*.pkl", "*.ckpt")  # formats that can run code when they are read


@dataclass(frozen=True)
class ModelFolder:
    """A model folder whose config has been read and checked; its weights have not been loaded."""

    path: Path
    generator: GeneratorConfig
    use_postnet: bool  # False: the weights stop after stage 1, and y1 is the output
    trained_with: dict[str, Any]

    @property
    def weights(self) -> Path:
        return self.path / "model.safetensors"

    @property
    def onnx(self) -> Path:
        """The same model for onnxruntime; run folders have none."""
        return self.path / "model.onnx"


def read_model_folder(path: Path) -> ModelFolder:
    """Read and check a model folder's config.json.

    Raises ModelUnavailable when it is missing, broken, of a newer format, or asks for a network beyond all measure,
    and when the folder's weights are a pickle: that would run whatever code its author put there.
    """
    file = path / "config.json"
    content = _read_json(file)
    if not isinstance(content, dict) or type(content.get("format_version")) is not int:
        raise ModelUnavailable(f"{file}: not a hifidenoise model's config (no format_version)")
    if content["format_version"] > FORMAT_VERSION:
        version = reprlib.repr(content["format_version"])
        raise ModelUnavailable(f"{file}: format {version} is newer than this hifidenoise; update it")
    for name in content:
        if name not in KNOWN_NAMES:
            raise ModelUnavailable(f"{file}: unknown name {name[:60]}; there are {', '.join(KNOWN_NAMES)}")
    use_postnet, trained_with = content.get("use_postnet", True), content.get("trained_with", {})
    if not isinstance(use_postnet, bool) or not isinstance(trained_with, dict):
        raise ModelUnavailable(f"{file}: use_postnet must be true or false, and trained_with a table")
    generator = from_mapping(GeneratorConfig, content.get("generator", {}), where=str(file), error=ModelUnavailable)
    violation = find_violation(generator)
    if violation is not None:
        raise ModelUnavailable(f"{file}: {violation}")
    folder = ModelFolder(path, generator, use_postnet, trained_with)
    if not folder.weights.is_file():
        refuse_pickles(path)
    return folder


def _read_json(file: Path) -> object:
    try:
        if not file.is_file():
            raise ValueError("no such file")
        with file.open("rb") as stream:
            text = stream.read(MAX_CONFIG_BYTES + 1)
        if len(text) > MAX_CONFIG_BYTES:
            raise ValueError(f"longer than {MAX_CONFIG_BYTES} bytes")
        return json.loads(text.decode("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelUnavailable(f"{file}: cannot be read ({error})") from error


def refuse_pickles(path: Path) -> None:
    """Raises ModelUnavailable if there is one in the folder."""
    for pattern in PICKLES:
        for file in path.glob(pattern):
            raise ModelUnavailable(f"{file}: a pickle, never loaded, as it can run code; wanted is model.safetensors")


def write_config(path: Path, generator: dict[str, Any], use_postnet: bool, trained_with: dict[str, Any]) -> None:
    """Write config.json, whole or not at all."""
    content = {
        "format_version": FORMAT_VERSION,
        "generator": generator,
        "use_postnet": use_postnet,
        "trained_with": trained_with,
    }
    replace_json(path / "config.json", content)
