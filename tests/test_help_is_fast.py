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
print(f"heavy {{heavy}} cpu {{time.process_time() - start:.3f}}")
"""


@pytest.mark.parametrize("command", COMMANDS, ids=lambda name: name or "hifidenoise")
def test_help_imports_nothing_heavy(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    started = time.perf_counter()
    arguments = [*command.split(), "--help"]
    done = subprocess.run([sys.executable, "-c", SCRIPT, *arguments], capture_output=True, text=True, check=False)
    wall = time.perf_counter() - started
    assert done.returncode == 0, done.stderr
    assert "Usage:" in done.stdout
    report = done.stdout.splitlines()[-1]
    assert report.startswith("heavy [] "), report
    with capsys.disabled():
        print(f"\nhifidenoise {' '.join(arguments)}: {report.split()[-1]} s of processor, {wall:.2f} s in all")


def test_help_takes_less_than_the_limit() -> None:
    """Processor time, best of three: what the clock says on a machine that does nothing else."""
    arguments = [sys.executable, "-c", SCRIPT, "--help"]
    runs = [subprocess.run(arguments, capture_output=True, text=True, check=True) for _ in range(3)]
    assert min(float(done.stdout.split()[-1]) for done in runs) < LIMIT_SECONDS


def test_version_imports_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("hifidenoise 0.") and "heavy [] " in done.stdout
