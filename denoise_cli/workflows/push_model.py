"""What `models push` does: a model folder, with a complete card, to a repository on the Hub."""

from dataclasses import dataclass
from pathlib import Path

from denoise_cli.errors import UsageConflict
from denoise_cli.models.card import complete_head, split_card, standard_body, write_card
from denoise_cli.models.reference import Reference, parse_reference
from denoise_cli.workflows.inspect_model import Verification, verify_model

OPTIONAL_FILES = ("model.onnx", "LICENSE")


@dataclass(frozen=True)
class Parcel:
    """What would be published: files by their name there, as paths or as text made here."""

    reference: Reference
    files: dict[str, Path | bytes]

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes by name."""
        return {
            name: len(content) if isinstance(content, bytes) else content.stat().st_size
            for name, content in self.files.items()
        }


def prepare_push(folder: Path, repository: str, licence: str | None = None) -> Parcel:
    """Check a model and complete its card; publishes nothing.

    licence: an identifier as the Hub lists them, such as mit; needed where the card's head names none.
    Raises UsageConflict for a bad repository or without a licence, ModelUnavailable for a model that is not sound.
    """
    reference = parse_reference(repository)
    if reference is None or reference.revision is not None:
        raise UsageConflict(f"{repository}: not a repository on the Hub; wanted is owner/name")
    if not (folder / "config.json").is_file():
        raise UsageConflict(f"{folder}: not a model folder (no config.json)")
    found = verify_model(str(folder))
    files: dict[str, Path | bytes] = {name: folder / name for name in ("config.json", "model.safetensors")}
    files |= {name: folder / name for name in OPTIONAL_FILES if (folder / name).is_file()}
    files["README.md"] = _card(found, reference.repository, licence).encode()
    return Parcel(reference, files)


def push(parcel: Parcel, private: bool = False, progress: bool = False) -> str:
    """Publish, making the repository if there is none, and give the commit's address. Raises ModelUnavailable."""
    from denoise_cli.models.hub import upload

    return upload(parcel.reference, parcel.files, private, progress)


def _card(found: Verification, repository: str, licence: str | None) -> str:
    card = found.folder / "README.md"
    head, body = split_card(card) if card.is_file() else ({}, "")
    if licence is not None and head.get("license", licence) != licence:
        raise UsageConflict(f"--license {licence}: the card says {head['license']}")
    if licence is None and not head.get("license"):
        raise UsageConflict(f"{found.folder}: under which licence? Name it by --license, or in the head of README.md")
    given = head if licence is None else {"license": licence, **head}
    checksum = found.checksums["model.safetensors"]
    whole = complete_head(given, repository, found.trained_with)
    return write_card(whole, body or standard_body(repository, found.trained_with, checksum))
