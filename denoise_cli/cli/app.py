"""The command `hifidenoise`: registers the subcommands and turns errors into exit codes, once."""

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from denoise_cli import __version__
from denoise_cli.cli.benchmark import benchmark
from denoise_cli.cli.enhance import enhance
from denoise_cli.cli.models import models
from denoise_cli.cli.one_line import one_line
from denoise_cli.cli.prepare_data import SpreadingCommand, prepare_data
from denoise_cli.cli.train import train_command
from denoise_cli.errors import DenoiseError


class ErrorReportingGroup(TyperGroup):
    """Prints a DenoiseError as one line on stderr and exits with its code; bugs keep their traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except DenoiseError as error:
            if ctx.params.get("verbose"):
                raise
            typer.echo(one_line(f"hifidenoise: {error}"), err=True)
            raise typer.Exit(error.exit_code) from None


app = typer.Typer(
    name="hifidenoise",
    cls=ErrorReportingGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: rich's takes a tenth of a second to import
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hifidenoise {__version__}")
        raise typer.Exit()


@app.callback()
def hifidenoise(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Show tracebacks of errors.")] = False,
) -> None:
    """Remove noise and reverberation from speech recordings, and train the models that do it."""


app.command()(enhance)
app.command()(benchmark)

app.command("prepare-data", cls=SpreadingCommand)(prepare_data)
app.command("train-stage1", help="Train the WaveNet alone.")(train_command("stage1"))
app.command("train-stage2", help="Train WaveNet and PostNet together, from a stage-1 model.")(train_command("stage2"))
app.command("train-stage3", help="Train both networks against discriminators, from a stage-2 model.")(
    train_command("stage3")
)
app.add_typer(models)


def main() -> None:
    """Entry point of the console script."""
    sys.exit(app())
