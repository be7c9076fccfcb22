"""Two processes train as one would with their joint batch: through the command, on a CPU."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from denoise_cli.config import DiscriminatorConfig
from denoise_cli.config_io import load_config
from denoise_cli.losses.table import make_losses
from denoise_cli.models.generator import Generator
from denoise_cli.training.launch import run_in_processes
from denoise_cli.training.processes import Place, joined, own_items
from denoise_cli.training.stages import STAGE2, STAGE3, Stage
from denoise_cli.training.state import new_state
from denoise_cli.training.steps import Batch, training_step
from denoise_cli.workflows.train_stage import TrainOptions, train_stage
from tests.data.speech_corpus import make_speech_corpus
from tests.training.small_runs import with_adversarial

ROOT = Path(__file__).resolve().parent.parent.parent
SAMPLES = 2_000
# all that is random in a step, and all that looks at more than one item: instance noise, phase shuffle, batch norm, R1
CONFIG_3 = with_adversarial(
    instance_noise=0.05,
    r1_weight=0.01,
    updates=1,
    discriminators=(
        DiscriminatorConfig("waveform", 16_000, channels=1, phase_shuffle=2),
        DiscriminatorConfig("spectrogram", hop_length=24),
    ),
)
# without batch norm, before which biases have gradients that are zero but for rounding
CONFIG = """
[generator.front_end]
n_fft = 64
hop_length = 32
channels = [6, 8]
batch_norm = false
[generator.wavenet]
channels = 8
layers = 2
batch_norm = false
[train]
batch_size = 4
crop_seconds = 0.5
validation_items = 2
validation_seconds = 1.0
loader_workers = 0
optimizer = "adamw"
[stage2]
learning_rate = 1e-5
"""


@dataclasses.dataclass(frozen=True)
class Work:
    """Steps on this process' items; of a batch of two in all."""

    steps: int

    def __call__(self) -> "dict[str, dict[str, torch.Tensor]]":
        place = Place(*(int(os.environ[name]) for name in ("RANK", "LOCAL_RANK", "WORLD_SIZE")))
        torch.set_num_threads(1)
        with joined(place, torch.device("cpu")):
            items = own_items(2)
            return train(slice(items.start, items.stop), self.steps)


def train(items: slice, steps: int) -> "dict[str, dict[str, torch.Tensor]]":
    """In float64: in float32 Adam makes steps out of gradients that are zero but for rounding."""
    torch.manual_seed(0)
    config = dataclasses.replace(CONFIG_3, train=dataclasses.replace(CONFIG_3.train, crop_seconds=SAMPLES / 16_000))
    state = new_state(STAGE3, config, Generator(config.generator).double())
    assert state.adversary is not None
    state.adversary.discriminators.double()
    losses = make_losses(config.stage3.losses)
    for step in range(steps):
        source = torch.Generator().manual_seed(step)
        target = 0.1 * torch.randn((2, SAMPLES), generator=source, dtype=torch.float64)
        noisy = target + 0.1 * torch.randn((2, SAMPLES), generator=source, dtype=torch.float64)
        training_step(state, [[Batch(noisy[items], target[items])]], STAGE3, config, losses)
    return {"generator": state.generator.state_dict(), "adversary": state.adversary.discriminators.state_dict()}


@pytest.mark.parametrize("steps", [2, pytest.param(20, marks=pytest.mark.slow)])
def test_two_processes_equal_one_with_the_joint_batch(steps: int) -> None:
    one, two = train(slice(None), steps), run_in_processes(2, Work(steps))
    for network, parameters in one.items():
        for name, value in parameters.items():
            torch.testing.assert_close(two[network][name], value, rtol=0, atol=1e-6, msg=f"{network} {name}")


def command(launcher: "list[str]", stage: str, folder: Path, *more: str) -> "list[str]":
    files = ["--data", str(folder / "corpus"), "--config", str(folder / "small.toml"), "-o", str(folder / "several")]
    start = ["--init", str(folder / "start")] if stage != "stage1" else []
    return [*launcher, f"train-{stage}", *files, *start, "--device", "cpu", "--threads", "1", *more]


def run(words: "list[str]") -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=600, check=False)
    return done


def prepare(folder: Path, stage: Stage, steps: int) -> Path:
    """A corpus, a config, a model to start from, and the run of one process."""
    make_speech_corpus(folder / "corpus")
    (folder / "small.toml").write_text(CONFIG, encoding="utf-8")
    config = load_config("compact", folder / "small.toml")
    start = TrainOptions(folder / "corpus", folder / "start", max_steps=0, threads=1)
    train_stage(dataclasses.replace(STAGE2, starts_from=None), config, start, on_progress=lambda report: None)
    alone = dataclasses.replace(start, output=folder / "one", init=folder / "start", max_steps=steps)
    train_stage(stage, config, alone, on_progress=lambda report: None)
    return folder / "one"


def assert_close(one: Path, other: Path) -> None:
    states = [torch.load(folder / "state.pt", weights_only=True) for folder in (one, other)]
    assert states[0]["step"] == states[1]["step"]
    for part in ("generator", "ema"):
        for name, value in states[0][part].items():
            torch.testing.assert_close(value, states[1][part][name], rtol=0, atol=1e-6, msg=f"{part} {name}")


PYTHON = [sys.executable, "-m", "denoise_cli"]


@pytest.mark.slow
def test_the_command_starts_two_processes_that_equal_one_with_a_resumption_between(tmp_path: Path) -> None:
    one = prepare(tmp_path, STAGE2, 20)
    for steps in ("12", "20"):
        done = run(command(PYTHON, "stage2", tmp_path, "--gpus", "2", "--max-steps", steps, "--log", "json"))
        assert done.returncode == 0, done.stderr
    assert_close(one, tmp_path / "several")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["kind"] for line in lines] == ["train", "dev", "end"]
    assert lines[-1]["model"] == str(tmp_path / "several") and lines[-1]["scores"]
    assert done.stderr == ""


@pytest.mark.slow
def test_torchrun_starts_the_processes_too(tmp_path: Path) -> None:
    one = prepare(tmp_path, STAGE2, 20)
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nnodes", "1", "--nproc-per-node", "2"]
    launcher += ["--rdzv-backend", "c10d", "--rdzv-endpoint", "localhost:0", "--local-addr", "localhost"]
    done = run(command([*launcher, "-m", "denoise_cli"], "stage2", tmp_path, "--max-steps", "20"))
    assert done.returncode == 0, done.stderr
    assert_close(one, tmp_path / "several")


@pytest.mark.slow
def test_what_stops_a_run_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(CONFIG, encoding="utf-8")
    done = run(command(PYTHON, "stage1", tmp_path, "--gpus", "2"))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "no corpus here" in done.stderr
    make_speech_corpus(tmp_path / "corpus")
    done = run(command(PYTHON, "stage1", tmp_path, "--gpus", "2", "--set", "train.batch_size=3"))
    assert done.returncode == 2
    assert "--set train.batch_size=4" in done.stderr


@pytest.mark.slow
def test_an_interrupted_run_saves_its_state_and_says_so_by_its_exit_code(tmp_path: Path) -> None:
    make_speech_corpus(tmp_path / "corpus")
    (tmp_path / "small.toml").write_text(CONFIG, encoding="utf-8")
    words = command(PYTHON, "stage1", tmp_path, "--gpus", "2", "--log", "json", "--set", "train.checkpoint_minutes=60")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["step"] == 20  # it trains
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == 130
    assert torch.load(tmp_path / "several/state.pt", weights_only=True)["step"] >= 20
