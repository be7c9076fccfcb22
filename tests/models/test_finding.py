"""Models are found by name: in a wheel, an editable install, a checkout, or by their path."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from denoise_cli.errors import ModelUnavailable
from denoise_cli.models import finding
from denoise_cli.models.finding import bundled_models, find_model
from tests.models.test_model_folder import make_model

ROOT = Path(__file__).resolve().parents[2]
FIND = "from denoise_cli.models.finding import bundled_models; print(bundled_models())"


def test_an_unknown_name_lists_those_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_model(tmp_path / "one")
    make_model(tmp_path / "two")
    monkeypatch.setattr(finding, "BUNDLED_ROOTS", (tmp_path, tmp_path / "nowhere"))
    assert list(bundled_models()) == ["one", "two"]
    with pytest.raises(ModelUnavailable, match=r"three: no such model.*\(one, two\)"):
        find_model("three")
    assert find_model("two") == tmp_path / "two"


def test_default_is_the_default_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_model(tmp_path / finding.DEFAULT_MODEL)
    monkeypatch.setattr(finding, "BUNDLED_ROOTS", (tmp_path,))
    assert find_model("default") == tmp_path / finding.DEFAULT_MODEL


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
