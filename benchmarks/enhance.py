"""What `hifidenoise enhance` costs: whole processes, from the shell's point of view.

    python benchmarks/enhance.py [--minutes 10] [--hours 0] [--runs 5] [--peer 'NAME=COMMAND {input} {output}']...

Prints a row for each of: cold start (a 4 s file), one thread on a file of --minutes at 16 kHz, the same at 48 kHz
stereo, and 200 files of 2 s in one process. With --hours, a 48 kHz stereo file of that length too, for its peak memory.
A peer is any command with {input} and {output}; it is timed in turn with ours, run by run, on the same files. Each
figure is the median of --runs: machines are noisy.
"""

import argparse
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

BLOCK_SECONDS = 10


@dataclass(frozen=True)
class Cost:
    """Of one finished process."""

    processor_seconds: float
    wall_seconds: float
    peak_mb: float


def measure(command: list[str]) -> Cost:
    """Run a command with one thread for every library. Raises CalledProcessError when it fails."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if status:
        raise subprocess.CalledProcessError(os.waitstatus_to_exitcode(status), command)
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / (1 if sys.platform == "darwin" else 1024))


def median(costs: list[Cost]) -> Cost:
    columns = [[getattr(cost, name) for cost in costs] for name in ("processor_seconds", "wall_seconds", "peak_mb")]
    return Cost(*map(statistics.median, columns))


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


def ours(inputs: list[Path], output: Path) -> list[str]:
    names = [str(path) for path in inputs]
    return [
        sys.executable,
        "-m",
        "denoise_cli",
        "enhance",
        *names,
        "-o",
        str(output),
        "--overwrite",
        "-q",
        "--threads",
        "1",
    ]


def compare(title: str, file: Path, folder: Path, peers: dict[str, str], runs: int) -> None:
    """Time ours and the peers in turn on one file and print a row for each."""
    seconds = soundfile.info(file).duration
    commands = {"hifidenoise": ours([file], folder / "out.wav")}
    for name, template in peers.items():
        words = [word.format(input=file, output=folder / f"{name}.wav") for word in shlex.split(template)]
        commands[name] = words
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            costs[name].append(measure(command))
    for name, values in costs.items():
        cost = median(values)
        figures = f"{cost.processor_seconds:.2f} | {cost.wall_seconds:.2f} | {cost.peak_mb:.0f}"
        print(f"| {title} | {name} | {figures} | {cost.processor_seconds / seconds:.4f} |", flush=True)


def many_files(folder: Path, count: int) -> None:
    files = [folder / f"many{number:04d}.wav" for number in range(count)]
    for file in files:
        write_noisy(file, 2.0, 16_000, 1)
    cost = measure(ours(files, folder / "many"))
    print(
        f"\n{count} files of 2 s in one process: {count / cost.wall_seconds:.0f} files a second, {cost.peak_mb:.0f} MB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--hours", type=float, default=0.0)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=COMMAND")
    arguments = parser.parse_args()
    peers = dict(peer.split("=", 1) for peer in arguments.peer)
    print("| input | system | processor s | wall s | peak MB | processor s per s of audio |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cases = [
            ("4 s, 16 kHz", 4.0, 16_000, 1, arguments.runs),
            (f"{arguments.minutes:g} min, 16 kHz", 60 * arguments.minutes, 16_000, 1, min(arguments.runs, 3)),
            (f"{arguments.minutes:g} min, 48 kHz stereo", 60 * arguments.minutes, 48_000, 2, 1),
            (f"{arguments.hours:g} h, 48 kHz stereo", 3600 * arguments.hours, 48_000, 2, 1),
        ]
        for title, seconds, sample_rate, channels, runs in cases:
            if seconds > 0:
                file = folder / "in.wav"
                write_noisy(file, seconds, sample_rate, channels)
                compare(title, file, folder, peers, runs)
        many_files(folder, 200)


if __name__ == "__main__":
    main()
