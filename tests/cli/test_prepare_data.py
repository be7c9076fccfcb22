import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from denoise_cli.cli.app import app
from denoise_cli.cli.prepare_data import prepare_data, spread
from denoise_cli.data.corpus import Corpus
from denoise_cli.data.folder_lock import locked
from denoise_cli.data.screening import Thresholds
from tests.data.recordings import hiss, response, speech, write

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path):
    for speaker in range(3):
        write(tmp_path / f"speech/s{speaker}/p{speaker}_0.flac", speech(speaker, 1.0))
    write(tmp_path / "noise/0.wav", hiss(0, 1.0))
    write(tmp_path / "rir/0.wav", response(0))
    return tmp_path


def run(folder, *args):
    result = CliRunner().invoke(app, ["prepare-data", "-o", str(folder / "corpus"), "--jobs", "1", *map(str, args)])
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (["--speech", "a", "b", "-o", "c"], ["--speech", "a", "--speech", "b", "-o", "c"]),
        (["--speech", "a", "--speech", "b"], ["--speech", "a", "--speech", "b"]),
        (["--pairs", "n", "c", "m", "d"], ["--pairs", "n", "--pairs", "c", "--pairs", "m", "--pairs", "d"]),
        (["-o", "c", "stray"], ["-o", "c", "stray"]),
        (["--noise", "--rir", "a"], ["--noise", "--rir", "a"]),
    ],
)
def test_folders_after_one_flag_are_spread(given, wanted):
    assert spread(given) == wanted


def test_a_corpus_is_made_and_summed_up(folder):
    code, output = run(folder, "--speech", folder / "speech", "--noise", folder / "noise", "--rir", folder / "rir")
    assert code == 0
    assert "5 new, 0 kept, 0 skipped, 0 gone" in output and "is ready" in output
    assert len(Corpus.open(folder / "corpus")) == 5
    code, output = run(folder, "--speech", folder / "speech", "--noise", folder / "noise", "--rir", folder / "rir")
    assert code == 0 and "0 new, 5 kept" in output and "is unchanged" in output


def test_several_folders_after_one_flag(folder):
    write(folder / "more/s9/0.wav", speech(9, 1.0))
    code, _ = run(folder, "--speech", folder / "speech", folder / "more")
    assert code == 0 and len(Corpus.open(folder / "corpus")) == 4


def test_skipped_files_are_named_and_do_not_fail_the_run(folder):
    write(folder / "speech/s0/[silent].wav", np.zeros(16_000))
    code, output = run(folder, "--speech", folder / "speech")
    assert code == 0 and "skipped, silent: 1" in output and "[silent].wav" in output.replace("\n", "")


def test_pairs_are_taken_two_by_two(folder):
    for number in range(2):
        write(folder / f"noisy/{number}.wav", speech(number, 1.0) + hiss(number, 1.0))
        write(folder / f"clean/{number}.wav", speech(number, 1.0))
    code, _ = run(folder, "--pairs", folder / "noisy", folder / "clean")
    assert code == 0
    assert len(Corpus.open(folder / "corpus").select("pair", "train")) == 1


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "give --speech"),
        (["--speech", "absent"], "no such folder"),
        (["--pairs", "lonely"], "needs two folders"),
        (["--speech", "speech", "--speaker-from", "("], "not a regular expression"),
        (["--speech", "speech", "--speaker-from", "p", "--speaker-depth", "1"], "only one"),
        (["--speech", "speech", "--jobs", "0"], "--jobs"),
        (["--speech", "speech", "--seed", "x"], "--seed"),
    ],
)
def test_usage_errors_exit_2_and_write_nothing(folder, monkeypatch, args, message):
    monkeypatch.chdir(folder)
    code, output = run(folder, *args)
    assert code == 2 and message in output
    assert not (folder / "corpus").exists()


def test_no_usable_speech_exits_1_in_one_line(folder):
    code, output = run(folder, "--speech", folder / "speech", "--min-seconds", 60)
    assert code == 1 and "3 too short" in output.replace("\n", " ")


def test_a_corpus_in_work_exits_3(folder):
    (folder / "corpus").mkdir()
    with locked(folder / "corpus"):
        code, output = run(folder, "--speech", folder / "speech")
    assert code == 3 and "another prepare-data" in output.replace("\n", " ")


def test_thresholds_and_speaker_names_reach_the_corpus(folder):
    code, _ = run(folder, "--speech", folder / "speech", "--speaker-from", r"p(\d)_", "--min-snr", -50)
    assert code == 0
    header = json.loads((folder / "corpus/corpus.json").read_text())
    lines = (folder / "corpus" / header["manifest"]).read_text().splitlines()
    assert [json.loads(line)["speaker"] for line in lines] == ["0", "1", "2"]


def test_flag_defaults_are_those_of_screening():
    defaults = {name: parameter.default for name, parameter in inspect.signature(prepare_data).parameters.items()}
    wanted = Thresholds()
    assert (defaults["min_seconds"], defaults["min_rate"]) == (wanted.min_seconds, wanted.min_rate_hz)
    assert (defaults["min_snr"], defaults["min_bandwidth"]) == (wanted.min_snr_db, wanted.min_bandwidth_hz)
    assert defaults["max_clipped"] == wanted.max_clipped_share


def test_a_real_process_prepares_without_torch_and_keeps_stdout_empty(folder):
    program = (
        "import sys; from denoise_cli.cli.app import app; code = app(standalone_mode=False);"
        "sys.stderr.write('TORCH' if 'torch' in sys.modules else 'NONE')"
    )
    args = ["prepare-data", "--speech", str(folder / "speech"), "-o", str(folder / "corpus")]
    result = subprocess.run(
        [sys.executable, "-c", program, *args], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert result.stdout == ""
    assert result.stderr.endswith("NONE")
    assert re.search(r"3 new, 0 kept, 0 skipped", result.stderr)
