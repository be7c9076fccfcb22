"""ONNX files of others: refused in one line, without a look at files outside of their folder."""

from pathlib import Path

import numpy as np
import pytest

from denoise_cli.errors import ModelUnavailable
from denoise_cli.inference.onnx_engine import OnnxEngine

onnx = pytest.importorskip("onnx")
GOOD = {"sample_rate": "16000", "hop": "1", "context_left": "0", "context_right": "0"}


def write(file: Path, properties: dict[str, str], outside: str | None = None) -> Path:
    """A model that adds four numbers, its own or those of another file."""
    weights = onnx.numpy_helper.from_array(np.arange(4, dtype=np.float32), "weights")
    if outside is not None:
        weights.ClearField("raw_data")
        weights.data_location = onnx.TensorProto.EXTERNAL
        for key, value in (("location", outside), ("offset", "0"), ("length", "16")):
            weights.external_data.add(key=key, value=value)
    ends = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 4]) for name in ("noisy", "enhanced")]
    node = onnx.helper.make_node("Add", ["noisy", "weights"], ["enhanced"])
    graph = onnx.helper.make_graph([node], "graph", ends[:1], ends[1:], [weights])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    for key, value in properties.items():
        model.metadata_props.add(key=key, value=value)
    file.write_bytes(model.SerializeToString())
    return file


def test_a_good_file_is_run(tmp_path: Path) -> None:
    output = OnnxEngine.load(write(tmp_path / "model.onnx", GOOD), 1).run(np.zeros((1, 4), np.float32))
    np.testing.assert_array_equal(output, [[0, 1, 2, 3]])


@pytest.mark.parametrize(
    "change",
    [
        {"hop": "0"},
        {"hop": "-1"},
        {"hop": "1" * 30},
        {"hop": "many"},
        {"sample_rate": "0"},
        {"sample_rate": "1e4"},
        {"context_left": "-1"},
        {"context_left": "-1", "context_right": "2"},
        {"context_right": "1000000000000"},
    ],
)
def test_metadata_that_makes_no_sense_is_refused(tmp_path: Path, change: dict[str, str]) -> None:
    with pytest.raises(ModelUnavailable, match="metadata makes no sense"):
        OnnxEngine.load(write(tmp_path / "model.onnx", {**GOOD, **change}), 1)


@pytest.mark.parametrize("name", GOOD)
def test_missing_metadata_is_named(tmp_path: Path, name: str) -> None:
    properties = {key: value for key, value in GOOD.items() if key != name}
    with pytest.raises(ModelUnavailable, match=f"has no '{name}'"):
        OnnxEngine.load(write(tmp_path / "model.onnx", properties), 1)


@pytest.mark.parametrize("absolute", [True, False])
def test_weights_outside_of_the_folder_are_not_read(tmp_path: Path, absolute: bool) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(np.ones(4, np.float32).tobytes())
    (tmp_path / "model").mkdir()
    with pytest.raises(ModelUnavailable) as error:
        OnnxEngine.load(write(tmp_path / "model" / "model.onnx", GOOD, str(secret) if absolute else "../secret"), 1)
    assert "\n" not in str(error.value)
