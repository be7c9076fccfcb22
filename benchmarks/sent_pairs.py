"""Noisy and clean pairs after a codec, gain control, a suppressor or a gate of ffmpeg, for `hifidenoise benchmark`.

    python benchmarks/sent_pairs.py PAIRS [PAIRS...] -o SENT
    hifidenoise benchmark --noisy SENT/noisy --clean SENT/clean --baseline deepfilternet --json report.json
    python benchmarks/sent_pairs.py --table report.json

PAIRS hold noisy/ and clean/ with equal names, mono, at 16 kHz. Each pair goes through one of WAYS, in turn; its name
says which. The delay of a codec is taken out, and a slow gain is given to the clean side, too.
"""

import argparse
import json
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import fftconvolve

Samples = NDArray[np.float32]
RATE = 16_000
PEAK = 0.25  # gate and gain control have thresholds
GAIN_CONTROL = "-af dynaudnorm=f=150:g=5:m=20:p=0.6"
WAYS = {
    "opus16": ("ogg", "-c:a libopus -b:a 16k -application voip"),
    "mp332": ("mp3", "-c:a libmp3lame -b:a 32k"),
    "aac32": ("m4a", "-c:a aac -b:a 32k"),
    "opus10": ("ogg", "-c:a libopus -b:a 10k -application voip"),
    "mp348": ("mp3", "-c:a libmp3lame -b:a 48k"),
    "agc": ("wav", GAIN_CONTROL),
    "afftdn": ("wav", "-af afftdn=nr=12:nf=-40:tn=1"),
    "agcaac": ("m4a", f"{GAIN_CONTROL} -c:a aac -b:a 40k"),
    "speex": ("ogg", "-c:a libspeex -b:a 20k"),
    "gate": ("wav", "-af agate=threshold=0.03:range=0.1:ratio=3:attack=10:release=120"),
}
METRICS = ("pesq_wb", "stoi", "dnsmos_sig", "dnsmos_bak", "dnsmos_ovrl")


def send(signal: Samples, way: tuple[str, str]) -> Samples:
    """The signal through ffmpeg and back, aligned with what went in."""
    suffix, arguments = way
    with tempfile.TemporaryDirectory() as folder:
        before, between, after = f"{folder}/before.wav", f"{folder}/between.{suffix}", f"{folder}/after.wav"
        soundfile.write(before, signal, RATE, subtype="FLOAT")
        quiet = ["ffmpeg", "-v", "error", "-y", "-i"]
        subprocess.run([*quiet, before, *arguments.split(), between], check=True)
        subprocess.run([*quiet, between, "-ar", str(RATE), "-ac", "1", "-c:a", "pcm_f32le", after], check=True)
        sent, _ = soundfile.read(after, dtype="float32")
    delay = int(np.argmax(np.abs(fftconvolve(sent, signal[::-1])))) - (len(signal) - 1)
    aligned = sent[delay:] if delay > 0 else np.pad(sent, (-delay, 0))
    return np.asarray(np.pad(aligned, (0, len(signal)))[: len(signal)], np.float32)


def slow_gain(before: Samples, after: Samples) -> Samples:
    """What gain control did: the ratio of both levels over .1 s."""
    window = np.hanning(RATE // 10 + 1)
    was, became = (np.convolve(signal**2, window / window.sum(), "same") + 1e-10 for signal in (before, after))
    return np.asarray(np.sqrt(became / was), np.float32)


def sent_pair(noisy: Samples, clean: Samples, way: str) -> tuple[Samples, Samples]:
    scale = PEAK / max(float(np.abs(noisy).max()), 1e-3)
    noisy, clean = noisy * scale, clean * scale
    sent = send(noisy, WAYS[way])
    if not way.startswith("agc"):
        return sent, clean
    controlled = sent if way == "agc" else send(noisy, WAYS["agc"])
    clean = clean * slow_gain(noisy, controlled)
    below_full_scale = 0.9 / max(1.0, float(np.abs(clean).max()), float(np.abs(sent).max()))
    return sent * below_full_scale, clean * below_full_scale


def write_pairs(folders: list[Path], output: Path) -> None:
    files = [file for folder in folders for file in sorted((folder / "noisy").iterdir())]
    for side in ("noisy", "clean"):
        (output / side).mkdir(parents=True, exist_ok=True)
    for number, file in enumerate(files):
        way = list(WAYS)[number % len(WAYS)]
        noisy, _ = soundfile.read(file, dtype="float32")
        clean, _ = soundfile.read(file.parents[1] / "clean" / file.name, dtype="float32")
        length = min(len(noisy), len(clean))
        for side, signal in zip(("noisy", "clean"), sent_pair(noisy[:length], clean[:length], way), strict=True):
            soundfile.write(output / side / f"{way}_{file.stem}.wav", signal, RATE, subtype="FLOAT")


def rows(report: Path) -> Iterator[str]:
    """A Markdown row for each way and system, and one for all."""
    for system in json.loads(report.read_text(encoding="utf-8"))["systems"]:
        files = system["files"]
        for way in (*WAYS, ""):
            values = [file["values"] for name, file in files.items() if name.startswith(f"{way}_" if way else "")]
            if not values:
                continue
            means = " | ".join(f"{np.mean([value[metric] for value in values]):.3f}" for metric in METRICS)
            yield f"| {way or 'all'} ({len(values)}) | {system['name']} | {means} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path, nargs="*")
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--table", type=Path, metavar="REPORT")
    arguments = parser.parse_args()
    if arguments.table:
        print(f"| way | system | {' | '.join(METRICS)} |\n|---|---|{'--:|' * len(METRICS)}")
        print("\n".join(rows(arguments.table)))
    elif arguments.pairs and arguments.output:
        write_pairs(arguments.pairs, arguments.output)
    else:
        parser.error("give PAIRS and -o SENT, or --table REPORT")


if __name__ == "__main__":
    main()
