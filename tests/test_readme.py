"""Every command of the README runs as it stands there, in an empty folder, without a network."""

import re
import runpy
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from denoise_cli.cli.app import app
from denoise_cli.models.finding import bundled_models
from tests.integration.test_enhance_command import write_model
from tests.metrics.signals import speech_like, with_noise

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
INSTALLS = ("python3 -m venv", ". .venv/bin/activate", "pip install", "python -m pytest")  # these are what .ci/run does
SMALL_TRAINING = (
    "--max-steps 1 --threads 1 --set generator.wavenet.channels=8 --set generator.wavenet.layers=2 "
    "--set train.batch_size=2 --set train.crop_seconds=0.5 --set train.validation_items=2 --set train.loader_workers=0"
)
SMALL_STAGE3 = (
    " --set 'stage3.adversarial.discriminators=[{kind = \"waveform\", channels = 2}]'"
    " --set stage3.adversarial.generator_frozen_steps=0"
)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def commands() -> Iterator[str]:
    """Commands in the README's order, without those that install, without comments."""
    for line in "\n".join(blocks("sh")).splitlines():
        command = line.split("  #")[0].strip()
        if command and not command.startswith(INSTALLS):
            yield command


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the README speaks of: the examples, recordings, pairs, and what to train on."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "examples").symlink_to(ROOT / "examples")
    clean = speech_like(2.4)
    write(folder / "clean" / "one.wav", clean)
    write(folder / "its-outputs" / "one.wav", with_noise(clean, 20))
    for place in ("noisy", "recordings/sub"):
        write(folder / place / "one.wav", with_noise(clean, 5))
    random = np.random.default_rng(0)
    speak = runpy.run_path(str(ROOT / "examples" / "make_sample.py"))["speak"]
    for number in range(4):
        write(folder / "speech" / f"speaker{number}" / "1.wav", speak("tis is a s" + "nt"[number % 2] + "if.", random))
        write(folder / "noise" / f"{number}.wav", 0.1 * random.standard_normal(32_000))
        decay = np.exp(-np.arange(6_000) / 600) * random.standard_normal(6_000)
        write(folder / "rooms" / f"{number}.wav", np.concatenate([[1.0], 0.1 * decay]))
    if not bundled_models():
        write_model(folder / "stand-in")
    return folder


def write(file: Path, samples: "np.ndarray") -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(str(file), samples, 16_000, subtype="FLOAT")


def run(command: str) -> None:
    """Run one command in this process, for torch is imported once; a real one of each kind runs in .ci/run.

    Training is cut to a step, and a stand-in replaces a missing bundled model.
    """
    small = SMALL_TRAINING + SMALL_STAGE3 if "train-stage3" in command else SMALL_TRAINING
    words = shlex.split(re.sub(r"--max-minutes \d+", lambda match: small, command))
    if words[0] == "python":
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", words[1:])
            runpy.run_path(words[1], run_name="__main__")
        return
    assert words[0] == "hifidenoise", f"what does the README want with {words[0]}?"
    if words[1] in ("enhance", "benchmark") and "--model" not in words and not bundled_models():
        words += ["--model", "stand-in"]
    if words[1] == "benchmark":
        words += ["--jobs", "0"]
    result = CliRunner().invoke(app, words[1:])
    assert result.exit_code == 0, f"{command}\n{result.output}\n{result.exception!r}"


def test_every_command_of_the_readme_runs_in_its_order(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(workplace)
    for command in commands():
        run(command)
    for target in ("clean.wav", "noisy.enhanced.wav", "enhanced/sub/one.wav", "gentle.wav", "half.wav", "mine.wav"):
        assert soundfile.info(str(workplace / target)).frames > 0
    assert (workplace / "scores.json").stat().st_size > 0 and (workplace / "scores.html").stat().st_size > 0
    for block in blocks("python"):
        script = block if bundled_models() else block.replace("load_model()", "load_model('stand-in')")
        names: dict[str, Any] = {}
        exec(script, names)
        assert names["clean"].shape == names["samples"].T.shape


def test_the_first_block_ends_in_an_enhanced_file_and_the_second_in_the_tests() -> None:
    first, second = blocks("sh")[:2]
    assert first.splitlines()[0].startswith("python3 -m venv")
    assert first.splitlines()[-1].startswith("hifidenoise enhance")
    assert second.splitlines()[-1] == "python -m pytest"


def test_every_long_option_in_the_readme_exists() -> None:
    known = ("enhance", "benchmark", "prepare-data", "train-stage1", "train-stage2", "train-stage3")
    text = " ".join(CliRunner().invoke(app, [command, "--help"]).output for command in known)
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README))
    assert {option for option in named if option not in text} == set()


def test_no_host_but_those_of_papers_is_named() -> None:
    assert not re.findall(r"https?://", README)
