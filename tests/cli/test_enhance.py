import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from denoise_cli.cli.app import app
from denoise_cli.inference.engine import Engine
from tests.audio.sounds import voice_like
from tests.inference.engines import Halving, Passing


class Result:
    def __init__(self, exit_code: int, stdout: str, stderr: str) -> None:
        self.exit_code = exit_code
        self.stdout = stdout
        self.stderr = stderr


Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs `hifidenoise enhance ARGS` in tmp_path with a model that halves everything, or another engine."""

    def command(*arguments: str, engine: Engine | None = None, stdin: bytes = b"") -> Result:
        loaded: list[tuple[object, ...]] = []

        def open_engine(*given: object) -> Engine:
            loaded.append(given)
            return engine or Halving()

        monkeypatch.setattr("denoise_cli.inference.engine_choice.open_engine", open_engine)
        monkeypatch.chdir(tmp_path)
        result = CliRunner().invoke(app, ["enhance", *arguments], input=stdin)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert len(loaded) <= 1
        command.loaded = loaded  # type: ignore[attr-defined]
        return Result(result.exit_code, result.stdout, result.stderr)

    return command


def record(path: Path, seconds: float = 0.5, sample_rate: int = 16_000) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, voice_like(seconds, sample_rate)[0], sample_rate)


def test_one_file_into_another(run: Run, tmp_path: Path) -> None:
    record(tmp_path / "a.wav")
    result = run("a.wav", "-o", "b.wav")
    assert result.exit_code == 0 and result.stdout == ""
    output, source = soundfile.read(tmp_path / "b.wav")[0], soundfile.read(tmp_path / "a.wav")[0]
    np.testing.assert_allclose(output, source / 2, rtol=0, atol=1e-4)
    lines = result.stderr.splitlines()
    assert lines[0].startswith("a.wav -> b.wav: 0.5 s in ")
    assert lines[-1].startswith("1 done, 0 failed, 0 skipped, 0.5 s audio in ") and "(x" in lines[-1]


def test_without_output_the_result_is_beside_the_input(run: Run, tmp_path: Path) -> None:
    record(tmp_path / "my talk.flac")
    assert run("my talk.flac").exit_code == 0
    assert soundfile.info(tmp_path / "my talk.enhanced.flac").format == "FLAC"


def test_a_folder_with_a_bad_file_is_done_but_for_that_file(run: Run, tmp_path: Path) -> None:
    record(tmp_path / "in/a.wav")
    record(tmp_path / "in/sub/c.wav")
    (tmp_path / "in/b.wav").write_text("this is text")
    (tmp_path / "in/empty.wav").write_bytes(b"")
    result = run("in", "-o", "out")
    assert result.exit_code == 1
    assert sorted(str(path.relative_to(tmp_path)) for path in (tmp_path / "out").rglob("*.*")) == [
        "out/a.wav",
        "out/sub/c.wav",
    ]
    errors = [line for line in result.stderr.splitlines() if line.startswith("hifidenoise: ")]
    assert {line.split(": ")[1] for line in errors} == {"in/b.wav", "in/empty.wav"}
    assert result.stderr.splitlines()[-1].startswith("2 done, 2 failed, 0 skipped")


def test_json_is_one_object_a_file_and_all_there_is_on_stdout(run: Run, tmp_path: Path) -> None:
    record(tmp_path / "in/a.wav")
    (tmp_path / "in/b.wav").write_text("text")
    result = run("in", "-o", "out", "--json")
    done, failed = sorted(map(json.loads, result.stdout.splitlines()), key=lambda outcome: outcome["input"])
    assert (done["input"], done["output"], done["status"]) == ("in/a.wav", "out/a.wav", "done")
    assert done["seconds"] == 0.5 and done["real_time_factor"] > 0 and 0 < done["peak"] < 1
    assert done["loudness_after"] == pytest.approx(done["loudness_before"] - 20 * np.log10(2), abs=0.01)
    assert failed["status"] == "failed" and "in/b.wav" in failed["error"]


def test_existing_targets_are_refused_replaced_or_skipped(run: Run, tmp_path: Path) -> None:
    record(tmp_path / "a.wav")
    (tmp_path / "b.wav").write_text("old")
    refused = run("a.wav", "-o", "b.wav")
    assert refused.exit_code == 2 and "b.wav: exists; use --overwrite" in refused.stderr
    assert (tmp_path / "b.wav").read_text() == "old"
    skipped = run("a.wav", "-o", "b.wav", "--skip-existing")
    assert skipped.exit_code == 0 and "0 done, 0 failed, 1 skipped" in skipped.stderr
    assert (tmp_path / "b.wav").read_text() == "old"
    assert run("a.wav", "-o", "b.wav", "--overwrite").exit_code == 0
    assert soundfile.info(tmp_path / "b.wav").frames == 8_000
    assert run("a.wav", "-o", "b.wav", "--overwrite", "--skip-existing").exit_code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["gone.wav"],
        ["a.wav", "gone.wav"],
        ["a.wav", "x/a.wav", "-o", "out"],
        ["a.wav", "-o", "b.doc"],
        ["a.wav", "-o", "b"],
        ["none"],
        [],
        ["a.wav", "--mix", "1.5"],
        ["a.wav", "--atten-lim", "-3"],
        ["a.wav", "--cycle-spins", "0"],
        ["a.wav", "--high-band", "loud"],
        ["a.wav", "--clip", "wrap"],
        ["a.wav", "--chunk-seconds", "0"],
        ["a.wav", "--nonsense"],
        ["a.wav", "--shard", "2/1"],
        ["a.wav", "--shard", "half"],
        ["a.wav", "--jobs", "0"],
        ["a.wav", "--precision", "int8"],
        ["a.wav", "-o", "-", "--raw-format", "s16le", "--raw-rate", "16000"],
        ["-", "-o", "b.wav", "--raw-format", "s16le", "--raw-rate", "16000"],
        ["-", "--raw-format", "s16le"],
        ["-", "--raw-rate", "16000"],
        ["-", "--raw-format", "s24le", "--raw-rate", "16000"],
        ["-", "--raw-format", "s16le", "--raw-rate", "16000", "--json"],
        ["-", "--raw-format", "s16le", "--raw-rate", "16000", "--residual", "r.wav"],
        ["-", "--raw-format", "s16le", "--raw-rate", "16000", "--sample-rate", "8000"],
        ["a.wav", "--format", "vhs"],
        ["a.wav", "--format", "flac", "--subtype", "float"],
        ["a.wav", "-o", "b.wav", "--format", "flac"],
        ["a.wav", "-o", "b.opus", "--sample-rate", "44100"],
        ["a.wav", "--sample-rate", "10"],
        ["a.wav", "--filename", "{title}.{ext}"],
        ["a.wav", "--channels", "0"],
        ["a.wav", "--channels", "side"],
        ["a.wav", "--loudness", "3"],
        ["-", "--raw-format", "s16le", "--raw-rate", "16000", "--loudness", "-16"],
        ["-", "--raw-format", "s16le", "--raw-rate", "16000", "--channels", "mono"],
    ],
)
def test_wrong_usage_writes_nothing_and_loads_nothing(run: Run, tmp_path: Path, arguments: list[str]) -> None:
    record(tmp_path / "a.wav")
    record(tmp_path / "x/a.wav")
    (tmp_path / "none").mkdir()
    before = sorted(tmp_path.rglob("*"))
    result = run(*arguments)
    assert result.exit_code == 2 and result.stdout == "" and result.stderr
    assert sorted(tmp_path.rglob("*")) == before
    assert run.loaded == []  # type: ignore[attr-defined]


def test_a_dry_run_prints_the_plan_and_does_nothing(run: Run, tmp_path: Path) -> None:
    record(tmp_path / "in/a.wav")
    record(tmp_path / "in/new\nline.wav")
    record(tmp_path / "out/a.wav")
    result = run("in", "-o", "out", "--dry-run", "--skip-existing")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        r"in/new\nline.wav -> out/new\nline.wav",
        "in/a.wav -> out/a.wav (exists, skipped)",
    ]
    assert run.loaded == []  # type: ignore[attr-defined]
    assert len(list((tmp_path / "out").iterdir())) == 1


def test_quiet_tells_errors_only(run: Run, tmp_path: Path) -> None:
    record(tmp_path / "a.wav", sample_rate=48_000)
    assert run("a.wav", "-q").stderr == ""
    (tmp_path / "b.wav").write_text("text")
    assert run("b.wav", "-q").stderr.startswith("hifidenoise: b.wav: not a sound file")


def test_the_upper_band_is_spoken_of_once(run: Run, tmp_path: Path) -> None:
    record(tmp_path / "in/a.wav", sample_rate=48_000)
    record(tmp_path / "in/b.wav", sample_rate=44_100)
    assert run("in", "-o", "out").stderr.count("--high-band") == 1


def test_strength_reaches_the_sound(run: Run, tmp_path: Path) -> None:
    record(tmp_path / "a.wav")
    run("a.wav", "-o", "mixed.wav", "--mix", "0.5")
    run("a.wav", "-o", "limited.wav", "-a", "3")
    source = soundfile.read(tmp_path / "a.wav")[0]
    np.testing.assert_allclose(soundfile.read(tmp_path / "mixed.wav")[0], 0.75 * source, rtol=0, atol=1e-4)
    left = 0.5 * (1 - 10 ** (-3 / 20)) + 10 ** (-3 / 20)
    np.testing.assert_allclose(soundfile.read(tmp_path / "limited.wav")[0], left * source, rtol=0, atol=1e-4)


def test_spins_reach_the_model(run: Run, tmp_path: Path) -> None:
    record(tmp_path / "a.wav")
    for spins, runs in (("1", 1), ("3", 3)):
        engine = Halving()
        assert run("a.wav", "-o", f"{spins}.wav", "--cycle-spins", spins, engine=engine).exit_code == 0
        assert engine.rows_run == runs  # one chunk


def test_an_interruption_ends_with_130_and_leaves_nothing(run: Run, tmp_path: Path) -> None:
    class Interrupted(Passing):
        def process(self, waveform: np.ndarray) -> np.ndarray:
            raise KeyboardInterrupt

    record(tmp_path / "a.wav")
    assert run("a.wav", engine=Interrupted()).exit_code == 130
    assert [file.name for file in tmp_path.iterdir()] == ["a.wav"]


def test_a_model_that_is_not_there_is_exit_code_3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record(tmp_path / "a.wav")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["enhance", "a.wav", "-m", "nonsense"])
    assert result.exit_code == 3
    assert result.stderr.startswith("hifidenoise: nonsense: no such model")
    assert [file.name for file in tmp_path.iterdir()] == ["a.wav"]


def test_an_error_about_an_odd_name_is_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "two\nlines\x1b[2J.wav").write_text("text")
    result = run("two\nlines\x1b[2J.wav")
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 2
    assert "\x1b" not in result.stderr
    assert run("gone\n.wav").stderr == "hifidenoise: gone\\n.wav: No such file or directory\n"


def test_errors_and_notes_about_pipes_name_the_streams(run: Run, tmp_path: Path) -> None:
    result = run("-", "-o", "b.wav", stdin=b"this is text")
    assert result.exit_code == 1
    assert result.stderr.startswith("hifidenoise: standard input: not a sound file")
    assert run("-", stdin=b"").stderr.startswith("hifidenoise: standard input: is empty (0 bytes)")
    record(tmp_path / "a.wav", sample_rate=48_000)
    noted = run("-", "-o", "b.wav", stdin=(tmp_path / "a.wav").read_bytes())
    assert noted.stderr.startswith("standard input: 48000 Hz; the model hears up to 8 kHz")
    assert soundfile.info(tmp_path / "b.wav").frames == 24_000


def test_json_and_sound_do_not_share_standard_output(run: Run, tmp_path: Path) -> None:
    record(tmp_path / "a.wav")
    result = run("a.wav", "-o", "-", "--json")
    assert result.exit_code == 2 and result.stdout == "" and "both want standard output" in result.stderr
    assert run("-", "-o", "-", "--dry-run").stdout == "- -> -\n"


def test_the_residual_is_written_where_it_was_asked_for(run: Run, tmp_path: Path) -> None:
    record(tmp_path / "a.wav")
    result = run("-", "-o", "b.wav", "--residual", "r.wav", "--json", stdin=(tmp_path / "a.wav").read_bytes())
    assert json.loads(result.stdout)["residual"] == "r.wav"
    total = soundfile.read(tmp_path / "b.wav")[0] + soundfile.read(tmp_path / "r.wav")[0]
    np.testing.assert_allclose(total, soundfile.read(tmp_path / "a.wav")[0], rtol=0, atol=1e-4)


def test_a_list_and_a_pattern_name_inputs(run: Run, tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav", "c.wav"):
        record(tmp_path / name, 0.1)
    assert run("[ab].wav", "--input-list", "-", "-o", "out", stdin=b"c.wav\n").exit_code == 0
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["a.wav", "b.wav", "c.wav"]


def test_container_subtype_and_rate_are_as_asked(run: Run, tmp_path: Path) -> None:
    record(tmp_path / "in/a.wav", sample_rate=48_000)
    arguments = ("--format", "flac", "--subtype", "pcm24", "--sample-rate", "16000", "--residual", "removed/")
    result = run("in", "-o", "out", "--filename", "{stem} of {parent}.{ext}", *arguments)
    assert result.exit_code == 0
    for target in ("out/a of in.flac", "removed/a of in.flac"):
        info = soundfile.info(tmp_path / target)
        assert (info.format, info.subtype, info.samplerate, info.frames) == ("FLAC", "PCM_24", 16_000, 8_000)
    streamed = run("in/a.wav", "-o", "-", "--format", "flac", "-n")
    assert streamed.exit_code == 0 and streamed.stdout == "in/a.wav -> -\n"


def test_loudness_and_channels_reach_the_file_and_the_figures(run: Run, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", voice_like(2, 16_000, 2).T, 16_000)
    result = run("a.wav", "-o", "b.wav", "--loudness", "-30", "--channels", "mono", "--json")
    done = json.loads(result.stdout)
    assert done["loudness_after"] == pytest.approx(-30) and -30 < done["loudness_before"] < -10
    assert soundfile.info(tmp_path / "b.wav").channels == 1
    assert run("a.wav", "-o", "c.wav", "--channels", "3").stderr.startswith(
        "hifidenoise: a.wav: has 2 channels, so there is no --channels 3\n"
    )


def test_a_part_of_the_files_is_done_and_a_second_run_does_the_rest(run: Run, tmp_path: Path) -> None:
    for number in range(5):
        record(tmp_path / f"in/{number}.wav", 0.1)
    assert "2 done, 0 failed, 0 skipped" in run("in", "-o", "out", "--shard", "2/2", "--jobs", "2").stderr
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["1.wav", "3.wav"]
    rest = run("in", "-o", "out", "--skip-existing", "--jobs", "1")
    assert "3 done, 0 failed, 2 skipped" in rest.stderr and len(list((tmp_path / "out").iterdir())) == 5


@pytest.mark.parametrize(("files", "jobs", "at_once"), [(1, None, 1), (3, "2", 2), (2, "7", 2)])
def test_the_engine_hears_how_many_files_will_run_it(
    run: Run, tmp_path: Path, files: int, jobs: str | None, at_once: int
) -> None:
    for number in range(files):
        record(tmp_path / f"in/{number}.wav", 0.1)
    run("in", "-o", "out", "--precision", "bfloat16", *([] if jobs is None else ["--jobs", jobs]))
    ((model, device, threads, _, precision, told_files, _),) = run.loaded  # type: ignore[attr-defined]
    assert (model, device, threads, precision.value, told_files) == ("default", "auto", None, "bfloat16", at_once)
