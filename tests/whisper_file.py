"""A Whisper of random weights in CTranslate2's format, small enough to make in a test."""

import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

WIDTH = 64
HALF, INT16 = 4, 2


def write_ctranslate2(file: Path, arrays: Mapping[str, npt.NDArray[np.generic]], version: int = 6) -> None:
    content = [struct.pack("<I", version), _text("WhisperSpec"), struct.pack("<II", 3, len(arrays))]
    for name, array in arrays.items():
        shape = struct.pack(f"<B{array.ndim}I", array.ndim, *array.shape)
        kind = HALF if array.dtype == np.float16 else INT16
        content += [_text(name), shape, struct.pack("<BI", kind, array.nbytes), array.tobytes()]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"".join(content))


def write_whisper(folder: Path, layers: int = 4) -> Path:
    random = np.random.default_rng(5)

    def drawn(*shape: int) -> npt.NDArray[np.float16]:
        return (random.standard_normal(shape) / np.sqrt(np.prod(shape[1:]))).astype(np.float16)

    arrays: dict[str, npt.NDArray[np.generic]] = {
        "encoder/num_heads": np.array(1, np.int16),
        "encoder/conv1/weight": drawn(WIDTH, 80, 3),
        "encoder/conv1/bias": drawn(WIDTH),
        "encoder/conv2/weight": drawn(WIDTH, WIDTH, 3),
        "encoder/conv2/bias": drawn(WIDTH),
        "encoder/position_encodings/encodings": drawn(1500, WIDTH),
        "decoder/conv1/bias": drawn(3),
    }
    for layer in range(layers):
        sizes = {"self_attention": (3 * WIDTH, WIDTH, WIDTH, WIDTH), "ffn": (4 * WIDTH, WIDTH, WIDTH, 4 * WIDTH)}
        for part, (wide, deep, narrow, back) in sizes.items():
            name = f"encoder/layer_{layer}/{part}"
            arrays[f"{name}/layer_norm/gamma"] = np.ones(WIDTH, np.float16)
            arrays[f"{name}/layer_norm/beta"] = np.zeros(WIDTH, np.float16)
            arrays[f"{name}/linear_0/weight"], arrays[f"{name}/linear_0/bias"] = drawn(wide, deep), drawn(wide)
            arrays[f"{name}/linear_1/weight"], arrays[f"{name}/linear_1/bias"] = drawn(narrow, back), drawn(narrow)
    write_ctranslate2(folder / "model.bin", arrays)
    return folder


def _text(value: str) -> bytes:
    return struct.pack("<H", len(value) + 1) + value.encode() + b"\0"
