"""Which engine runs a model."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from denoise_cli.config_io import to_mapping
from denoise_cli.errors import ModelUnavailable, UsageConflict
from denoise_cli.inference.engine_choice import has_nvidia_driver, open_engine
from denoise_cli.inference.engine_pool import EnginePool
from denoise_cli.inference.onnx_engine import OnnxEngine
from denoise_cli.inference.options import EngineName, Precision
from denoise_cli.inference.torch_engine import TorchEngine
from denoise_cli.models.generator import Generator
from denoise_cli.models.loading import save_weights
from denoise_cli.models.model_folder import write_config
from denoise_cli.models.onnx_export import export_onnx
from tests.models.small_configs import SUB_BAND

pytest.importorskip("onnxscript")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    generator = Generator(SUB_BAND)
    write_config(folder, to_mapping(SUB_BAND), True, {})
    save_weights(generator.state_dict(), folder / "model.safetensors")
    export_onnx(generator, folder / "model.onnx")
    return folder


@pytest.mark.parametrize(
    ("device", "engine", "kind"),
    [
        ("cpu", EngineName.AUTO, OnnxEngine),
        ("cpu", EngineName.TORCH, TorchEngine),
        ("cpu", EngineName.ONNX, OnnxEngine),
    ],
)
def test_the_engine_asked_for_is_opened(model: Path, device: str, engine: EngineName, kind: type) -> None:
    opened = open_engine(str(model), device, 1, engine)
    assert isinstance(opened, kind)
    assert (opened.sample_rate, opened.hop) == (16_000, SUB_BAND.front_end.hop_length)


def test_a_model_without_an_onnx_file_runs_in_torch(model: Path, tmp_path: Path) -> None:
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).write_bytes((model / name).read_bytes())
    assert isinstance(open_engine(str(tmp_path), "cpu", 1), TorchEngine)
    with pytest.raises(ModelUnavailable, match="--engine torch"):
        open_engine(str(tmp_path), "cpu", 1, EngineName.ONNX)


def test_onnx_and_another_device_contradict_each_other(model: Path) -> None:
    with pytest.raises(UsageConflict, match="--device cuda"):
        open_engine(str(model), "cuda", 1, EngineName.ONNX)


def test_half_precision_is_torch_and_contradicts_onnx(model: Path) -> None:
    assert isinstance(open_engine(str(model), "cpu", 1, precision=Precision.BFLOAT16), TorchEngine)
    with pytest.raises(UsageConflict, match="not in float16"):
        open_engine(str(model), "cpu", 1, EngineName.ONNX, Precision.FLOAT16)


def test_torch_is_shared_by_files_through_a_pool(model: Path) -> None:
    shared = open_engine(str(model), "cpu", 1, EngineName.TORCH, files=2)
    alone = open_engine(str(model), "cpu", 1, EngineName.TORCH)
    waveform = np.random.default_rng(0).standard_normal((1, 5_000)).astype(np.float32)
    assert isinstance(shared, EnginePool)
    np.testing.assert_array_equal(shared.run(waveform), alone.run(waveform))
    assert isinstance(open_engine(str(model), "cpu", 1, files=2), OnnxEngine)


@pytest.mark.skipif(has_nvidia_driver() or torch.cuda.is_available(), reason="auto takes the GPU here")
def test_enhancing_on_the_cpu_imports_no_torch(model: Path, tmp_path: Path) -> None:
    script = (
        "import sys, numpy, soundfile; from denoise_cli.cli.app import app\n"
        "soundfile.write('in.wav', numpy.sin(numpy.arange(48000) / 20) * 0.1, 48000)\n"
        f"app(['enhance', 'in.wav', '-o', 'out.wav', '-m', {str(model)!r}], standalone_mode=False)\n"
        "heavy = {'torch', 'torchaudio', 'scipy', 'huggingface_hub', 'pyloudnorm'} & set(sys.modules)\n"
        "print(sorted(heavy)); print(soundfile.info('out.wav').frames)\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env={"PYTHONPATH": str(root)}, capture_output=True, text=True
    )
    assert done.stdout.splitlines() == ["[]", "48000"], done.stderr
