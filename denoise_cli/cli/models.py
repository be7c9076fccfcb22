"""`hifidenoise models`: what there is, what it is, and other forms of it."""

import json
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

models = typer.Typer(name="models", help="List, show and export models.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="A bundled model, or a model folder.")]


class ExportFormat(str, Enum):
    """What `models export` writes."""

    onnx = "onnx"
    folder = "folder"


@models.command("list")
def list_models() -> None:
    """Names of the bundled models."""
    from denoise_cli.models.model_folder import DEFAULT_MODEL, bundled_models

    for name in bundled_models():
        typer.echo(f"{name} (default)" if name == DEFAULT_MODEL else name)


@models.command("show")
def show_model(name: Name) -> None:
    """A model's facts, as JSON: its network, and what it was trained with."""
    from denoise_cli.config_io import to_mapping
    from denoise_cli.models.model_folder import find_model, read_model_folder

    folder = read_model_folder(find_model(name))
    facts = {
        "name": name,
        "weights_bytes": folder.weights.stat().st_size if folder.weights.is_file() else None,
        "use_postnet": folder.use_postnet,
        "generator": to_mapping(folder.generator),
        "trained_with": folder.trained_with,
    }
    typer.echo(json.dumps(facts, indent=2))


@models.command("export")
def export_model(
    name: Name,
    output: Annotated[Path, typer.Option("-o", "--output", help="The file, or the folder.")],
    form: Annotated[
        ExportFormat, typer.Option("--format", help="onnx: one file; folder: a model folder to ship, in float16.")
    ] = ExportFormat.onnx,
) -> None:
    """Write a model in another form, after checking that it computes the same."""
    from denoise_cli.workflows.export_model import export_file, export_folder

    write = {ExportFormat.onnx: export_file, ExportFormat.folder: export_folder}[form]
    difference = write(name, output)
    typer.echo(f"{output}: differs from torch by {difference:.1e} at the most", err=True)
