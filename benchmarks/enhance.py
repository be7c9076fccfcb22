"""What `hifidenoise enhance` costs: whole processes, from the shell's point of view, side by side with others.

    python benchmarks/enhance.py [--minutes 10] [--hours 0] [--files 1000] [--runs 5] [--rnnoise-model FILE]
                                 [--peer 'NAME=COMMAND {input} {output}']...

Prints tables of: cold start (a 4 s file), a file of --minutes, peak memory by the length of a file (with --hours, of
one so long, too), real-time factor by thread count, and --files files of 2 s in one process.
Each figure is the median of --runs, ours and the others run in turn on the same files. The ratio is of processor time
to ours; it holds on a busy machine, too, where wall time does not.
"""

import argparse
import os
import shlex
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from peers import Peer, peers

from denoise_cli.errors import CannotStart
from denoise_cli.workflows.measured_process import ProcessCost, measure_process

BLOCK_SECONDS = 10
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # for every library


def median(costs: list[ProcessCost]) -> ProcessCost:
    columns = [[getattr(cost, name) for cost in costs] for name in ("wall_seconds", "processor_seconds", "peak_mb")]
    return ProcessCost(*map(statistics.median, columns))


def write_noisy(path: Path, seconds: float, sample_rate: int, channels: int) -> None:
    """A tone that comes and goes, in noise; written block by block."""
    source = np.random.default_rng(0)
    with soundfile.SoundFile(path, "w", sample_rate, channels, "PCM_16") as file:
        left = round(seconds * sample_rate)
        while left > 0:
            count = min(left, BLOCK_SECONDS * sample_rate)
            place = np.arange(count) / sample_rate
            tone = 0.1 * np.sin(2 * np.pi * 220 * place) * (np.sin(2 * np.pi * 3 * place) > 0)
            file.write(tone[:, None] + 0.03 * source.standard_normal((count, channels)))
            left -= count


def ours(inputs: list[Path], output: Path, threads: int = 1, *more: str) -> list[str]:
    command = [sys.executable, "-m", "denoise_cli", "enhance", *map(str, inputs), "-o", str(output), "--overwrite"]
    return [*command, "-q", "-d", "cpu", "--threads", str(threads), *more]


def in_turn(commands: dict[str, list[str]], runs: int) -> dict[str, ProcessCost]:
    """Medians by name; a command that fails is told and left out."""
    costs: dict[str, list[ProcessCost]] = {name: [] for name in commands}
    for _ in range(runs):
        for name in list(costs):
            try:
                costs[name].append(measure_process(commands[name]))
            except CannotStart as error:
                print(f"{name}: {error}", file=sys.stderr)
                del costs[name]
    return {name: median(values) for name, values in costs.items()}


def compare(title: str, file: Path, folder: Path, others: list[Peer], runs: int) -> None:
    """Time ours and the others in turn on one file and print a row for each."""
    seconds = soundfile.info(file).duration
    commands = {"hifidenoise": ours([file], folder / "out.wav")}
    for peer in others:
        if peer.command is not None:
            (folder / peer.name).mkdir(exist_ok=True)
            commands[peer.name] = peer.command(file, folder / peer.name / "in.wav")
    costs = in_turn(commands, runs)
    for name, cost in costs.items():
        figures = f"{cost.processor_seconds:.2f} | {cost.wall_seconds:.2f} | {cost.peak_mb:.0f}"
        ratio = cost.processor_seconds / costs["hifidenoise"].processor_seconds
        print(f"| {title} | {name} | {figures} | {cost.processor_seconds / seconds:.4f} | {ratio:.2f} |", flush=True)


def by_threads(file: Path, folder: Path, runs: int) -> None:
    seconds = soundfile.info(file).duration
    print("\n| threads | wall s per s of audio | processor s per s of audio |\n|---|---|---|")
    counts = sorted({1, 2, os.cpu_count() or 1})
    costs = in_turn({str(count): ours([file], folder / "out.wav", count) for count in counts}, runs)
    for count, cost in costs.items():
        print(f"| {count} | {cost.wall_seconds / seconds:.4f} | {cost.processor_seconds / seconds:.4f} |", flush=True)


def by_length(folder: Path, hours: float) -> None:
    print("\n| length, 48 kHz stereo | peak MB |\n|---|---|")
    for seconds in (4.0, 60.0, 300.0, 3600 * hours):
        if seconds > 0:
            file = folder / "long.wav"
            write_noisy(file, seconds, 48_000, 2)
            print(f"| {seconds:g} s | {measure_process(ours([file], folder / 'out.wav')).peak_mb:.0f} |", flush=True)


def many_files(folder: Path, count: int, runs: int) -> None:
    inputs = folder / "many"
    inputs.mkdir()
    for number in range(count):
        write_noisy(inputs / f"{number:04d}.wav", 2.0, 16_000, 1)
    print(
        f"\n| {count} files of 2 s, --jobs | files per s | processor ms per file | files per s of processor | peak MB |"
    )
    print("|---|---|---|---|---|")
    commands = {str(jobs): ours([inputs], folder / "enhanced", jobs, "--jobs", str(jobs)) for jobs in (1, 2)}
    for jobs, cost in in_turn(commands, runs).items():
        each = cost.processor_seconds / count
        print(f"| {jobs} | {count / cost.wall_seconds:.0f} | {1000 * each:.1f} | {1 / each:.0f} | {cost.peak_mb:.0f} |")


def named(text: str) -> Peer:
    name, command = text.split("=", 1)
    words = shlex.split(command)
    return Peer(name, lambda source, target: [word.format(input=source, output=target) for word in words])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--hours", type=float, default=0.0)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--rnnoise-model")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=COMMAND", type=named)
    arguments = parser.parse_args()
    os.environ.update(ONE_THREAD)
    others = [*peers(arguments.rnnoise_model), *arguments.peer]
    for peer in others:
        if peer.command is None:
            print(f"{peer.name}: not here ({peer.missing})")
    print("\n| input | system | processor s | wall s | peak MB | processor s per s of audio | ratio to ours |")
    print("|---|---|---|---|---|---|---|")
    few = min(arguments.runs, 3)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cases = [
            ("4 s, 48 kHz", 4.0, 48_000, 1, arguments.runs),
            (f"{arguments.minutes:g} min, 48 kHz", 60 * arguments.minutes, 48_000, 1, few),
            (f"{arguments.minutes:g} min, 16 kHz", 60 * arguments.minutes, 16_000, 1, few),
        ]
        for title, seconds, sample_rate, channels, runs in cases:
            write_noisy(folder / "in.wav", seconds, sample_rate, channels)
            compare(title, folder / "in.wav", folder, others, runs)
        by_threads(folder / "in.wav", folder, few)
        by_length(folder, arguments.hours)
        if arguments.files:
            many_files(folder, arguments.files, few)


if __name__ == "__main__":
    main()
