"""`hifidenoise models`: what there is, what it is, and other forms of it."""

import functools
import json
import sys
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from denoise_cli.errors import UsageConflict

models = typer.Typer(
    name="models", help="List, show, check, fetch, publish, export and average models.", no_args_is_help=True
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="A bundled model, a model folder, or owner/name on the Hub.")]
Offline = Annotated[bool, typer.Option("--offline/--no-offline", help="Make no request.")]


class ExportFormat(str, Enum):
    """What `models export` writes."""

    onnx = "onnx"
    torchscript = "torchscript"
    folder = "folder"


@models.command("list")
def list_models() -> None:
    """Names of the bundled models."""
    from denoise_cli.models.finding import DEFAULT_MODEL, bundled_models

    for name in bundled_models():
        typer.echo(f"{name} (default)" if name == DEFAULT_MODEL else name)


@models.command("show")
def show_model(name: Name, offline: Offline = False) -> None:
    """A model's facts, as JSON: its card, its network, and what it was trained with."""
    from denoise_cli.workflows.inspect_model import describe_model

    typer.echo(json.dumps(describe_model(name, offline, sys.stderr.isatty()), indent=2, default=str))


@models.command("download")
def download_model(
    name: Annotated[str, typer.Argument(metavar="REPO", help="owner/name or owner/name@revision on the Hub.")],
) -> None:
    """Put a model of the Hugging Face Hub into its cache, or bring it up to date there; print its commit and folder."""
    from denoise_cli.workflows.inspect_model import download_model as download

    facts = download(name, sys.stderr.isatty())
    typer.echo(f"{name} {facts['revision']} sha256:{facts['weights_sha256']}")
    typer.echo(facts["folder"])


@models.command("verify")
def verify_model(name: Name, offline: Offline = False) -> None:
    """Check a model: its files can be read, its weights are finite and fit, and its ONNX file computes the same."""
    from denoise_cli.workflows.inspect_model import verify_model as verify

    found = verify(name, offline, sys.stderr.isatty())
    for file, checksum in found.checksums.items():
        typer.echo(f"{checksum}  {found.folder / file}")
    if found.onnx_difference is not None:
        typer.echo(f"onnx and weights differ by {found.onnx_difference:.1e} at the most", err=True)
    typer.echo(f"{name}: good", err=True)


@models.command("push")
def push_model(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A model folder or a run folder.")],
    repository: Annotated[str, typer.Argument(metavar="REPO", help="owner/name on the Hub; made if it is not there.")],
    licence: Annotated[
        str | None, typer.Option("--license", metavar="ID", help="Such as mit; needed if the card names none.")
    ] = None,
    private: Annotated[bool, typer.Option("--private/--no-private", help="Only for those you let in.")] = False,
    yes: Annotated[bool, typer.Option("-y", "--yes/--no-yes", help="Do not ask.")] = False,
) -> None:
    """Publish a model on the Hugging Face Hub, after checking it, with a complete card; needs HF_TOKEN or a login."""
    from denoise_cli.workflows.push_model import prepare_push, push

    if not yes and not sys.stdin.isatty():
        raise UsageConflict("models push: say --yes where nobody can be asked")
    parcel = prepare_push(folder, repository, licence)
    for name, size in parcel.sizes.items():
        typer.echo(f"{name}: {size} bytes", err=True)
    if not yes:
        typer.confirm(f"Publish these to {repository}, {'private' if private else 'public'}?", abort=True, err=True)
    typer.echo(push(parcel, private, sys.stderr.isatty()))


@models.command("export")
def export_model(
    name: Name,
    output: Annotated[Path, typer.Option("-o", "--output", help="The file, or the folder.")],
    form: Annotated[
        ExportFormat,
        typer.Option("--format", help="onnx, torchscript: one file; folder: a model folder to ship, in float16."),
    ] = ExportFormat.onnx,
) -> None:
    """Write a model in another form, after checking that it computes the same."""
    from denoise_cli.models.onnx_export import export_onnx
    from denoise_cli.models.torchscript_export import export_torchscript
    from denoise_cli.workflows.export_model import export_file, export_folder

    writers: dict[ExportFormat, Callable[[str, Path], float]] = {
        ExportFormat.onnx: functools.partial(export_file, export=export_onnx),
        ExportFormat.torchscript: functools.partial(export_file, export=export_torchscript),
        ExportFormat.folder: export_folder,
    }
    difference = writers[form](name, output)
    typer.echo(f"{output}: differs from torch by {difference:.1e} at the most", err=True)


@models.command("average")
def average_models(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Models of one architecture and one origin.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder.")],
) -> None:
    """Write a model whose weights are the mean of several, such as two runs that started from one."""
    from denoise_cli.workflows.average_models import average_models as average

    average(names, output)
    typer.echo(f"{output}: the mean of {len(names)} models", err=True)
