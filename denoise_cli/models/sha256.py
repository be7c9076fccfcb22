"""SHA-256 of a file, in constant memory."""

import hashlib
from pathlib import Path


def sha256(file: Path) -> str:
    """Of a file's content, in hexadecimal."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
