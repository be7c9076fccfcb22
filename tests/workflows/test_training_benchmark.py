"""benchmarks/training.py: its parts add up and its rows are whole."""

import runpy
from pathlib import Path

import pytest
import torch

from tests.data.speech_corpus import make_speech_corpus

SCRIPT = Path(__file__).resolve().parent.parent.parent / "benchmarks" / "training.py"
SMALL = (
    "generator.wavenet.channels=8", "generator.wavenet.layers=1", "train.batch_size=1", "train.crop_seconds=0.5",
    'stage3.adversarial.discriminators=[{kind="waveform", channels=2}]',
)  # fmt: skip


def test_a_part_within_a_part_counts_once() -> None:
    names = runpy.run_path(str(SCRIPT))
    watch = names["Stopwatch"](torch.device("cpu"), 1)
    ticks = iter(range(100))
    watch.clock = lambda: float(next(ticks))
    with watch.part("generator"):
        with watch.part("optimizer"):
            pass
    assert (watch.seconds["generator"], watch.seconds["optimizer"]) == (2.0, 1.0)


def test_each_stage_gets_a_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_speech_corpus(tmp_path / "c")
    threads = torch.get_num_threads()
    words = ["--data", str(tmp_path / "c"), "--steps", "1", "--warm-up", "0", "--device", "cpu"]
    sets = [word for assignment in SMALL for word in ("--set", assignment)]
    monkeypatch.setattr("sys.argv", ["training.py", *words, *sets])
    runpy.run_path(str(SCRIPT), run_name="__main__")
    torch.set_num_threads(threads)
    rows = [line.strip("|").split("|") for line in capsys.readouterr().out.splitlines() if line.startswith("| compact")]
    assert [row[1].strip() for row in rows] == ["stage1", "stage2", "stage3"]
    for row in rows:
        assert sum(float(cell.strip(" %")) for cell in row[4:9]) == pytest.approx(100, abs=0.3)
