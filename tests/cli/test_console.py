import io
import json
import sys
from pathlib import Path

import pytest

from denoise_cli.audio.formats import Encoding
from denoise_cli.audio.reading import AudioInfo
from denoise_cli.cli.console import Console
from denoise_cli.errors import UnreadableAudio
from denoise_cli.inference.enhance_file import Enhanced
from denoise_cli.workflows.enhance_files import Outcome, Report
from denoise_cli.workflows.plan_jobs import Job

DONE = Outcome(Job(Path("a [b].wav"), Path("out/a [b].wav")), Enhanced(720.0, 31.0, 0.5))
FAILED = Outcome(Job(Path("c.wav"), Path("out/c.wav")), error=UnreadableAudio("c.wav: is empty (0 bytes)"))
SKIPPED = Outcome(Job(Path("d.wav"), Path("out/d.wav")))
INFO = AudioInfo(Path("a [b].wav"), 16_000, 1, 16_000 * 720, 16_000 * 720, Encoding("WAV", "PCM_16"))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def tell(stderr: io.StringIO, monkeypatch: pytest.MonkeyPatch, quiet: bool = False, as_json: bool = False) -> str:
    monkeypatch.setattr(sys, "stderr", stderr)
    outcomes = (DONE, FAILED, SKIPPED)
    with Console(len(outcomes), quiet, as_json) as console:
        console.begins(INFO)
        console.advances(360.0)
        console.notes("a [b].wav: a note")
        for outcome in outcomes:
            console.ends(outcome)
    console.summary(Report(outcomes, 31.0))
    return stderr.getvalue()


TABLE = [
    "done                       1",
    "skipped                    1",
    "failed                     1",
    "audio hours            0.200",
    "real-time factor      0.0431",
    "files a second           0.0",
]
LINES = [
    "a [b].wav: a note",
    "a [b].wav -> out/a [b].wav: 12 min in 31 s (x23.2)",
    "hifidenoise: c.wav: is empty (0 bytes)",
    "d.wav -> out/d.wav: exists, skipped",
    *TABLE,
    "1 done, 1 failed, 1 skipped, 12 min audio in 31 s (x23.2)",
]


def test_a_log_gets_a_plain_line_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    assert tell(io.StringIO(), monkeypatch).splitlines() == LINES


def test_a_terminal_gets_a_bar_and_the_same_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    text = tell(Terminal(), monkeypatch)
    assert "1/3 a [b].wav" in text and "\x1b[" in text
    for line in LINES:
        assert line in text


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in tell(Terminal(), monkeypatch)


@pytest.mark.parametrize("stderr", [io.StringIO, Terminal])
def test_quiet_tells_errors_only(monkeypatch: pytest.MonkeyPatch, stderr: type[io.StringIO]) -> None:
    assert tell(stderr(), monkeypatch, quiet=True) == "hifidenoise: c.wav: is empty (0 bytes)\n"


def test_json_goes_to_stdout(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    tell(io.StringIO(), monkeypatch, as_json=True)
    done, failed, skipped = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert done == {
        "input": "a [b].wav", "output": "out/a [b].wav", "status": "done", "seconds": 720.0, "wall_seconds": 31.0,
        "real_time_factor": pytest.approx(31 / 720), "peak": 0.5,
    }  # fmt: skip
    assert (failed["status"], failed["error"]) == ("failed", "c.wav: is empty (0 bytes)")
    assert skipped["status"] == "skipped"


def test_one_file_needs_no_table(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    with Console(1, False, False) as console:
        console.ends(DONE)
    console.summary(Report((DONE,), 31.0))
    assert stderr.getvalue().splitlines() == [LINES[1], "1 done, 0 failed, 0 skipped, 12 min audio in 31 s (x23.2)"]
