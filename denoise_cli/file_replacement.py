"""Puts a file in place whole: whoever reads it sees what was there before or all that is new."""

import os
from pathlib import Path


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
