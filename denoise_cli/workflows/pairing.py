"""Which file belongs to which: noisy, clean, and other tools' outputs, by relative path without suffix."""

from dataclasses import dataclass
from pathlib import Path

from denoise_cli.audio.formats import names_audio
from denoise_cli.errors import UsageConflict


@dataclass(frozen=True)
class Item:
    """One noisy file, and the clean one that belongs to it unless there are no references at all."""

    name: str  # relative path without suffix, with forward slashes
    noisy: Path
    clean: Path | None


@dataclass(frozen=True)
class Pairs:
    """What can be scored, and by name what cannot."""

    items: tuple[Item, ...]
    problems: tuple[str, ...]


def files_by_name(folder: Path) -> dict[str, Path]:
    """Audio files below a folder, by relative path without suffix, sorted.

    Raises UsageConflict for no such folder, no audio in it, and two files that differ in their suffix alone.
    """
    if not folder.is_dir():
        raise UsageConflict(f"{folder}: no such folder")
    found: dict[str, Path] = {}
    for file in sorted(folder.rglob("*")):
        if not names_audio(file) or not file.is_file():
            continue
        name = file.relative_to(folder).with_suffix("").as_posix()
        if name in found:
            raise UsageConflict(f"{folder}: {found[name].name} and {file.name} differ in their suffix alone")
        found[name] = file
    if not found:
        raise UsageConflict(f"{folder}: no audio files in it")
    return found


def find_pairs(noisy: Path, clean: Path | None, limit: int | None = None) -> Pairs:
    """Noisy files with their clean partners, in the order of their names; with a limit, that many, evenly spread.

    Raises UsageConflict as `files_by_name`, and when not one file has a partner.
    """
    noisy_files = files_by_name(noisy)
    if clean is None:
        items = [Item(name, file, None) for name, file in noisy_files.items()]
        return Pairs(_spread(items, limit), ())
    clean_files = files_by_name(clean)
    items = [Item(name, file, clean_files[name]) for name, file in noisy_files.items() if name in clean_files]
    if not items:
        raise UsageConflict(f"{noisy} and {clean}: not one file has the same name in both")
    lonely = [f"{noisy_files[name]}: no clean partner" for name in noisy_files.keys() - clean_files.keys()]
    lonely += [f"{clean_files[name]}: no noisy partner" for name in clean_files.keys() - noisy_files.keys()]
    return Pairs(_spread(items, limit), tuple(sorted(lonely)))


def _spread(items: list[Item], limit: int | None) -> tuple[Item, ...]:
    if limit is None or limit >= len(items):
        return tuple(items)
    return tuple(items[i * len(items) // limit] for i in range(limit))
