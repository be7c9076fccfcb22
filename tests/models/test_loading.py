"""Weights in and out of a model folder."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from denoise_cli.config_io import to_mapping
from denoise_cli.errors import ModelUnavailable
from denoise_cli.models.generator import Generator
from denoise_cli.models.loading import load_generator, save_weights
from denoise_cli.models.model_folder import read_model_folder, write_config
from tests.models.small_configs import SUB_BAND


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    torch.manual_seed(3)
    write_config(tmp_path, to_mapping(SUB_BAND), True, {})
    save_weights(Generator(SUB_BAND).state_dict(), tmp_path / "model.safetensors")
    return tmp_path


def test_a_saved_generator_comes_back_the_same(folder: Path) -> None:
    torch.manual_seed(3)
    original = Generator(SUB_BAND).eval()
    loaded = load_generator(read_model_folder(folder))
    waveform = torch.randn(1, 500)
    assert torch.equal(loaded.enhance(waveform), original.enhance(waveform))
    assert not loaded.training


def test_saved_and_loaded_as_other_models_of_the_hub_are(folder: Path, tmp_path: Path) -> None:
    generator = Generator.from_pretrained(str(folder))
    generator.save_pretrained(tmp_path / "deeper" / "copy")
    again = Generator.from_pretrained(str(tmp_path / "deeper" / "copy"), local_files_only=True)
    waveform = torch.randn(1, 500)
    assert again.config == SUB_BAND and torch.equal(again.enhance(waveform), generator.enhance(waveform))
    with pytest.raises(ModelUnavailable, match="while offline"):
        Generator.from_pretrained("voices/gone", revision="v1", local_files_only=True)


def test_half_precision_weights_are_computed_in_float32(folder: Path) -> None:
    save_weights(Generator(SUB_BAND).state_dict(), folder / "model.safetensors", torch.float16)
    loaded = load_generator(read_model_folder(folder))
    assert {parameter.dtype for parameter in loaded.parameters()} == {torch.float32}


@pytest.mark.parametrize("damage", ["missing", "garbage", "shape", "extra", "nan"])
def test_broken_weights_are_refused_in_one_line(folder: Path, damage: str) -> None:
    file = folder / "model.safetensors"
    weights = load_file(file)
    name = next(iter(weights))
    if damage == "missing":
        file.unlink()
    elif damage == "garbage":
        file.write_bytes(b"not safetensors at all")
    else:
        changed = {"shape": torch.zeros(3), "nan": weights[name] * float("nan"), "extra": torch.zeros(2)}[damage]
        save_file({**weights, name if damage != "extra" else "more": changed.contiguous()}, file)
    with pytest.raises(ModelUnavailable) as error:
        load_generator(read_model_folder(folder))
    assert str(file) in str(error.value)
    assert "\n" not in str(error.value)
