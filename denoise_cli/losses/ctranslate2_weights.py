"""Reads the weights of a CTranslate2 model: what faster-whisper's folders hold, and a format of plain arrays."""

import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt

from denoise_cli.errors import ModelUnavailable

VERSION = 6  # of the binary format, since CTranslate2 2.0
HALF = 4  # the type's number


def read_half_precision(file: Path, prefix: str) -> dict[str, npt.NDArray[np.float32]]:
    """The float16 arrays whose names start with `prefix`, which is left off, in float32.

    Layout: version, name of the architecture and its revision, number of arrays; of each its name, shape, type, size in
    bytes and content. Integers are little-endian; texts have their length in front and a zero at their end.
    Raises ModelUnavailable for a file that is missing, broken or of another version.
    """
    try:
        return _read(_Fields(file.read_bytes()), prefix)
    except (OSError, struct.error, UnicodeDecodeError, ValueError) as error:
        raise ModelUnavailable(f"{file}: not a CTranslate2 model that can be read ({error})") from error


class _Fields:
    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    def number(self, form: str) -> int:
        (value,) = struct.unpack_from(f"<{form}", self._content, self._at)
        self._at += struct.calcsize(f"<{form}")
        return int(value)

    def take(self, length: int) -> bytes:
        taken = self._content[self._at : self._at + length]
        if len(taken) < length:
            raise ValueError("it ends too early")
        self._at += length
        return taken

    def text(self) -> str:
        return self.take(self.number("H"))[:-1].decode()


def _read(fields: _Fields, prefix: str) -> dict[str, npt.NDArray[np.float32]]:
    version = fields.number("I")
    if version != VERSION:
        raise ValueError(f"its format has version {version}, not {VERSION}")
    fields.text(), fields.number("I")
    arrays = {}
    for _ in range(fields.number("I")):
        name = fields.text()
        shape = [fields.number("I") for _ in range(fields.number("B"))]
        kind = fields.number("B")
        content = fields.take(fields.number("I"))
        if kind == HALF and name.startswith(prefix):
            arrays[name[len(prefix) :]] = np.frombuffer(content, "<f2").reshape(shape).astype(np.float32)
    return arrays
