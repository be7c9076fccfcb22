"""Finds a model by what the user calls it: a bundled name, a folder, or owner/name on the Hub."""

import os
from pathlib import Path

from denoise_cli.errors import ModelUnavailable
from denoise_cli.models.model_folder import ModelFolder, read_model_folder, refuse_pickles
from denoise_cli.models.reference import parse_reference

PACKAGE = Path(__file__).resolve().parent.parent
# The wheel carries the models inside the package; a checkout or an editable install has them beside it.
BUNDLED_ROOTS = (PACKAGE / "bundled_models", PACKAGE.parent / "models")
DEFAULT_MODEL = "compact"


def bundled_models() -> dict[str, Path]:
    """Names and folders of the models that came with the package."""
    folders = (folder for root in BUNDLED_ROOTS if root.is_dir() for folder in sorted(root.iterdir()))
    return {folder.name: folder for folder in folders if (folder / "config.json").is_file()}


def find_model(name: str, offline: bool = False, progress: bool = False) -> Path:
    """The folder of a bundled model, of a path, or of a model on the Hub: `models.hub.fetch`, which see.

    Only for the last a request may be made: when no such folder exists and the cache has no such model.
    Raises ModelUnavailable with the names there are when it is none of these.
    """
    bundled = bundled_models()
    wanted = DEFAULT_MODEL if name == "default" else name
    if wanted in bundled:
        return bundled[wanted]
    if os.path.isfile(os.path.join(name, "config.json")):
        return Path(name)
    if os.path.isdir(name):
        refuse_pickles(Path(name))
        raise ModelUnavailable(f"{name}: not a model folder (no config.json)")
    reference = parse_reference(name)
    if reference is not None:
        from denoise_cli.models.hub import fetch

        return fetch(reference, offline, progress)
    known = ", ".join(bundled) or "none"
    choice = f"a folder with config.json, owner/name on the Hub, or a bundled name ({known})"
    raise ModelUnavailable(f"{name}: no such model; give {choice}")


def read_model(name: str, offline: bool = False, progress: bool = False) -> ModelFolder:
    """What `find_model` finds, read and checked. Raises ModelUnavailable."""
    return read_model_folder(find_model(name, offline, progress))
