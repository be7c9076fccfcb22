"""What was said in each recording, as somebody wrote it down."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from denoise_cli.errors import UsageConflict
from denoise_cli.workflows.pairing import Item

SUFFIX = ".txt"
LONGEST_BYTES = 1 << 24


def find_transcripts(items: Sequence[Item], given: Path | None) -> Mapping[str, str]:
    """Transcripts by the items' names, for those that have one; nothing when there are none at all.

    given: a folder of NAME.txt by the recordings' relative paths, or one file with lines of NAME, white space, text.
    None: NAME.txt beside the clean files.
    Raises UsageConflict when what was given does not exist, cannot be read, or has not one of the recordings.
    """
    if given is None:
        places = {item.name: item.clean.with_suffix(SUFFIX) for item in items if item.clean is not None}
        return {name: _read(place) for name, place in places.items() if place.is_file()}
    if given.is_dir():
        files = {item.name: given / f"{item.name}{SUFFIX}" for item in items}
        found = {name: _read(file) for name, file in files.items() if file.is_file()}
    else:
        listed = _lines(given)
        found = {item.name: listed[item.name] for item in items if item.name in listed}
    if not found:
        raise UsageConflict(f"--transcripts {given}: has none of the recordings")
    return found


def _lines(file: Path) -> dict[str, str]:
    entries = (line.split(maxsplit=1) for line in _read(file).splitlines() if line.strip())
    return {entry[0]: entry[1] if len(entry) > 1 else "" for entry in entries}


def _read(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return stream.read(LONGEST_BYTES).decode("utf-8-sig")
    except (OSError, ValueError) as error:
        raise UsageConflict(f"{file}: no transcripts can be read from it ({error})") from error
