"""The mean of models: of their weights, of equal architectures only, and honest about where it is from."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from denoise_cli.config import GeneratorConfig
from denoise_cli.config_io import to_mapping
from denoise_cli.errors import UnwritableOutput, UsageConflict
from denoise_cli.models.generator import Generator
from denoise_cli.models.loading import load_generator, save_weights
from denoise_cli.models.model_folder import read_model_folder, write_config
from denoise_cli.workflows.average_models import average_models
from tests.models.small_configs import NORMALISED, SUB_BAND


def write_model(folder: Path, config: GeneratorConfig, seed: int, use_postnet: bool = False) -> str:
    torch.manual_seed(seed)
    folder.mkdir()
    trained_with = {"stage": "stage1", "step": seed, "dev_scores": {"pesq": 2.0}}
    write_config(folder, to_mapping(config), use_postnet, trained_with)
    save_weights(Generator(config, use_postnet).state_dict(), folder / "model.safetensors")
    return str(folder)


def weights_of(folder: Path | str) -> dict[str, torch.Tensor]:
    return load_generator(read_model_folder(Path(folder))).state_dict()


def test_it_is_the_mean_of_each_weight(tmp_path: Path) -> None:
    names = [write_model(tmp_path / name, NORMALISED, seed) for seed, name in enumerate("abc")]
    average_models(names, tmp_path / "mean")
    parts, mean = [weights_of(name) for name in names], weights_of(tmp_path / "mean")
    for name, value in mean.items():
        if value.is_floating_point():
            torch.testing.assert_close(value, sum(part[name] for part in parts) / 3, atol=1e-6, rtol=1e-5)
    facts = read_model_folder(tmp_path / "mean").trained_with
    assert facts["step"] == 2
    assert [part["name"] for part in facts["average_of"]] == ["a", "b", "c"]
    assert "dev_scores" not in facts


def test_a_smaller_model_grows_into_the_last_one(tmp_path: Path) -> None:
    deeper = replace(NORMALISED, wavenet=replace(NORMALISED.wavenet, layers=3))
    small, large = write_model(tmp_path / "small", NORMALISED, 0), write_model(tmp_path / "large", deeper, 1)
    average_models([small, large], tmp_path / "mean")
    folder = read_model_folder(tmp_path / "mean")
    assert folder.generator == deeper
    before, ours, mean = weights_of(small), weights_of(large), weights_of(folder.path)
    shared = (before["core.wavenet.layers.3.skip.weight"] + ours["core.wavenet.layers.4.skip.weight"]) / 2
    torch.testing.assert_close(mean["core.wavenet.layers.4.skip.weight"], shared)
    new = "core.wavenet.layers.5."
    torch.testing.assert_close(mean[f"{new}gated.0.weight"], ours[f"{new}gated.0.weight"])
    torch.testing.assert_close(mean[f"{new}skip.weight"], ours[f"{new}skip.weight"] / 2)
    with pytest.raises(UsageConflict, match="largest last"):
        average_models([large, small], tmp_path / "other")


def test_other_architectures_are_refused(tmp_path: Path) -> None:
    one, other = write_model(tmp_path / "a", NORMALISED, 0), write_model(tmp_path / "b", SUB_BAND, 1)
    with pytest.raises(UsageConflict, match="another generator"):
        average_models([one, other], tmp_path / "mean")
    with_postnet = write_model(tmp_path / "c", NORMALISED, 2, use_postnet=True)
    with pytest.raises(UsageConflict, match="another generator"):
        average_models([one, with_postnet], tmp_path / "mean")
    assert not (tmp_path / "mean").exists()


def test_one_model_has_no_average_and_a_model_is_not_overwritten(tmp_path: Path) -> None:
    one, two = write_model(tmp_path / "a", SUB_BAND, 0), write_model(tmp_path / "b", SUB_BAND, 1)
    with pytest.raises(UsageConflict, match="two models"):
        average_models([one], tmp_path / "mean")
    with pytest.raises(UnwritableOutput, match="exists"):
        average_models([one, two], tmp_path / "b")
