"""`--help` of every command answers at once: nothing heavy is imported before a command's body runs."""

import subprocess
import sys
import time

import pytest
from typer.main import get_command

from denoise_cli.cli.app import app

COMMANDS = ["", *sorted(get_command(app).commands)]  # type: ignore[attr-defined]
HEAVY = ("torch", "torchaudio", "numpy", "scipy", "soundfile", "onnxruntime", "huggingface_hub", "tensorboard")
LIMIT_SECONDS = 0.3
YARDSTICK_SECONDS = 0.030  # what the sum in the script takes on the machine that the limit is for, when it is idle
TRIES = 5
SCRIPT = f"""
import sys, time
start = time.process_time()
from denoise_cli.cli.app import app
sys.argv = ["hifidenoise", *sys.argv[1:]]
try:
    app()
except SystemExit as leaving:
    assert leaving.code == 0, leaving.code
heavy = [name for name in {HEAVY!r} if name in sys.modules]
took = time.process_time() - start
sum(i * i for i in range(500_000))
yardstick = time.process_time() - start - took
print(f"heavy {{heavy}} cpu {{took:.3f}} yardstick {{yardstick:.3f}}")
"""


def show_help(command: str) -> tuple[float, float]:
    """Processor seconds of import and command, as if the machine were idle, and seconds in all with the start."""
    started = time.perf_counter()
    arguments = [*command.split(), "--help"]
    done = subprocess.run([sys.executable, "-c", SCRIPT, *arguments], capture_output=True, text=True, check=False)
    wall = time.perf_counter() - started
    assert done.returncode == 0, done.stderr
    assert "Usage:" in done.stdout
    report = done.stdout.splitlines()[-1]
    assert report.startswith("heavy [] "), report
    took, yardstick = float(report.split()[-3]), float(report.split()[-1])
    return took / max(1.0, yardstick / YARDSTICK_SECONDS), wall


@pytest.mark.parametrize("command", COMMANDS, ids=lambda name: name or "hifidenoise")
def test_help_imports_nothing_heavy_and_is_fast(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The best of some tries counts; a busy or slow machine is measured by a yardstick and forgiven."""
    best = (float("inf"), float("inf"))
    for _ in range(TRIES):
        best = min(best, show_help(command))
        if best[0] < LIMIT_SECONDS:
            break
    with capsys.disabled():
        print(f"\nhifidenoise {command} --help: {best[0]:.2f} s of processor, {best[1]:.2f} s in all", end="")
    assert best[0] < LIMIT_SECONDS


def test_version_imports_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("hifidenoise 0.") and "heavy [] " in done.stdout
