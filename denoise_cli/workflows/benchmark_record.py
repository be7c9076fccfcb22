"""A comparison as JSON, with everything that is needed to repeat it, and as CSV."""

import csv
import io
import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from denoise_cli import __version__
from denoise_cli.errors import UnwritableOutput
from denoise_cli.file_replacement import replace_file
from denoise_cli.metrics.si_sdr import CAP_DB
from denoise_cli.metrics.statistics import POOLED_RESAMPLES, RESAMPLES, SEED, Interval
from denoise_cli.workflows.benchmark_systems import Speed
from denoise_cli.workflows.comparison import Comparison, FileScores, SystemScores
from denoise_cli.workflows.model_cost import RUNS

FORMAT_VERSION = 1
PACKAGES = (
    "torch",
    "numpy",
    "scipy",
    "soxr",
    "soundfile",
    "onnxruntime",
    "pesq",
    "pystoi",
    "speechmos",
    "pocketsphinx",
)
REMARKS = (
    f"si_sdr is limited to +-{CAP_DB:g} dB; means are not removed",
    "pesq: the package lacks Corrigendum 2 of P.862.2, as most published scores do",
    "csig, cbak, covl: Loizou's convention; *_rescaled: samples divided by 32768 within WSS, as much public code does",
    "lsd: FFT 2048, hop 512, log10 of powers floored at 1e-10; m_stft: auraloss' defaults, at the files' own rate",
    "f0_error: both pitches by YIN, voiced frames of the reference only; f0_voiced: their share of all frames",
    "frechet_mel: on mean and deviation of 20 mel bands over seconds, one number of all files; not FAD-VGGish",
    "word_error: edits over words of all files together, against transcripts, without case and punctuation",
    "word_error_clean: the same against the recogniser's words on clean speech, as there are no transcripts",
    f"intervals: 95 % percentile bootstrap over files, {RESAMPLES} resamples ({POOLED_RESAMPLES} for frechet_mel), "
    f"seed {SEED}",
    "difference: paired, against the first system",
    "speed: without reading, writing and the first file; load_seconds is the model's start-up",
    f"cost: the command in fresh processes, the fastest of {RUNS}; by threads, seconds for a further second of sound; "
    "multiply-adds of convolutions and matrix products for a second of sound",
)


def write_json(comparison: Comparison, target: Path, command: Sequence[str]) -> None:
    """Write everything: command line, versions, machine, per-file values, gaps, means, differences, speed.

    Raises UnwritableOutput.
    """
    write_text(target, json.dumps(to_mapping(comparison, command), indent=1, ensure_ascii=False) + "\n")


def to_mapping(comparison: Comparison, command: Sequence[str]) -> dict[str, Any]:
    """The content of the JSON file."""
    keys = [column.key for column in comparison.columns]
    first = comparison.systems[0]
    return {
        "format_version": FORMAT_VERSION,
        "command": list(command),
        "versions": {"hifidenoise": __version__, "python": platform.python_version(), **_versions(PACKAGES)},
        "machine": {"system": platform.system(), "processor": platform.machine(), "cores": os.cpu_count()},
        "remarks": list(REMARKS),
        "metrics": [vars(column) for column in comparison.columns],
        "items": [item.name for item in comparison.items],
        "recogniser": comparison.recogniser,
        "said": dict(comparison.said),
        "problems": list(comparison.problems),
        "systems": [_system(system, first, keys) for system in comparison.systems],
    }


def write_csv(comparison: Comparison, target: Path) -> None:
    """One row a system and file, one column a metric; a gap is an empty cell. Raises UnwritableOutput.

    Where costs were measured, each row ends in its system's.
    """
    keys = [column.key for column in comparison.columns]
    names = list(dict.fromkeys(name for system in comparison.systems for name in _costs(system)))
    rows = [
        [system.name, name, *(file.values.get(key, "") for key in keys), *(_costs(system).get(n, "") for n in names)]
        for system in comparison.systems
        for name, file in system.files.items()
    ]
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([["system", "file", *keys, *names], *rows])
    write_text(target, stream.getvalue())


def _costs(system: SystemScores) -> Mapping[str, float | None]:
    """A system's cost as columns; those by threads are one a number of threads."""
    if system.cost is None:
        return {}
    costs = dict(vars(system.cost))
    by_threads = costs.pop("real_time_factors")
    return {**costs, **{f"real_time_factor_{threads}": factor for threads, factor in by_threads.items()}}


def write_text(target: Path, text: str) -> None:
    """Write a file, whole or not at all. Raises UnwritableOutput."""
    try:
        replace_file(target, text.encode("utf-8"))
    except OSError as error:
        raise UnwritableOutput(f"{target}: {error.strerror}") from error


def _versions(packages: Iterable[str]) -> dict[str, str | None]:
    versions: dict[str, str | None] = {}
    for package in packages:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = None
    return versions


def _system(system: SystemScores, first: SystemScores, keys: Sequence[str]) -> dict[str, Any]:
    return {
        "name": system.name,
        "kind": system.kind,
        "source": system.source,
        "clean_in": system.clean_in,
        "speed": _speed(system.speed),
        "cost": None if system.cost is None else {**vars(system.cost)},
        "mean": {key: _interval(system.mean(key)) for key in keys},
        "difference": {key: _interval(system.difference(key, first)) for key in keys}
        if _comparable(system, first)
        else {},
        "files": {name: _file(file) for name, file in system.files.items()},
        "problems": system.problems,
    }


def _comparable(system: SystemScores, first: SystemScores) -> bool:
    return system is not first and not system.clean_in


def _file(file: FileScores) -> Mapping[str, Any]:
    heard = {} if file.heard is None else {"heard": file.heard}
    return {"values": file.values, "gaps": file.gaps, "notes": file.notes, **heard}


def _interval(interval: Interval | None) -> dict[str, float] | None:
    return None if interval is None else interval._asdict()


def _speed(speed: Speed | None) -> dict[str, float] | None:
    if speed is None:
        return None
    factors = {"real_time_factor": speed.real_time_factor, "cpu_real_time_factor": speed.cpu_real_time_factor}
    return {**vars(speed), **factors}
