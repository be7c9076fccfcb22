"""Writes docs/results.md, and the scores on the model's card and in the README, from benchmarks run here.

    python benchmarks/results.py DATA [--model compact] [--recogniser whisper:FOLDER] [--only real] [--no-run] [-j 2]

DATA holds voicebank/{noisy,clean}, dns/{noisy,clean} and real/. The benchmarks' JSON and a cache of scores stay in
build/results: a second run scores only what is new, so that a new model costs its own files and no others. --only runs
these sets and takes the others' JSON as it is; --no-run only writes. It needs the extras metrics, baselines, peers and,
for word errors by PocketSphinx, recogniser.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from denoise_cli.workflows.benchmark_markdown import to_markdown
from denoise_cli.workflows.benchmark_record import write_text
from denoise_cli.workflows.card_scores import ScoredSet, find_system, write_scores

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "results"
DATA = "data/eval"  # how commands name the data, wherever it is
RECOGNISER = "pocketsphinx"
OTHERS = ("--baseline", "spectral-gating", "--baseline", "deepfilternet")
FEW = "pesq_wb,pesq_nb,stoi,estoi,si_sdr,composite,lsd,m_stft,level_change"


@dataclass(frozen=True)
class Benchmark:
    """One run of `hifidenoise benchmark`."""

    key: str
    name: str
    text: str
    arguments: tuple[str, ...]
    words: bool = False
    on_card: bool = True


BENCHMARKS = (
    Benchmark(
        "voicebank",
        "VoiceBank-DEMAND test, 143 pairs of public demo pages",
        "143 pairs of the VoiceBank-DEMAND test set: those that public demo pages carry, a harder selection than the "
        "full 824. Compare systems on the same files only.",
        ("--noisy", f"{DATA}/voicebank/noisy", "--clean", f"{DATA}/voicebank/clean", *OTHERS,
         "--speed"),
        words=True,
    ),
    Benchmark(
        "dns",
        "DNS-Challenge 2020 synthetic test without reverberation, 40 pairs",
        "40 pairs of the DNS-Challenge 2020 synthetic test set without reverberation.",
        ("--noisy", f"{DATA}/dns/noisy", "--clean", f"{DATA}/dns/clean", *OTHERS),
    ),
    Benchmark(
        "real",
        "57 real recordings without references",
        "57 real noisy recordings, of which no clean version exists.",
        ("--noisy", f"{DATA}/real", *OTHERS),
    ),
    Benchmark(
        "clean",
        "clean speech of VoiceBank, against itself",
        "Clean speech as input: what a model does where there is nothing to do. The input is a system that changes "
        "nothing; Griffin-Lim is what resynthesis by magnitudes alone reaches.",
        ("--noisy", f"{DATA}/voicebank/clean", "--clean", f"{DATA}/voicebank/clean", "--baseline", "griffin-lim",
         *OTHERS, "--metrics", FEW),
    ),
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("--model", default="compact", help="a bundled model")
    parser.add_argument("--recogniser", default=RECOGNISER, metavar="NAME", help="pocketsphinx, whisper:FOLDER or none")
    parser.add_argument("--only", action="append", choices=[b.key for b in BENCHMARKS], help="run these sets alone")
    parser.add_argument("--no-run", action="store_true", help="write from the JSON that is there")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    for benchmark in BENCHMARKS:
        if not arguments.no_run and (arguments.only is None or benchmark.key in arguments.only):
            run(benchmark, arguments)
    write_pages(
        ROOT, arguments.model, {b.key: json.loads(json_file(b).read_text(encoding="utf-8")) for b in BENCHMARKS}
    )


def run(benchmark: Benchmark, arguments: argparse.Namespace) -> None:
    """In a folder where the data is under its usual name, so that no path of this machine gets into what is written."""
    link(WORK / DATA, arguments.data)
    words: list[str] = []
    if benchmark.words and arguments.recogniser != "none":
        kind, _, folder = arguments.recogniser.partition(":")
        if folder:
            link(WORK / Path(folder).name, Path(folder))
        words = ["--word-error", f"{kind}:{Path(folder).name}" if folder else kind]
    command = [*benchmark.arguments, *words, "--model", arguments.model, "--json", json_file(benchmark).name]
    command += ["--html", f"{benchmark.key}.html", "--cache", "scores.jsonl", "--jobs", str(arguments.jobs)]
    sys.stderr.write(f"{benchmark.key}: hifidenoise benchmark {' '.join(command)}\n")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "denoise_cli", "benchmark", *command], cwd=WORK, env=environment, check=False
    )
    if done.returncode > 1:  # 1: files were left out; the pages say how many
        sys.exit(done.returncode)
    sys.stderr.write(f"{benchmark.key}: {time.monotonic() - started:.0f} s\n")


def link(place: Path, target: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.is_symlink():
        place.unlink()
    place.symlink_to(target.resolve(), target_is_directory=True)


def read_record(benchmark: Benchmark) -> dict[str, Any]:
    file = json_file(benchmark)
    if not file.is_file():
        sys.exit(f"{file.relative_to(ROOT)}: no such file; run {benchmark.key} first")
    record: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return record


def json_file(benchmark: Benchmark) -> Path:
    return WORK / f"{benchmark.key}.json"


def write_pages(root: Path, model: str, records: dict[str, dict[str, Any]]) -> None:
    """docs/results.md, the card and the README, all from the same JSON."""
    head = (
        "# Results\n\nThe shipped model and what it has to beat, on recordings that no part of it was trained on.\n"
        "Written by `python benchmarks/results.py DATA`; `data/eval` is DATA. What each metric is measured with\n"
        "is said on the page that `--html` writes.\n"
    )
    sections = [to_markdown(records[b.key], b.name).replace("\n\n", f"\n\n{b.text}\n\n", 1) for b in BENCHMARKS]
    write_text(root / "docs" / "results.md", "\n".join([head, *sections]).rstrip() + "\n")
    scored = [ScoredSet(b.key, b.name, b.text, records[b.key]) for b in BENCHMARKS if b.on_card]
    write_scores(root / "models" / model / "README.md", model, scored)
    write_readme(root / "README.md", model, records)


def write_readme(readme: Path, model: str, records: dict[str, dict[str, Any]]) -> None:
    """The figures on the README's first screen; what is not found there any more is said, and left to a person."""
    text = readme.read_text(encoding="utf-8")
    before, after = records["voicebank"]["systems"][0], find_system(records["voicebank"], model)
    peer = find_system(records["voicebank"], "deepfilternet")
    clean = find_system(records["clean"], model)["mean"]["pesq_wb"]["mean"]
    factor = after["cost"]["processor_real_time_factor"]
    for pattern, line in (
        (r"^\| before \|.*$", figures("before", before["mean"], "")),
        (r"^\| after \|.*$", figures("after", after["mean"], "**")),
        (r"^\| DeepFilterNet 3 \|.*$", figures("DeepFilterNet 3", peer["mean"], "")),
        (r"takes [\d.]+ s of one core", f"takes {factor:.2f} s of one core"),
        (r"\(PESQ [\d.]+ against itself\)", f"(PESQ {clean:.2f} against itself)"),
    ):
        text, found = re.subn(pattern, lambda _, new=line: new, text, flags=re.MULTILINE)
        if not found:
            sys.stderr.write(f"README.md: no place for: {line}\n")
    write_text(readme, text)


def figures(label: str, mean: dict[str, dict[str, float]], mark: str) -> str:
    keys = ("pesq_wb", "stoi", "si_sdr", "dnsmos_bak", "dnsmos_ovrl")
    pesq, stoi, si_sdr, bak, ovrl = (mean[key]["mean"] for key in keys)
    cells = [f"{pesq:.2f}", f"{stoi:.3f}".lstrip("0"), f"{si_sdr:.1f} dB", f"{bak:.2f}", f"{ovrl:.2f}"]
    return f"| {label} | {' | '.join(f'{mark}{text}{mark}' for text in cells)} |"


if __name__ == "__main__":
    main()
