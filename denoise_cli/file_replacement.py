"""Puts a file in place whole: whoever reads it sees what was there before or all that is new."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def replace_file(file: Path, content: bytes | memoryview) -> None:
    """Write `content` beside `file`, see it on the disk, and put it in place at once.

    Raises OSError, with `file` as it was and nothing left beside it.
    """
    temporary = file.with_name(f".{file.name}.part")
    try:
        with temporary.open("wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        temporary.replace(file)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def replace_json(file: Path, content: Mapping[str, Any], indent: int = 2) -> None:
    """`replace_file` with JSON. Raises TypeError, before anything is written, for what JSON cannot hold."""
    replace_file(file, (json.dumps(content, indent=indent) + "\n").encode())
