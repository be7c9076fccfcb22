"""Model folders that mean harm are refused in one short line, and cost no memory."""

import json
import os
import pickle
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from denoise_cli.config_io import to_mapping
from denoise_cli.errors import ModelUnavailable
from denoise_cli.models.finding import read_model
from denoise_cli.models.generator import Generator
from denoise_cli.models.loading import load_generator, save_weights
from denoise_cli.models.model_folder import read_model_folder, write_config
from tests.models.small_configs import SUB_BAND

ONE_LINE = 700


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_config(tmp_path, to_mapping(SUB_BAND), True, {})
    save_weights(Generator(SUB_BAND).state_dict(), tmp_path / "model.safetensors")
    return tmp_path


def refusal(folder: Path) -> str:
    """What loading the folder says, after a look at how much memory it took."""
    tracemalloc.start()
    try:
        with pytest.raises(ModelUnavailable) as error:
            load_generator(read_model(str(folder)))
        assert tracemalloc.get_traced_memory()[1] < 60e6
    finally:
        tracemalloc.stop()
    message = str(error.value)
    assert "\n" not in message and len(message) < ONE_LINE
    return message


def change(folder: Path, dotted: str, value: Any) -> None:
    file = folder / "config.json"
    content = json.loads(file.read_text())
    *tables, name = dotted.split(".")
    table = content
    for key in tables:
        table = table[key]
    table[name] = value
    file.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("weights", "../../../etc/passwd", "unknown name weights"),
        ("n" * 10**5, 1, "unknown name"),
        ("generator.wavenet.checkpoint", "/etc/passwd", "unknown name wavenet.checkpoint"),
        ("generator.wavenet." + "n" * 10**5, 1, "unknown name"),
        ("generator.wavenet.channels", "x" * 10**5, "must be int"),
        ("generator.wavenet.channels", [1] * 10**5, "must be int"),
        ("generator.wavenet.channels", 10**9, "wavenet.channels is 1000000000"),
        ("generator.wavenet.channels", 10**400, "wavenet.channels is 1000"),
        ("generator.wavenet.channels", 0, "wavenet.channels"),
        ("generator.wavenet.channels", -8, "wavenet.channels"),
        ("generator.wavenet.channels", True, "must be int"),
        ("generator.wavenet.layers", 10**6, "wavenet.layers"),
        ("generator.wavenet.layers", 16, "depends on"),
        ("generator.wavenet.stacks", 10**9, "wavenet.stacks"),
        ("generator.wavenet.kernel", 4, "must be odd"),
        ("generator.wavenet.head_channels", [8] * 10**5, "head_channels"),
        ("generator.wavenet.head_channels", [10**12], "head_channels"),
        ("generator.postnet.layers", 10**7, "postnet.layers"),
        ("generator.postnet.kernel", 10**7, "postnet.kernel"),
        ("generator.front_end.n_fft", 10**6, "hop_length"),
        ("generator.front_end.compression", float("nan"), "compression"),
        ("generator.front_end.compression", 0.0, "compression"),
        ("generator.sample_rate", 0, "sample_rate"),
        ("generator.wavenet.channels", 2000, "do not fit"),
        ("use_postnet", "no", "use_postnet"),
        ("trained_with", [], "trained_with"),
        ("format_version", 10**300, "newer"),
        ("format_version", True, "no format_version"),
    ],
)
def test_a_hostile_config_is_refused(folder: Path, name: str, value: Any, message: str) -> None:
    change(folder, name, value)
    assert message in refusal(folder)


@pytest.mark.parametrize("text", ["[" * 10**5, " " * (1 << 21), "\xff\xfe", "null", ""])
def test_a_config_that_is_no_json_object_is_refused(folder: Path, text: str) -> None:
    (folder / "config.json").write_bytes(text.encode("latin-1"))
    assert "config.json" in refusal(folder)


@pytest.mark.skipif(os.name == "nt", reason="no such devices there")
@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_link_to_an_endless_device_is_refused(folder: Path, name: str) -> None:
    (folder / name).unlink()
    (folder / name).symlink_to("/dev/zero")
    assert name in refusal(folder) or "no such model" in refusal(folder)


