from pathlib import Path

import pytest

from denoise_cli.metrics.table import WORD_ERROR, WORD_ERROR_CLEAN
from denoise_cli.workflows.comparison import FileScores, SystemScores
from denoise_cli.workflows.pairing import Item
from denoise_cli.workflows.recognition import enter_word_errors, files_to_hear, hear_all

WORDS = {
    "clean/a": "five six", "clean/b": "one two three four",
    "noisy/a": "", "noisy/b": "one two three four five",
    "tool/a": "five six", "tool/b": "one three four",
}  # fmt: skip
ITEMS = [Item(name, Path(f"noisy/{name}"), Path(f"clean/{name}")) for name in "ab"]


def hear(recogniser: str, file: Path) -> str:
    """Stands in for a recogniser."""
    if recogniser == "deaf":
        raise ValueError("deaf")
    return WORDS[file.as_posix()]


@pytest.fixture
def systems() -> list[SystemScores]:
    return [
        SystemScores(
            kind, "folder", "", False, {i.name: FileScores(Path(f"{kind}/{i.name}"), i.clean) for i in ITEMS}, {}, None
        )
        for kind in ("noisy", "tool")
    ]


def heard(systems: list[SystemScores], transcripts: dict[str, str], recogniser: str = "good"):
    return hear_all(files_to_hear(systems, ITEMS, transcripts), recogniser, 0, None, lambda text: None, hear)


def test_without_transcripts_the_words_heard_in_clean_speech_count(systems: list[SystemScores]) -> None:
    column, said = enter_word_errors(systems, ITEMS, {}, heard(systems, {}))
    assert column == WORD_ERROR_CLEAN and said == {"a": "five six", "b": "one two three four"}
    noisy, tool = systems
    assert noisy.by_file(column.key) == {"a": 100.0, "b": 25.0}
    rate, difference = noisy.mean(column.key), tool.difference(column.key, noisy)
    assert rate is not None and rate.mean == pytest.approx(100 * 3 / 6)  # of all words, not the files' mean
    assert rate.low <= rate.mean <= rate.high and rate.files == 2
    assert difference is not None and difference.mean == pytest.approx(100 * (1 - 3) / 6)
    assert noisy.files["b"].heard == "one two three four five"


def test_transcripts_go_first_and_clean_files_are_not_heard(systems: list[SystemScores]) -> None:
    transcripts = {"b": "One, two, three: four!"}
    assert Path("clean/a") not in files_to_hear(systems, ITEMS, transcripts)
    column, _ = enter_word_errors(systems, ITEMS, transcripts, heard(systems, transcripts))
    assert column == WORD_ERROR
    assert systems[1].by_file(column.key) == {"b": 25.0}
    assert systems[1].files["a"].gaps == {"word_error": "nothing is known of what was said"}


def test_a_recogniser_that_fails_is_a_gap_with_its_reason(systems: list[SystemScores]) -> None:
    enter_word_errors(systems, ITEMS, {}, heard(systems, {}, "deaf"))
    assert systems[0].files["a"].gaps == {"word_error": "ValueError: deaf"}
    assert systems[0].mean(WORD_ERROR_CLEAN.key) is None


def test_a_file_is_heard_once(systems: list[SystemScores]) -> None:
    same = [systems[0], systems[0]]
    assert len(files_to_hear(same, ITEMS, {})) == 4
