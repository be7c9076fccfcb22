"""Model folders: read with care, found in a wheel, an editable install and a checkout."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from denoise_cli.config_io import to_mapping
from denoise_cli.errors import ModelUnavailable
from denoise_cli.models import model_folder
from denoise_cli.models.model_folder import bundled_models, find_model, read_model_folder, write_config
from tests.models.small_configs import SUB_BAND

ROOT = Path(__file__).resolve().parents[2]
FIND = "from denoise_cli.models.model_folder import bundled_models; print(bundled_models())"


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


def test_an_unknown_name_lists_those_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_model(tmp_path / "one")
    make_model(tmp_path / "two")
    monkeypatch.setattr(model_folder, "BUNDLED_ROOTS", (tmp_path, tmp_path / "nowhere"))
    assert list(bundled_models()) == ["one", "two"]
    with pytest.raises(ModelUnavailable, match=r"three: no such model.*\(one, two\)"):
        find_model("three")
    assert find_model("two") == tmp_path / "two"


def test_default_is_the_default_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_model(tmp_path / model_folder.DEFAULT_MODEL)
    monkeypatch.setattr(model_folder, "BUNDLED_ROOTS", (tmp_path,))
    assert find_model("default") == tmp_path / model_folder.DEFAULT_MODEL


def test_a_folder_is_found_by_its_path(tmp_path: Path) -> None:
    assert find_model(str(make_model(tmp_path / "m"))) == tmp_path / "m"


def checkout(tmp_path: Path) -> Path:
    """What a wheel is built from, with one small model more."""
    source = tmp_path / "checkout"
    ignore = shutil.ignore_patterns("__pycache__", "*.safetensors")
    shutil.copytree(ROOT / "denoise_cli", source / "denoise_cli", ignore=ignore)
    shutil.copytree(ROOT / "models", source / "models", ignore=ignore)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    make_model(source / "models" / "tiny")
    (source / "models" / "tiny" / "model.safetensors").write_bytes(b"weights")
    return source


def found_from(path: Path, cwd: Path) -> str:
    script = f"import sys; sys.path.insert(0, {str(path)!r}); {FIND}"
    done = subprocess.run([sys.executable, "-c", script], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_checkout_finds_its_models(tmp_path: Path) -> None:
    source = checkout(tmp_path)
    assert str(source / "models" / "tiny") in found_from(source, tmp_path)


def test_a_wheel_carries_the_models_and_finds_them(tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    source, target = checkout(tmp_path), tmp_path / "wheels"
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)]
    subprocess.run(build, cwd=source, check=True, capture_output=True)
    (wheel,) = target.glob("*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    assert (installed / "denoise_cli" / "bundled_models" / "tiny" / "model.safetensors").read_bytes() == b"weights"
    assert (installed / "denoise_cli" / "presets" / "compact.toml").is_file()
    assert (installed / "denoise_cli" / "py.typed").is_file()
    assert str(installed / "denoise_cli" / "bundled_models" / "tiny") in found_from(installed, tmp_path)
    assert not (installed / "tests").exists()


def test_an_editable_install_finds_the_models_of_its_checkout(tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    pytest.importorskip("editables")
    source, target = checkout(tmp_path), tmp_path / "wheels"
    script = f"from hatchling.build import build_editable; build_editable({str(target)!r})"
    target.mkdir()
    subprocess.run([sys.executable, "-c", script], cwd=source, check=True, capture_output=True)
    (wheel,) = target.glob("*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    (pointer,) = installed.glob("*.pth")
    assert str(source / "models" / "tiny") in found_from(Path(pointer.read_text().strip()), tmp_path)


@pytest.mark.parametrize("name", sorted(bundled_models()))
def test_every_bundled_model_is_whole(name: str) -> None:
    folder = read_model_folder(bundled_models()[name])
    assert folder.weights.is_file() and (folder.path / "README.md").is_file()
    assert json.loads((folder.path / "config.json").read_text())["trained_with"]
