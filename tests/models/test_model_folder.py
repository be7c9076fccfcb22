"""Model folders: read with care."""

import json
from pathlib import Path

import pytest

from denoise_cli.config_io import to_mapping
from denoise_cli.errors import ModelUnavailable
from denoise_cli.models.finding import bundled_models
from denoise_cli.models.model_folder import read_model_folder, write_config
from tests.models.small_configs import SUB_BAND


def make_model(folder: Path) -> Path:
    folder.mkdir(parents=True)
    write_config(folder, to_mapping(SUB_BAND), True, {"steps": 3})
    return folder


def test_what_was_written_is_read(tmp_path: Path) -> None:
    found = read_model_folder(make_model(tmp_path / "m"))
    assert found.generator == SUB_BAND and found.use_postnet and found.trained_with == {"steps": 3}
    assert [file.name for file in (tmp_path / "m").iterdir()] == ["config.json"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "cannot be read"),
        ("[]", "no format_version"),
        ('{"format_version": 99}', "format 99 is newer than this hifidenoise"),
        ('{"format_version": 1, "generator": {"wavnet": {}}}', "unknown name wavnet"),
        ('{"format_version": 1, "generator": {"sample_rate": "fast"}}', "sample_rate must be int"),
        ('{"format_version": 1, "generator": []}', "must be a table"),
    ],
)
def test_a_broken_config_is_named_with_its_fault(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(ModelUnavailable, match=message):
        read_model_folder(tmp_path)


def test_a_missing_config_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="config.json"):
        read_model_folder(tmp_path)


@pytest.mark.parametrize("name", sorted(bundled_models()))
def test_every_bundled_model_is_whole(name: str) -> None:
    folder = read_model_folder(bundled_models()[name])
    assert folder.weights.is_file() and (folder.path / "README.md").is_file()
    assert json.loads((folder.path / "config.json").read_text())["trained_with"]
