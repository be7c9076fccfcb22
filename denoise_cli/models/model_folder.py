"""A model folder: config.json, model.safetensors, README.md. Bundled models, run folders, Hub repositories are such."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from denoise_cli.config import GeneratorConfig
from denoise_cli.config_io import from_mapping
from denoise_cli.errors import ModelUnavailable

FORMAT_VERSION = 1
PACKAGE = Path(__file__).resolve().parent.parent
# The wheel carries the models inside the package; a checkout or an editable install has them beside it.
BUNDLED_ROOTS = (PACKAGE / "bundled_models", PACKAGE.parent / "models")
DEFAULT_MODEL = "compact"


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


def bundled_models() -> dict[str, Path]:
    """Names and folders of the models that came with the package."""
    folders = (folder for root in BUNDLED_ROOTS if root.is_dir() for folder in sorted(root.iterdir()))
    return {folder.name: folder for folder in folders if (folder / "config.json").is_file()}


def find_model(name: str) -> Path:
    """The folder of a bundled model or of a path.

    Raises ModelUnavailable with the names there are when it is neither.
    """
    bundled = bundled_models()
    wanted = DEFAULT_MODEL if name == "default" else name
    if wanted in bundled:
        return bundled[wanted]
    if (Path(name) / "config.json").is_file():
        return Path(name)
    known = ", ".join(bundled) or "none"
    raise ModelUnavailable(f"{name}: no such model; give a folder with config.json, or a bundled name ({known})")


def read_model_folder(path: Path) -> ModelFolder:
    """Read and check a model folder's config.json.

    Raises ModelUnavailable when it is missing, broken, or of a newer format.
    """
    file = path / "config.json"
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelUnavailable(f"{file}: cannot be read ({error})") from error
    if not isinstance(content, dict) or not isinstance(content.get("format_version"), int):
        raise ModelUnavailable(f"{file}: not a model config (no format_version)")
    if content["format_version"] > FORMAT_VERSION:
        raise ModelUnavailable(f"{file}: format {content['format_version']} is newer than this hifidenoise; update it")
    generator = from_mapping(GeneratorConfig, content.get("generator", {}), where=str(file), error=ModelUnavailable)
    return ModelFolder(path, generator, bool(content.get("use_postnet", True)), content.get("trained_with", {}))


def write_config(path: Path, generator: dict[str, Any], use_postnet: bool, trained_with: dict[str, Any]) -> None:
    """Write config.json by temp-and-rename."""
    content = {
        "format_version": FORMAT_VERSION,
        "generator": generator,
        "use_postnet": use_postnet,
        "trained_with": trained_with,
    }
    temporary = path / ".config.json.part"
    temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    temporary.replace(path / "config.json")
