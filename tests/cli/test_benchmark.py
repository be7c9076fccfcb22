import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from denoise_cli.cli.app import app
from denoise_cli.workflows.model_cost import Cost
from tests.integration.test_enhance_command import write_model
from tests.metrics.signals import speech_like, with_noise

METRICS = ["--metrics", "si_sdr,level_change", "--jobs", "0"]


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """Two pairs at 10 dB SNR, and another tool's outputs that are the clean files themselves."""
    for number in range(2):
        clean = speech_like(1.0, seed=number)
        for kind, samples in (("clean", clean), ("noisy", with_noise(clean, 10)), ("other", clean)):
            (tmp_path / kind).mkdir(exist_ok=True)
            soundfile.write(str(tmp_path / kind / f"{number}.wav"), samples, 16_000, subtype="FLOAT")
    return tmp_path


def run(*arguments: "str | Path") -> "tuple[int, str, str]":
    result = CliRunner(env={"COLUMNS": "120", "NO_COLOR": "1"}).invoke(app, ["benchmark", *map(str, arguments)])
    return result.exit_code, result.stdout, result.stderr


def test_the_table_compares_input_and_other_tool(folders: Path) -> None:
    code, out, err = run(
        "--noisy", folders / "noisy", "--clean", folders / "clean", "-m", "none",
        "--system", f"ideal={folders / 'other'}", *METRICS,
    )  # fmt: skip
    assert code == 0, err
    rows = [line for line in out.splitlines() if "SI-SDR" in line]
    assert "10.1 ±0.0" in rows[0] and "100.0 ±0.0" in rows[0]
    assert "+89.9 ±0.0" in rows[1]
    assert err == ""


def test_a_missing_partner_is_named_and_fails_the_run(folders: Path) -> None:
    (folders / "clean" / "1.wav").unlink()
    code, out, err = run("--noisy", folders / "noisy", "--clean", folders / "clean", "-m", "none", *METRICS)
    assert code == 1
    assert f"hifidenoise: {folders / 'noisy' / '1.wav'}: no clean partner" in err
    assert "Mean over 1 files" in out


def test_a_gap_is_told_with_its_reason(folders: Path) -> None:
    soundfile.write(str(folders / "clean" / "1.wav"), np.zeros(16_000), 16_000)
    code, out, err = run("--noisy", folders / "noisy", "--clean", folders / "clean", "-m", "none", *METRICS)
    assert code == 0
    assert "gap: 1 x si_sdr: MetricUndefined: the reference is silent" in err
    assert "±0.0 of 1" in out


def test_json_csv_and_markdown_are_written(folders: Path) -> None:
    code, _, err = run(
        "--noisy", folders / "noisy", "--clean", folders / "clean", "-m", "none", *METRICS,
        "--json", folders / "r.json", "--csv", folders / "r.csv", "--limit", "1",
        "--markdown", folders / "r.md",
    )  # fmt: skip
    assert code == 0, err
    assert json.loads((folders / "r.json").read_text())["systems"][0]["mean"]["si_sdr"]["files"] == 1
    assert len((folders / "r.csv").read_text().splitlines()) == 2
    assert "| mean | input |\n| --- | --: |\n| SI-SDR, dB ↑ | 1" in (folders / "r.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--noisy", "nowhere"], "nowhere: no such folder"),
        (["--noisy", ".", "--metrics", "pesk"], "--metrics pesk: no such metric"),
        (["--noisy", ".", "--metrics", "stoi"], "--metrics stoi: needs --clean"),
        (["--noisy", ".", "--clean-in"], "need --clean"),
        (["--noisy", ".", "--json", "nowhere/r.json"], "nowhere/r.json: is a folder, or would be in one"),
        (["--noisy", ".", "--html", "."], ".: is a folder, or would be in one"),
        (["--noisy", ".", "--baseline", "griffin-lim"], "need --clean"),
        (["--noisy", ".", "--clean", ".", "--transcripts", "t"], "--transcripts: needs --word-error"),
        (["--noisy", "noisy", "--word-error", "pocketsphinx"], "--word-error: needs --clean or --transcripts"),
        (["--noisy", "noisy", "--clean", "noisy", "--word-error", "vosk"], "--word-error vosk: no such recogniser"),
    ],
)
def test_wrong_usage_exits_2_with_one_line(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "noisy").mkdir()
    soundfile.write(str(tmp_path / "noisy" / "0.wav"), speech_like(1.0), 16_000)
    code, out, err = run(*arguments, "-m", "none")
    assert code == 2 and out == ""
    assert message in err and err.count("\n") == 1


def test_a_system_without_a_folder_is_wrong_usage(folders: Path) -> None:
    code, _, err = run("--noisy", folders / "noisy", "--system", "tool")
    assert code == 2 and "--system tool: write NAME=DIR" in err


def test_griffin_lim_resynthesises_the_clean_files(folders: Path) -> None:
    code, out, err = run(
        "--noisy", folders / "noisy", "--clean", folders / "clean", "-m", "none", "--baseline", "griffin-lim",
        "--metrics", "lsd", "--jobs", "0", "--json", folders / "r.json",
    )  # fmt: skip
    assert code == 0, err
    first, second = json.loads((folders / "r.json").read_text())["systems"]
    assert second["name"] == "griffin-lim" and second["clean_in"]
    assert second["mean"]["lsd"]["mean"] < 0.8 * first["mean"]["lsd"]["mean"]


def test_word_errors_and_a_cache_of_scores(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []

    def hear(recogniser: str, file: Path) -> str:
        heard.append(file.parent.name)
        return "one two" if file.parent.name == "clean" else "one three"

    monkeypatch.setattr("denoise_cli.workflows.recognition.hear_file", hear)
    monkeypatch.setattr("denoise_cli.metrics.recogniser.load_recogniser", lambda name: None)
    arguments = [
        "--noisy", folders / "noisy", "--clean", folders / "clean", "-m", "none", *METRICS,
        "--word-error", "pocketsphinx", "--cache", folders / "cache", "--json", folders / "r.json",
    ]  # fmt: skip
    for _ in range(2):
        code, out, err = run(*arguments)
        assert code == 0, err
        assert "word error vs. words on clean" in out and "50.0 ±0.0" in out
    assert sorted(heard) == ["clean", "clean", "noisy", "noisy"]
    record = json.loads((folders / "r.json").read_text())
    assert record["recogniser"] == "pocketsphinx" and record["said"] == {"0": "one two", "1": "one two"}
    assert record["systems"][0]["files"]["0"]["heard"] == "one three"


def test_speed_is_told_by_threads_with_memory_and_size(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cost = Cost(0.61, 0.5, {1: 0.0204, 2: 0.0121}, 0.0199, 143.6, 309_156, 387_559_000)
    write_model(folders / "model")
    monkeypatch.setattr("denoise_cli.workflows.benchmark.measure_costs", lambda systems: {systems[1].name: cost})
    code, out, err = run(
        "--noisy", folders / "noisy", "--clean", folders / "clean", "-m", folders / "model", "--speed", *METRICS
    )
    assert code == 0, err
    for needed in ("1 thread ", "0.0204", "0.0121", "0.0199", "0.61", "144", "309,156", "388"):
        assert needed in out, out


def test_an_unknown_model_exits_3(folders: Path) -> None:
    code, _, err = run("--noisy", folders / "noisy", "--clean", folders / "clean", "-m", "no-such", *METRICS)
    assert code == 3 and "no-such" in err
