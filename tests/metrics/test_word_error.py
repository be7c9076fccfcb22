import pytest

from denoise_cli.errors import MetricUndefined
from denoise_cli.metrics.word_error import count_edits, normalise, word_error_rate, word_errors


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Please call Stella.", ["please", "call", "stella"]),
        ("Don’t — or won't — 'stay'!", ["don't", "or", "won't", "stay"]),
        ("an X-ray <sil> [noise] (laughs) at_5", ["an", "x", "ray", "at", "5"]),
        ("Größe, naïve", ["größe", "naïve"]),
        (" ... ", []),
    ],
)
def test_case_and_punctuation_do_not_count(text: str, words: list[str]) -> None:
    assert normalise(text) == words


@pytest.mark.parametrize(
    ("said", "heard", "edits"),
    [
        ("the cat sat", "The cat sat.", 0),
        ("the cat sat", "the cat", 1),  # left out
        ("the cat sat", "the black cat sat", 1),  # put in
        ("the cat sat", "the bat sat", 1),  # exchanged
        ("the cat sat on the mat", "a cat sat the big mat", 3),
        ("the cat sat", "", 3),
        ("one", "three other words", 3),
    ],
)
def test_edits_are_those_counted_by_hand(said: str, heard: str, edits: int) -> None:
    assert word_errors(said, heard) == (edits, len(said.split()))


def test_edits_are_the_fewest() -> None:
    assert count_edits("kitten", "sitting") == 3


def test_the_rate_is_of_all_words_and_not_a_mean_of_files() -> None:
    assert word_error_rate([(1, 1), (0, 9)]) == pytest.approx(10.0)
    assert word_error_rate([(3, 1)]) == pytest.approx(300.0)


def test_a_reference_without_words_has_no_value() -> None:
    with pytest.raises(MetricUndefined, match="no words"):
        word_errors(" ?", "hello")
