"""A small benchmark's JSON, for tests of what is written from it."""

import json
from pathlib import Path
from typing import Any

import soundfile

from denoise_cli.metrics.table import select_families
from denoise_cli.workflows.benchmark import compare_systems
from denoise_cli.workflows.benchmark_record import write_json
from denoise_cli.workflows.benchmark_systems import OutputFolder, Unprocessed
from denoise_cli.workflows.model_cost import Cost
from denoise_cli.workflows.pairing import find_pairs
from tests.metrics.signals import speech_like, with_noise

COST = Cost(0.6, 0.5, {1: 0.0204, 2: 0.0123}, 0.0199, 143.6, 309_156, 387_559_000)
COMMAND = ["hifidenoise", "benchmark", "--noisy", "data/noisy", "--clean", "data/clean"]


def small_record(folder: Path, metrics: str = "si_sdr,level_change", name: str = "compact") -> dict[str, Any]:
    """Three files at 10 dB SNR; a tool of that name, with a cost, gives 20 dB, a second one lacks a file."""
    for number in range(3):
        clean = speech_like(1.0, seed=number)
        signals = {"clean": clean, "noisy": with_noise(clean, 10), "tool": with_noise(clean, 20), "a|b": clean}
        for kind, samples in signals.items():
            (folder / kind).mkdir(parents=True, exist_ok=True)
            if (kind, number) != ("a|b", 2):
                soundfile.write(str(folder / kind / f"{number}.wav"), samples, 16_000, subtype="FLOAT")
    systems = [Unprocessed(), OutputFolder(name, folder / "tool"), OutputFolder("a|b", folder / "a|b")]
    families = select_families(metrics.split(","), with_reference=True)
    pairs = find_pairs(folder / "noisy", folder / "clean")
    comparison = compare_systems(pairs, systems, families, 0, folder / "outputs", costs={name: COST})
    write_json(comparison, folder / "record.json", COMMAND)
    record: dict[str, Any] = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    return record
