"""`train-stageN`: what it refuses, and what it says to machines."""

import json
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from denoise_cli.cli.app import app
from tests.data.speech_corpus import make_speech_corpus

SMALL = [
    word
    for assignment in (
        "generator.wavenet.channels=8", "generator.wavenet.layers=1", "train.batch_size=1", "train.crop_seconds=0.5",
        "train.validation_items=1", "train.loader_workers=0",
    )
    for word in ("--set", assignment)
]  # fmt: skip


def run(*words: "str | Path", **environment: str) -> "tuple[int, str, str]":
    result = CliRunner(env=environment).invoke(app, [*map(str, words)])
    return result.exit_code, result.stdout, result.stderr


def test_log_json_gives_one_object_a_line_and_nothing_else(tmp_path: Path) -> None:
    make_speech_corpus(tmp_path / "c")
    code, out, err = run(
        "train-stage1", "--data", tmp_path / "c", "-o", tmp_path / "r", "--max-steps", "1", "--log", "json", *SMALL
    )
    assert code == 0 and err == ""
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["kind"] for line in lines] == ["train", "dev", "end"]
    assert lines[0]["total"] > 0 and lines[0]["gradient_norm"] > 0
    assert lines[2]["stage"] == "stage1" and lines[2]["scores"].keys() <= lines[1].keys()
    assert (tmp_path / "r/log.jsonl").read_text().splitlines() == out.splitlines()[:2]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--gpus", "1000"], "--device cpu runs processes without GPUs"),
        (["--gpus", "2", "--device", "mps"], "--device mps is one device"),
    ],
)
def test_gpus_that_are_not_there_are_refused_before_anything_starts(
    tmp_path: Path, words: "list[str]", message: str
) -> None:
    code, _, err = run("train-stage1", "--data", tmp_path, "-o", tmp_path / "r", *words)
    assert code == 2 and message in err
    assert not (tmp_path / "r").exists()


def test_a_launcher_has_the_say_over_the_number_of_processes(tmp_path: Path) -> None:
    words = ("train-stage1", "--data", tmp_path, "-o", tmp_path / "r", "--gpus", "2", "--device", "cpu")
    code, _, err = run(*words, RANK="0", LOCAL_RANK="0", WORLD_SIZE="2")
    assert code == 2 and "leave the number to it" in err


def test_the_place_of_a_process_is_its_launchers(monkeypatch: pytest.MonkeyPatch) -> None:
    from denoise_cli.cli.train import _place
    from denoise_cli.training.processes import Place

    assert _place() == Place(0, 0, 1)
    for name, value in (("RANK", "5"), ("LOCAL_RANK", "1"), ("WORLD_SIZE", "8")):
        monkeypatch.setenv(name, value)
    assert _place() == Place(rank=5, local_rank=1, count=8)
    assert torch.distributed.is_initialized() is False