def with_header(folder: Path, header: bytes, length: int | None = None, data: bytes = b"") -> None:
    start = struct.pack("<Q", len(header) if length is None else length)
    (folder / "model.safetensors").write_bytes(start + header + data)


@pytest.mark.parametrize(
    ("header", "length"),
    [
        (b"{}", 10 * 2**30),
        (b"{}", 2**64 - 1),
        (b"", 0),
        (b"[" * 10**5, None),
        (b"[]", None),
        (b'{"a": 1}', None),
        (b'{"a": {"dtype": "F32", "shape": [1099511627775, 1048576], "data_offsets": [0, 4]}}', None),
        (b'{"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}', None),
        (b'{"a": {"dtype": "F32", "shape": [1e9], "data_offsets": [0, 4]}}', None),
        (b'{"a": {"dtype": "F32", "shape": [%s1], "data_offsets": [0, 4]}}' % (b"1," * 10**5), None),
        (b'{"a": {"dtype": ["F32"], "shape": [1], "data_offsets": [0, 4]}}', None),
    ],
)
def test_a_hostile_header_is_refused(folder: Path, header: bytes, length: int | None) -> None:
    with_header(folder, header, length, b"\0" * 4)
    assert "model.safetensors: cannot be read" in refusal(folder)


def test_a_header_longer_than_any_is_refused_though_the_file_is_as_long(folder: Path) -> None:
    with (folder / "model.safetensors").open("wb") as stream:
        stream.write(struct.pack("<Q", 10 * 2**30))
        stream.truncate(10 * 2**30 + 8)  # a hole: takes no place on the disk
    assert "its header would be 10737418240 bytes long" in refusal(folder)


def test_tensors_that_overlap_are_refused(folder: Path) -> None:
    header = {
        name: {"dtype": "F32", "shape": list(value.shape), "data_offsets": [0, value.numel() * 4]}
        for name, value in Generator(SUB_BAND).state_dict().items()
    }
    total = sum(value.numel() * 4 for value in Generator(SUB_BAND).state_dict().values())
    with_header(folder, json.dumps(header).encode(), data=b"\0" * total)
    assert "model.safetensors: cannot be read" in refusal(folder)


@pytest.mark.parametrize("cut", [1, 1000])
def test_weights_that_were_cut_off_are_refused(folder: Path, cut: int) -> None:
    file = folder / "model.safetensors"
    os.truncate(file, file.stat().st_size - cut)
    assert "cut off" in refusal(folder)


@pytest.mark.parametrize("dtype", [torch.float64, torch.int64, torch.bool])
def test_weights_of_another_type_are_refused(folder: Path, dtype: torch.dtype) -> None:
    file = folder / "model.safetensors"
    save_file({name: value.to(dtype) for name, value in load_file(file).items()}, file)
    assert "weights are F16, BF16, F32" in refusal(folder)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_one_weight_that_is_no_number_is_refused(folder: Path, value: float) -> None:
    file = folder / "model.safetensors"
    weights = load_file(file)
    next(iter(weights.values())).view(-1)[-1] = value
    save_file(weights, file)
    assert "not finite" in refusal(folder)


class Bomb:
    """Leaves a trace where it is unpickled."""

    def __init__(self, trace: str) -> None:
        self.trace = trace

    def __reduce__(self) -> Any:
        return Path.touch, (Path(self.trace),)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "model.pkl", "model.safetensors"])
@pytest.mark.parametrize("with_config", [True, False])
def test_a_pickle_is_never_loaded(folder: Path, name: str, with_config: bool) -> None:
    trace = folder / "trace"
    (folder / "model.safetensors").unlink()
    if not with_config:
        (folder / "config.json").unlink()
    (folder / name).write_bytes(pickle.dumps(Bomb(str(trace))))
    message = refusal(folder)
    assert "never loaded" in message or name == "model.safetensors"
    assert not trace.exists()


def test_a_pickle_beside_the_weights_is_left_alone(folder: Path) -> None:
    trace = folder / "trace"
    (folder / "state.pt").write_bytes(pickle.dumps(Bomb(str(trace))))
    load_generator(read_model_folder(folder))
    assert not trace.exists()
