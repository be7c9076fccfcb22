"""A training process that is killed without warning, as by a scheduler or a lack of memory, and started again."""

import dataclasses
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from denoise_cli.config_io import load_config
from denoise_cli.training.stages import STAGE2, STAGE3
from denoise_cli.workflows.train_stage import TrainOptions, train_stage
from tests.data.speech_corpus import make_speech_corpus
from tests.workflows.test_train_stage import assert_same

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE_SECONDS = 120
CONFIG = """
[generator.front_end]
n_fft = 64
hop_length = 32
channels = [6, 8]
[generator.wavenet]
channels = 8
layers = 2
[train]
batch_size = 1
crop_seconds = 0.5
validation_items = 1
validation_seconds = 1.0
checkpoint_minutes = 0.0
warmup_steps = 4
schedule = "cosine"
accumulate = 2
[stage3]
steps = 40
[stage3.adversarial]
updates = 2
generator_frozen_steps = 1
instance_noise = 0.05
discriminators = [{kind = "waveform", sample_rate = 8000, channels = 4, phase_shuffle = 2}]
"""


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_parameters_of_an_unbroken_one(tmp_path: Path) -> None:
    corpus, file = tmp_path / "corpus", tmp_path / "small.toml"
    make_speech_corpus(corpus)
    file.write_text(CONFIG, encoding="utf-8")
    config = load_config("compact", file)
    start = TrainOptions(corpus, tmp_path / "two", max_steps=0, threads=1)
    train_stage(dataclasses.replace(STAGE2, starts_from=None), config, start, on_progress=lambda report: None)

    process = train(corpus, tmp_path, max_steps=100_000)
    wait_for_steps(tmp_path / "killed/state.pt", 3, process)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    step = state_of(tmp_path / "killed")["step"]
    assert isinstance(step, int) and step >= 3

    assert train(corpus, tmp_path, max_steps=step + 2).wait(PATIENCE_SECONDS) == 0
    unbroken = TrainOptions(corpus, tmp_path / "unbroken", init=tmp_path / "two", max_steps=step + 2, threads=1)
    train_stage(STAGE3, config, unbroken, on_progress=lambda report: None)
    one, other = state_of(tmp_path / "killed"), state_of(tmp_path / "unbroken")
    for name in ("generator", "adversary", "optimizer", "ema", "step", "random"):
        assert_same(one[name], other[name])


def train(corpus: Path, folder: Path, max_steps: int) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "denoise_cli", "train-stage3", "--data", str(corpus), "--threads", "1"]
    command += ["-o", str(folder / "killed"), "--init", str(folder / "two"), "--config", str(folder / "small.toml")]
    command += ["--max-steps", str(max_steps)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)


def wait_for_steps(state_file: Path, steps: int, process: "subprocess.Popen[bytes]") -> None:
    """Until the file has been replaced by the state of a step as late as that."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if state_file.is_file() and torch.load(state_file, weights_only=True)["step"] >= steps:
            return
        time.sleep(0.05)
    raise AssertionError(f"no state of step {steps}; exit status {process.poll()}")


def state_of(run_folder: Path) -> dict[str, object]:
    return torch.load(run_folder / "state.pt", weights_only=True)  # type: ignore[no-any-return]
