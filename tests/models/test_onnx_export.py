"""The exported ONNX file computes what torch computes, at any length, and says how to run it."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from denoise_cli.errors import CannotStart, ModelUnavailable
from denoise_cli.inference.onnx_engine import OnnxEngine
from denoise_cli.models.generator import Generator
from denoise_cli.models.onnx_export import export_onnx
from tests.models.small_configs import SUB_BAND

pytest.importorskip("onnxscript")


@pytest.fixture(scope="module")
def generator() -> Generator:
    torch.manual_seed(0)
    return Generator(SUB_BAND).eval()


@pytest.fixture(scope="module")
def file(generator: Generator, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("onnx") / "model.onnx"
    assert export_onnx(generator, path) < 1e-5
    return path


@pytest.mark.parametrize("shape", [(1, 1), (1, 33), (2, 1000), (3, 5003)])
def test_it_equals_torch_at_every_length_and_batch(generator: Generator, file: Path, shape: tuple[int, int]) -> None:
    noisy = (0.1 * np.random.default_rng(1).standard_normal(shape)).astype(np.float32)
    with torch.inference_mode():
        expected = generator.enhance(torch.from_numpy(noisy)).numpy()
    np.testing.assert_allclose(OnnxEngine.load(file, threads=1).run(noisy), expected, rtol=0, atol=1e-5)


def test_the_metadata_says_how_to_run_it(generator: Generator, file: Path) -> None:
    engine = OnnxEngine.load(file, threads=1)
    assert (engine.sample_rate, engine.hop, engine.context) == (16_000, generator.hop, generator.context)
    properties = engine._session.get_modelmeta().custom_metadata_map
    assert json.loads(properties["generator"])["wavenet"]["channels"] == SUB_BAND.wavenet.channels


def test_a_wrong_export_is_not_kept(generator: Generator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("denoise_cli.models.onnx_export.PARITY", -1.0)
    with pytest.raises(CannotStart, match="differs from torch"):
        export_onnx(generator, tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [None, b"", b"no model"])
def test_a_missing_or_broken_file_is_said_in_one_line(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "model.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelUnavailable) as error:
        OnnxEngine.load(path, threads=1)
    assert "\n" not in str(error.value)
