"""What a model must not do, on pairs of noisy and clean files: delete speech, colour it, or depend on the level.

    python benchmarks/robustness.py PAIRS [--model compact] [--every 4]

PAIRS holds noisy/ and clean/ with equal names. Rows: clean speech, whole and cut to the telephone band of 300 to
3400 Hz; noisy speech at -40 dBFS, and with infrasound, against the same without; hiss of -70 dBFS; digital silence.
"""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

from denoise_cli.inference.enhancer import Enhancer
from denoise_cli.metrics.pesq import wideband_pesq
from denoise_cli.metrics.si_sdr import si_sdr

Samples = NDArray[np.float32]
Enhance = Callable[[Samples, int], Samples]
TELEPHONE_HZ = (300, 3400)
QUIET_DBFS = -40
INFRASOUND_HZ, INFRASOUND_DB = 12, 10


def decibel(signal: Samples) -> float:
    return float(10 * np.log10(np.mean(np.square(signal, dtype=np.float64)) + 1e-20))


def telephone_band(signal: Samples, sample_rate: int) -> Samples:
    sections = butter(8, TELEPHONE_HZ, "bandpass", fs=sample_rate, output="sos")
    return np.asarray(sosfiltfilt(sections, signal), np.float32)


def infrasound(samples: int, rate: int, level_db: float) -> Samples:
    wave = np.sin(2 * np.pi * INFRASOUND_HZ * np.arange(samples) / rate)
    return np.asarray(10 ** (level_db / 20) * 2**0.5 * wave, np.float32)


def alike_db(output: Samples, other: Samples) -> float:
    return min(si_sdr(output, other), 100.0)


def rows(enhance: Enhance, noisy: Samples, clean: Samples, rate: int) -> Iterator[tuple[str, float]]:
    """Name and figure of each check on one pair."""
    passed = enhance(clean, rate)
    yield "clean speech: PESQ", wideband_pesq(clean, passed, rate)
    yield "clean speech: energy, dB", decibel(passed) - decibel(clean)
    narrow = telephone_band(clean, rate)
    yield "telephone band: energy, dB", decibel(enhance(narrow, rate)) - decibel(narrow)
    of_noisy = enhance(telephone_band(noisy, rate), rate)
    yield "telephone band, noisy: energy against its clean speech, dB", decibel(of_noisy) - decibel(narrow)
    gain = np.float32(10 ** ((QUIET_DBFS - decibel(noisy)) / 20))
    pressure = infrasound(len(noisy), rate, decibel(noisy) + INFRASOUND_DB)
    output = enhance(noisy, rate)
    quiet, shaken = enhance(noisy * gain, rate), enhance(noisy + pressure, rate)
    yield f"noisy at {QUIET_DBFS} dBFS: SI-SDR to the output at its own level, dB", alike_db(output, quiet)
    yield f"noisy with infrasound of +{INFRASOUND_DB} dB: SI-SDR to the output without, dB", alike_db(output, shaken)


def of_silence(enhance: Enhance, rate: int) -> Iterator[tuple[str, float]]:
    hiss = (10 ** (-70 / 20) * np.random.default_rng(0).standard_normal(5 * rate)).astype(np.float32)
    yield "hiss of -70 dBFS: output, dBFS", decibel(enhance(hiss, rate))
    yield "digital silence: largest sample", float(np.abs(enhance(np.zeros(5 * rate, np.float32), rate)).max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--model", default="compact")
    parser.add_argument("--every", type=int, default=4, help="take every Nth pair")
    arguments = parser.parse_args()
    enhancer = Enhancer.load(arguments.model, device="cpu", threads=1)
    figures: dict[str, list[float]] = {}
    for file in sorted((arguments.pairs / "clean").iterdir())[:: arguments.every]:
        clean, rate = soundfile.read(file, dtype="float32")
        noisy, _ = soundfile.read(arguments.pairs / "noisy" / file.name, dtype="float32")
        for name, figure in rows(enhancer.enhance, noisy, clean, rate):
            figures.setdefault(name, []).append(figure)
    print("| check | median | least | greatest |\n|---|--:|--:|--:|")
    for name, values in figures.items():
        print(f"| {name} | {np.median(values):.2f} | {min(values):.2f} | {max(values):.2f} |")
    for name, figure in of_silence(enhancer.enhance, rate):
        print(f"| {name} | {figure:.2f} | | |")


if __name__ == "__main__":
    main()
