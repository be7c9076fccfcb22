"""Imports go one way: cli, workflows, inference | training | metrics, models | losses | data, audio, config."""

import ast
import graphlib
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "denoise_cli"
LEVELS = (
    {"__main__"},
    {"cli"},
    {"workflows"},
    {"inference", "training", "metrics"},
    {"models", "losses", "data"},
    {"audio"},
    {"config_io"},
    {"config", "errors", "file_replacement"},
    {"__init__"},
)
LEVEL_OF = {name: level for level, names in enumerate(LEVELS) for name in names}
SIBLINGS = {("training", "metrics")}  # validation during training is by the metrics of `benchmark`
FILES = sorted(PACKAGE.rglob("*.py"))
STARTS_FAST = {"cli", "config", "config_io", "errors", "file_replacement", "audio", "__init__", "__main__"}
TORCH_BY_NATURE = {"audio/stft.py"}
CLASS_AND_ITS_LOADER = ("models.generator", "models.loading")  # Generator.from_pretrained asks for the loader, inside


def part_of(file: Path) -> str:
    return file.relative_to(PACKAGE).with_suffix("").parts[0]


def imported(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Names of imported modules with their lines, wherever in the file the import stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield ("." * node.level) + (node.module or ""), node.lineno


def at_module_level(tree: ast.Module) -> Iterator[str]:
    """Names of modules that are imported when the file is, not those under `if TYPE_CHECKING` or in functions."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.Try):
            yield from (name for name, _ in imported(node))


@pytest.mark.parametrize("file", FILES, ids=[str(file.relative_to(PACKAGE)) for file in FILES])
def test_imports_go_downward_only(file: Path) -> None:
    own = part_of(file)
    if own == "__init__":
        return  # its public names are imported on first use, from wherever they are
    upward = []
    for name, line in imported(ast.parse(file.read_text(encoding="utf-8"))):
        assert not name.startswith("."), f"line {line}: relative import"
        if name.split(".")[0] != "denoise_cli":
            continue
        other = (name.split(".") + ["__init__"])[1]
        if other != own and LEVEL_OF[other] <= LEVEL_OF[own] and (own, other) not in SIBLINGS:
            upward.append(f"line {line}: {own} imports {name}")
    assert not upward


@pytest.mark.parametrize("file", FILES, ids=[str(file.relative_to(PACKAGE)) for file in FILES])
def test_the_terminal_belongs_to_cli(file: Path) -> None:
    if part_of(file) in ("cli", "__main__"):
        return
    names = {name.split(".")[0] for name, _ in imported(ast.parse(file.read_text(encoding="utf-8")))}
    assert not names & {"typer", "click", "rich"}


@pytest.mark.parametrize("file", FILES, ids=[str(file.relative_to(PACKAGE)) for file in FILES])
def test_torch_is_not_imported_at_the_top_of_what_must_start_fast(file: Path) -> None:
    if part_of(file) not in STARTS_FAST or file.relative_to(PACKAGE).as_posix() in TORCH_BY_NATURE:
        return
    names = {name.split(".")[0] for name in at_module_level(ast.parse(file.read_text(encoding="utf-8")))}
    assert not names & {"torch", "torchaudio", "onnxruntime", "scipy", "pyloudnorm", "huggingface_hub"}


def test_the_package_itself_imports_nothing_of_its_own() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    assert not [name for name in at_module_level(tree) if name.startswith("denoise_cli")]


def test_no_files_import_each_other_in_a_circle() -> None:
    imports: dict[str, set[str]] = {}
    for file in FILES:
        own = ".".join(file.relative_to(PACKAGE).with_suffix("").parts)
        if own != "__init__":
            names = {name for name, _ in imported(ast.parse(file.read_text(encoding="utf-8")))}
            imports[own] = {name.removeprefix("denoise_cli.") for name in names if name.startswith("denoise_cli.")}
    imports[CLASS_AND_ITS_LOADER[0]].remove(CLASS_AND_ITS_LOADER[1])
    graphlib.TopologicalSorter(imports).prepare()  # raises CycleError


def test_every_folder_has_a_level() -> None:
    folders = {file.relative_to(PACKAGE).parts[0] for file in FILES if file.parent != PACKAGE}
    assert folders <= LEVEL_OF.keys()


def test_the_hub_is_reached_from_one_file_only() -> None:
    users = [
        file.relative_to(PACKAGE).as_posix()
        for file in FILES
        if any(name.startswith("huggingface_hub") for name, _ in imported(ast.parse(file.read_text(encoding="utf-8"))))
    ]
    assert users in ([], ["models/hub.py"])
