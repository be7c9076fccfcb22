"""The exported ONNX file computes what torch computes, at any length, and says how to run it."""

import hashlib
import json
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import soundfile
import torch

from denoise_cli import Enhancer
from denoise_cli.errors import CannotStart, ModelUnavailable
from denoise_cli.inference.level import MODEL_LEVEL_DB, LevelMeter
from denoise_cli.inference.onnx_engine import OnnxEngine
from denoise_cli.models.generator import Generator
from denoise_cli.models.onnx_export import export_onnx
from denoise_cli.workflows.inspect_model import verify_model
from tests.audio.sounds import voice_like
from tests.models.small_configs import FLAT, SUB_BAND

ROOT = Path(__file__).parents[2]

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


def test_no_path_of_the_exporting_machine_is_in_the_file(file: Path) -> None:
    assert str(Path(__file__).parents[2]).encode() not in file.read_bytes()


def test_a_wrong_export_is_not_kept(generator: Generator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("denoise_cli.models.parity.PARITY", -1.0)
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


@pytest.fixture(scope="module")
def example() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "examples" / "run_onnx.py"))


@pytest.mark.parametrize("samples", [1, 319, 1_600, 20_011])
def test_the_example_in_chunks_equals_the_whole(file: Path, example: dict[str, Any], samples: int) -> None:
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    noisy = (0.1 * np.random.default_rng(2).standard_normal(samples)).astype(np.float32)
    (whole,) = session.run(None, {"noisy": noisy[None]})
    np.testing.assert_allclose(example["enhance"](session, noisy, 0.2), whole[0], rtol=0, atol=1e-6)


def test_the_example_gives_what_the_command_gives(file: Path, example: dict[str, Any], tmp_path: Path) -> None:
    noisy = voice_like(2, 16_000)[0]
    soundfile.write(tmp_path / "noisy.wav", noisy, 16_000, "PCM_16")
    example["main"](str(file), str(tmp_path / "noisy.wav"), str(tmp_path / "clean.wav"))
    enhancer = Enhancer(OnnxEngine.load(file, threads=1))
    enhancer.enhance_file(tmp_path / "noisy.wav", tmp_path / "command.wav")
    ours, theirs = (soundfile.read(tmp_path / name)[0] for name in ("clean.wav", "command.wav"))
    assert ours.shape == theirs.shape == noisy.shape
    # the command finds the level of speech in a better way; so little comes of that
    assert np.sqrt(np.mean((ours - theirs) ** 2)) < 0.02 * np.sqrt(np.mean(theirs**2))
    noisy, meter = soundfile.read(tmp_path / "noisy.wav", dtype="float32")[0], LevelMeter(16_000, 16_000)
    meter.push(noisy[None])
    gain = np.float32(10 ** ((MODEL_LEVEL_DB - meter.level_db()) / 20))
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    by_command = enhancer.enhance(noisy, 16_000)
    np.testing.assert_allclose(example["enhance"](session, noisy * gain, 0.3) / gain, by_command, rtol=0, atol=1e-5)


def test_the_example_refuses_another_rate(file: Path, example: dict[str, Any], tmp_path: Path) -> None:
    soundfile.write(tmp_path / "noisy.wav", np.zeros(100), 8_000, "PCM_16")
    with pytest.raises(SystemExit, match="16000 Hz"):
        example["main"](str(file), str(tmp_path / "noisy.wav"), str(tmp_path / "clean.wav"))


def test_the_example_imports_no_more_than_it_says() -> None:
    lines = (ROOT / "examples" / "run_onnx.py").read_text().splitlines()
    assert {line.split()[1] for line in lines if line.startswith(("import ", "from "))} == {
        "sys", "wave", "numpy", "onnxruntime",
    }  # fmt: skip


def test_verify_compares_the_file_with_the_weights(generator: Generator, file: Path, tmp_path: Path) -> None:
    generator.save_pretrained(tmp_path)
    (tmp_path / "model.onnx").write_bytes(file.read_bytes())
    found = verify_model(str(tmp_path))
    assert found.onnx_difference is not None and found.onnx_difference < 1e-5
    assert found.checksums["model.onnx"] == hashlib.sha256(file.read_bytes()).hexdigest()
    Generator(SUB_BAND).save_pretrained(tmp_path)
    with pytest.raises(ModelUnavailable, match="differs from the weights"):
        verify_model(str(tmp_path))
    Generator(FLAT).save_pretrained(tmp_path)
    (tmp_path / "model.onnx").write_bytes(b"no model")
    with pytest.raises(ModelUnavailable, match="onnxruntime cannot load it"):
        verify_model(str(tmp_path))
