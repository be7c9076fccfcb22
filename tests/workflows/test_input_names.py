import io
import os
from pathlib import Path

import pytest

from denoise_cli.errors import UsageConflict
from denoise_cli.workflows.input_names import take_inputs
from denoise_cli.workflows.plan_jobs import STANDARD_STREAM


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("b.wav", "a.wav", "c.flac", "sub/deep/d.wav", ".hidden.wav"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()


def feed(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_names_stay_in_order_and_a_dash_is_standard_input() -> None:
    assert take_inputs(["b.wav", "a.wav", "gone.wav"]) == [Path("b.wav"), Path("a.wav"), Path("gone.wav")]
    assert take_inputs(["-"]) == [STANDARD_STREAM]
    assert take_inputs(["./-"]) == [Path("-").absolute()] != [STANDARD_STREAM]


def test_patterns_are_expanded_in_order_where_no_shell_did_it() -> None:
    assert take_inputs(["*.wav", "c.*"]) == [Path("a.wav"), Path("b.wav"), Path("c.flac")]
    assert take_inputs(["**/d.wav"]) == [Path("sub/deep/d.wav")]
    with pytest.raises(UsageConflict, match=r"\*\.ogg: matches no file"):
        take_inputs(["*.ogg"])


def test_a_file_with_a_bracket_in_its_name_is_that_file() -> None:
    Path("[ab].wav").touch()
    assert take_inputs(["[ab].wav"]) == [Path("[ab].wav")]


def test_a_list_names_a_path_a_line_whatever_the_line_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("list.txt").write_bytes(b"\xef\xbb\xbfa.wav\r\n\r\n two words .wav\n*.wav\n# x.wav\n-\n\xff.wav")
    expected = [Path("a.wav"), Path(" two words .wav"), Path("*.wav"), Path("# x.wav"), Path("-").absolute()]
    expected.append(Path(os.fsdecode(b"\xff.wav")))
    assert take_inputs([], "list.txt") == expected
    feed(monkeypatch, b"b.wav\n")
    assert take_inputs(["a.wav"], "-") == [Path("a.wav"), Path("b.wav")]


def test_nul_bytes_part_names_that_hold_new_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    feed(monkeypatch, b"two\nlines.wav\0a.wav\0")
    assert take_inputs([], "-") == [Path("two\nlines.wav"), Path("a.wav")]


@pytest.mark.parametrize(
    ("names", "input_list", "said"),
    [
        ([], None, "no INPUT"),
        ([], "empty.txt", "empty.txt: names no files"),
        ([], "gone.txt", "gone.txt: No such file"),
        (["-"], "-", "already an input"),
    ],
)
def test_no_input_or_one_used_twice_is_refused(names: list[str], input_list: str | None, said: str) -> None:
    Path("empty.txt").write_bytes(b"\n\n")
    with pytest.raises(UsageConflict, match=said):
        take_inputs(names, input_list)
