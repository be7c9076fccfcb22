"""What a safetensors file says it holds, read and checked in plain Python: nothing is allocated but the header.

Layout: 8 bytes, the header's length as a little-endian integer; the header, a JSON object; the tensors' bytes.
"""

import json
import math
import struct
from pathlib import Path
from typing import Any

from denoise_cli.errors import ModelUnavailable

MAX_HEADER_BYTES = 1 << 24
BYTES = {"F16": 2, "BF16": 2, "F32": 4}  # what weights may be stored in


def read_shapes(file: Path) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the tensors of a safetensors file.

    Raises ModelUnavailable when the file is missing or no such file, when its header is longer than the file or
    than 16 MiB, when a tensor is of a type that no weights are stored in, or when the sizes do not add up.
    """
    try:
        header, data_bytes = _read_header(file)
        return _check_tensors(header, data_bytes)
    except (OSError, ValueError, RecursionError) as error:
        raise ModelUnavailable(f"{file}: cannot be read ({error})") from error


def _read_header(file: Path) -> tuple[dict[str, Any], int]:
    """The header, and how many bytes follow it."""
    if not file.is_file():
        raise ValueError("no such file")
    size = file.stat().st_size
    with file.open("rb") as stream:
        start = stream.read(8)
        if len(start) < 8:
            raise ValueError("not a safetensors file: too short")
        (length,) = struct.unpack("<Q", start)
        if length > min(size - 8, MAX_HEADER_BYTES):
            raise ValueError(f"not a safetensors file, or cut off: its header would be {length} bytes long")
        header = json.loads(stream.read(length))
    if not isinstance(header, dict):
        raise ValueError("not a safetensors file: its header is no object")
    return header, size - 8 - length


def _check_tensors(header: dict[str, Any], data_bytes: int) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    total = 0
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        if not isinstance(entry, dict) or not isinstance(entry.get("dtype"), str):
            raise ValueError(f"tensor {name[:60]} has no type")
        if entry["dtype"] not in BYTES:
            raise ValueError(f"tensor {name[:60]} is {entry['dtype'][:10]}; weights are {', '.join(BYTES)}")
        shape = entry.get("shape")
        if not isinstance(shape, list) or not all(type(size) is int and 0 <= size < 1 << 40 for size in shape[:8]):
            raise ValueError(f"tensor {name[:60]} has no shape")
        if len(shape) > 8:
            raise ValueError(f"tensor {name[:60]} has {len(shape)} dimensions")
        shapes[name] = tuple(shape)
        total += math.prod(shape) * BYTES[entry["dtype"]]
    if total != data_bytes:
        raise ValueError(f"{total} bytes of tensors announced, {data_bytes} there: cut off or not well-formed")
    return shapes
