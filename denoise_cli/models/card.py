"""The card of a model: README.md with a YAML head that the Hub reads."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from denoise_cli.errors import ModelUnavailable

MAX_CARD_BYTES = 1 << 20
FENCE = "---"


def read_head(file: Path) -> dict[str, Any]:
    """The YAML head of a card, empty without one. Raises ModelUnavailable when it is no YAML table."""
    return split_card(file)[0]


def split_card(file: Path) -> tuple[dict[str, Any], str]:
    """Head and body of a card. Raises ModelUnavailable when it cannot be read."""
    try:
        with file.open("rb") as stream:
            text = stream.read(MAX_CARD_BYTES).decode("utf-8").replace("\r\n", "\n")
        if not text.startswith(f"{FENCE}\n"):
            return {}, text
        head, _, body = text[len(FENCE) + 1 :].partition(f"\n{FENCE}\n")
        content = yaml.safe_load(head)
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        reason = str(error).splitlines()[0]
        raise ModelUnavailable(f"{file}: its head cannot be read ({reason})") from error
    if not isinstance(content, dict):
        raise ModelUnavailable(f"{file}: its head is no table")
    return content, body.lstrip("\n")


def write_card(head: Mapping[str, Any], body: str) -> str:
    """A card's text."""
    listed = yaml.safe_dump(dict(head), sort_keys=False, allow_unicode=True)
    return f"{FENCE}\n{listed}{FENCE}\n\n{body.rstrip()}\n"
