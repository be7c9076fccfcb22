"""`hifidenoise benchmark`: honest numbers, side by side."""

import functools
import shlex
import sys
import tempfile
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from denoise_cli.errors import UsageConflict

if TYPE_CHECKING:
    from denoise_cli.workflows.benchmark_systems import System
    from denoise_cli.workflows.pairing import Pairs
    from denoise_cli.workflows.recognition import Recognition

NO_MODEL = "none"
RESYNTHESIS = "griffin-lim"


def benchmark(
    noisy: Annotated[Path, typer.Option("--noisy", metavar="DIR", help="Noisy recordings; subfolders count.")],
    clean: Annotated[
        Path | None,
        typer.Option("--clean", metavar="DIR", help="The clean ones, by the same names. Without: DNSMOS, SRMR."),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model", "-m", metavar="NAME|DIR", help=f"Models to measure; {NO_MODEL}: no model.  [default: default]"
        ),
    ] = None,
    system: Annotated[
        list[str] | None,
        typer.Option("--system", metavar="NAME=DIR", help="Another tool's outputs, by the same names."),
    ] = None,
    baseline: Annotated[
        list[str] | None,
        typer.Option(
            "--baseline", metavar="NAME", help="spectral-gating, deepfilternet, or griffin-lim (of the clean files)."
        ),
    ] = None,
    clean_in: Annotated[
        bool, typer.Option("--clean-in/--no-clean-in", help="Also feed the clean files to each model.")
    ] = False,
    metrics: Annotated[str, typer.Option("--metrics", metavar="A,B", help="Only these metrics.")] = "",
    word_error: Annotated[
        str | None,
        typer.Option(
            "--word-error",
            metavar="NAME",
            help="Also count the words that a recogniser hears wrongly, in English; slow. pocketsphinx, or "
            "whisper:FOLDER of a CTranslate2 model.",
        ),
    ] = None,
    transcripts: Annotated[
        Path | None,
        typer.Option(
            "--transcripts",
            metavar="DIR|FILE",
            help="For --word-error: NAME.txt by the same names, or lines of NAME and text.  [default: beside the clean "
            "files, or else what is heard in those]",
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="So many files, evenly spread.")] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=0, help="Processes for metrics; 0: none, in this one.")] = 1,
    threads: Annotated[int, typer.Option("--threads", min=1, help="Threads of a model; 1 for fair speed.")] = 1,
    speed: Annotated[
        bool,
        typer.Option("--speed/--no-speed", help="Also time each model's command by threads, and measure its memory."),
    ] = False,
    cache: Annotated[
        Path | None,
        typer.Option("--cache", metavar="FILE", help="Keep scores here; take what was scored before."),
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write everything as JSON.")] = None,
    csv_file: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write scores by file as CSV.")] = None,
    html_file: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page with plots, spectrograms and players.")
    ] = None,
    markdown: Annotated[
        Path | None, typer.Option("--markdown", metavar="FILE", help="Write the tables as Markdown.")
    ] = None,
    examples: Annotated[
        int, typer.Option("--examples", min=0, help="Files with sound on the page, the worst first.")
    ] = 12,
    keep: Annotated[Path | None, typer.Option("--keep", metavar="DIR", help="Keep the models' outputs here.")] = None,
) -> None:
    """Score models and other tools on pairs of noisy and clean files, or on noisy files alone.

    The table has means over files with bootstrap intervals, then differences to the unprocessed input, paired by file.
    Speed is without reading and writing. Exit code 1: a file was left out; it is named.
    """
    from denoise_cli.cli.benchmark_table import print_comparison, progress_bar
    from denoise_cli.metrics.table import select_families
    from denoise_cli.workflows.benchmark import compare_systems, measure_costs
    from denoise_cli.workflows.benchmark_markdown import to_markdown
    from denoise_cli.workflows.benchmark_record import to_mapping, write_csv, write_json, write_text
    from denoise_cli.workflows.pairing import find_pairs
    from denoise_cli.workflows.report_page import write_page
    from denoise_cli.workflows.score_cache import ScoreCache

    if clean is None and (clean_in or RESYNTHESIS in (baseline or [])):
        raise UsageConflict(f"--clean-in and --baseline {RESYNTHESIS}: need --clean")
    families = select_families([name.strip() for name in metrics.split(",") if name.strip()], clean is not None)
    _check_targets(json_file, csv_file, html_file, markdown, cache)
    pairs = find_pairs(noisy, clean, limit)
    recognition = _recognition(pairs, word_error, transcripts, clean is not None)
    systems = _systems(model or [], system or [], baseline or [], clean_in, threads)
    command = ["hifidenoise", *sys.argv[1:]]
    with _outputs(keep) as folder:
        with progress_bar() as on_progress:
            costs = measure_costs(systems) if speed else {}
            kept = None if cache is None else ScoreCache(cache)
            comparison = compare_systems(
                pairs, systems, families, jobs, Path(folder), on_progress, recognition, kept, costs
            )
        if html_file is not None:
            write_page(comparison, html_file, command, examples)
    if json_file is not None:
        write_json(comparison, json_file, command)
    if csv_file is not None:
        write_csv(comparison, csv_file)
    if markdown is not None:
        write_text(markdown, f"# Results\n\n{to_markdown(to_mapping(comparison, command), 'Benchmark')}")
    print_comparison(comparison, shlex.join(command))
    raise typer.Exit(comparison.exit_code)


def _recognition(pairs: "Pairs", name: str | None, given: Path | None, has_clean: bool) -> "Recognition | None":
    """What counts word errors. Before an hour of work: a recogniser there must be, and something to compare with."""
    from denoise_cli.metrics.recogniser import load_recogniser
    from denoise_cli.workflows.recognition import Recognition
    from denoise_cli.workflows.transcripts import find_transcripts

    if name is None:
        if given is not None:
            raise UsageConflict("--transcripts: needs --word-error")
        return None
    if given is None and not has_clean:
        raise UsageConflict("--word-error: needs --clean or --transcripts")
    load_recogniser(name)
    return Recognition(name, find_transcripts(pairs.items, given))


def _check_targets(*files: Path | None) -> None:
    """Refuse before an hour of work what could not be written after it."""
    for file in files:
        if file is not None and (file.is_dir() or not file.parent.is_dir()):
            raise UsageConflict(f"{file}: is a folder, or would be in one that does not exist")


def _outputs(keep: Path | None) -> AbstractContextManager[str]:
    return tempfile.TemporaryDirectory(prefix="hifidenoise-") if keep is None else nullcontext(str(keep))


def _systems(
    models: list[str], folders: list[str], baselines: list[str], clean_in: bool, threads: int
) -> "list[System]":
    from denoise_cli.workflows.benchmark_systems import (
        BASELINE,
        Model,
        OutputFolder,
        Unprocessed,
        load_baseline,
        load_enhancer,
    )

    load = functools.partial(load_enhancer, threads=threads)
    systems: list[System] = [Unprocessed()]
    for name in baselines:
        systems.append(Model(name, name, load_baseline, 1, clean_in=name == RESYNTHESIS, kind=BASELINE))
    for source in models or ["default"]:
        if source == NO_MODEL:
            continue
        name = Path(source).name or source
        systems.append(Model(name, source, load, threads))
        if clean_in:
            systems.append(Model(f"{name} (clean in)", source, load, threads, clean_in=True))
    for text in folders:
        name, equals, folder = text.partition("=")
        if not (name and equals and folder):
            raise UsageConflict(f"--system {text}: write NAME=DIR")
        systems.append(OutputFolder(name, Path(folder)))
    return systems
