"""Exported folders and files compute what the model does."""

from pathlib import Path

import pytest
import torch

from denoise_cli.config_io import to_mapping
from denoise_cli.errors import UnwritableOutput
from denoise_cli.inference.onnx_engine import OnnxEngine
from denoise_cli.models.generator import Generator
from denoise_cli.models.loading import load_generator, save_weights
from denoise_cli.models.model_folder import read_model_folder, write_config
from denoise_cli.models.onnx_export import export_onnx
from denoise_cli.models.torchscript_export import export_torchscript
from denoise_cli.workflows.export_model import export_file, export_folder
from tests.models.small_configs import SUB_BAND

pytest.importorskip("onnxscript")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    torch.manual_seed(3)
    write_config(folder, to_mapping(SUB_BAND), True, {"stage": "stage2"})
    save_weights(Generator(SUB_BAND).state_dict(), folder / "model.safetensors")
    (folder / "README.md").write_text("# A card\n")
    return folder


def test_a_shipped_folder_has_half_the_bytes_and_one_result_in_both_engines(model: Path, tmp_path: Path) -> None:
    target = tmp_path / "shipped"
    assert export_folder(str(model), target) < 1e-5
    shipped = read_model_folder(target)
    assert shipped.trained_with == {"stage": "stage2"}
    assert shipped.weights.stat().st_size < 0.7 * (model / "model.safetensors").stat().st_size
    assert (target / "README.md").read_text() == "# A card\n"
    waveform = 0.1 * torch.randn(1, 3_000, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        by_torch = load_generator(shipped).enhance(waveform)
    by_onnx = torch.from_numpy(OnnxEngine.load(target / "model.onnx", 1).run(waveform.numpy()))
    torch.testing.assert_close(by_onnx, by_torch, rtol=0, atol=1e-5)
    with pytest.raises(UnwritableOutput, match="exists"):
        export_folder(str(model), target)


def test_an_existing_file_is_not_replaced(model: Path, tmp_path: Path) -> None:
    target = tmp_path / "model.onnx"
    target.write_text("mine")
    with pytest.raises(UnwritableOutput, match="exists"):
        export_file(str(model), target, export_onnx)
    assert target.read_text() == "mine"


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
@pytest.mark.parametrize("shape", [(1, 1), (2, 1_000), (3, 5_003)])
def test_a_torchscript_file_runs_at_every_length_and_says_how(
    model: Path, tmp_path: Path, shape: tuple[int, int]
) -> None:
    file = tmp_path / "model.ts"
    assert export_file(str(model), file, export_torchscript) < 1e-5
    facts = {"hop": "", "context_left": "", "sample_rate": ""}
    program = torch.jit.load(str(file), _extra_files=facts)
    generator = load_generator(read_model_folder(model))
    assert (int(facts["hop"]), int(facts["context_left"])) == (generator.hop, generator.context[0])
    noisy = 0.1 * torch.randn(shape, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        torch.testing.assert_close(program(noisy), generator.enhance(noisy), rtol=0, atol=1e-5)
