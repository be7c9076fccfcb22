"""A lock on a folder that the system takes back when its holder dies, however it dies."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from denoise_cli.errors import CannotStart

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; the file .lock stays there, empty.

    Raises CannotStart if another process (or another part of this one) holds it.
    """
    with (folder / ".lock").open("a") as file:
        try:
            if sys.platform == "win32":
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CannotStart(f"{folder}: another prepare-data is at work there; wait until it has ended") from error
        yield  # closing the file gives the lock back
