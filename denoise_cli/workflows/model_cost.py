"""What a model costs: the command `enhance` as users run it, by threads, and the network's own size."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from denoise_cli.workflows.measured_process import ProcessCost, measure_process

SHORT_SECONDS, LONG_SECONDS = 1, 61
RATE = 16_000
RUNS = 3  # the fastest counts: whatever else the machine does only makes them slower
MOST_THREADS = 8
Measure = Callable[[Sequence[str]], ProcessCost]


@dataclass(frozen=True)
class Cost:
    """What running a model takes.

    start_seconds: the command on one second of sound, from nothing to the end. real_time_factors: by threads, seconds
    for each further second of sound, reading and writing included. *_processor_*: the same by processor time, on the
    fewest threads: what the clock would say on a machine that does nothing else. peak_mb: of the command on a minute.
    What the operating system does not tell is None. parameters, multiply_adds: the network's, the latter for a second
    of sound, without the context that pieces of long recordings share.
    """

    start_seconds: float
    start_processor_seconds: float | None
    real_time_factors: Mapping[int, float]
    processor_real_time_factor: float | None
    peak_mb: float | None
    parameters: int
    multiply_adds: int


def measure_cost(model: str, threads: Sequence[int] | None = None, measure: Measure = measure_process) -> Cost:
    """Run the command in fresh processes, on noise at 16 kHz; takes about ten seconds a number of threads.

    threads: None: 1, 2, 4 and so on, as many as there are cores.
    Raises CannotStart when the command fails, ModelUnavailable.
    """
    wanted = threads or thread_counts(os.cpu_count() or 1)
    with tempfile.TemporaryDirectory(prefix="hifidenoise-") as name:
        files = {seconds: _write_noise(Path(name), seconds) for seconds in (SHORT_SECONDS, LONG_SECONDS)}
        costs: dict[tuple[int, int], list[ProcessCost]] = {(count, s): [] for count in wanted for s in files}
        for _ in range(RUNS):
            for (count, seconds), found in costs.items():
                found.append(measure(_command(model, files[seconds], count)))
    fewest, further = wanted[0], LONG_SECONDS - SHORT_SECONDS
    wall = {key: min(cost.wall_seconds for cost in found) for key, found in costs.items()}
    processor = {seconds: _least(cost.processor_seconds for cost in costs[fewest, seconds]) for seconds in files}
    short, long = (processor[seconds] for seconds in (SHORT_SECONDS, LONG_SECONDS))
    return Cost(
        wall[fewest, SHORT_SECONDS],
        short,
        {count: (wall[count, LONG_SECONDS] - wall[count, SHORT_SECONDS]) / further for count in wanted},
        None if short is None or long is None else (long - short) / further,
        _least(cost.peak_mb for cost in costs[fewest, LONG_SECONDS]),
        *_network(model),
    )


def _least(values: Iterable[float | None]) -> float | None:
    return min((value for value in values if value is not None), default=None)


def cost_rows(costs: Sequence[Cost]) -> list[tuple[str, list[str]]]:
    """What costs are told as: a label, and a text for each of them; a dash for what is not known."""
    threads = sorted({count for cost in costs for count in cost.real_time_factors})
    rows: list[tuple[str, list[float | None], str]] = [
        (f"real-time factor, {count} thread{'' if count == 1 else 's'}",
         [cost.real_time_factors.get(count) for cost in costs], ".4f")
        for count in threads
    ]  # fmt: skip
    rows += [
        ("real-time factor by CPU time", [cost.processor_real_time_factor for cost in costs], ".4f"),
        ("start-up, s", [cost.start_seconds for cost in costs], ".2f"),
        ("start-up by CPU time, s", [cost.start_processor_seconds for cost in costs], ".2f"),
        ("peak memory, MB", [cost.peak_mb for cost in costs], ".0f"),
        ("parameters", [cost.parameters for cost in costs], ",.0f"),
        ("multiply-adds, M/s", [cost.multiply_adds / 1e6 for cost in costs], ",.0f"),
    ]
    return [(label, ["-" if value is None else f"{value:{form}}" for value in values]) for label, values, form in rows]


def thread_counts(cores: int) -> list[int]:
    """1, 2, 4 and so on up to the number of cores."""
    return [count for count in (1, 2, 4, MOST_THREADS) if count <= max(cores, 1)]


def _command(model: str, file: Path, threads: int) -> list[str]:
    target = file.with_name("out.wav")
    command = [sys.executable, "-m", "denoise_cli", "enhance", str(file), "-o", str(target), "--overwrite", "--quiet"]
    return [*command, "--device", "cpu", "--threads", str(threads), "--model", model]


def _write_noise(folder: Path, seconds: int) -> Path:
    file = folder / f"{seconds}.wav"
    noise = 0.05 * np.random.default_rng(0).standard_normal(seconds * RATE)
    soundfile.write(str(file), noise, RATE, subtype="PCM_16")
    return file


def _network(model: str) -> tuple[int, int]:
    from denoise_cli.models.finding import read_model
    from denoise_cli.models.loading import load_generator  # torch, which nothing else here needs
    from denoise_cli.models.multiply_adds import count_multiply_adds, count_parameters

    generator = load_generator(read_model(model))
    return count_parameters(generator), count_multiply_adds(generator)
