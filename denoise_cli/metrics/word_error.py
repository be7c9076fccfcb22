"""Word error rate: how many words a recogniser hears otherwise than they were said."""

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from denoise_cli.errors import MetricUndefined

MARKS = re.compile(r"<[^>]*>|\[[^\]]*\]|\([^)]*\)")  # <sil>, [noise], (laughs): no words
NO_WORD = re.compile(r"[^\w' ]|_")


class WordErrors(NamedTuple):
    """Of one recording: words put in, left out and exchanged, and the words that were said."""

    edits: int
    words: int


def normalise(text: str) -> list[str]:
    """The words of a text in lower case, without punctuation; apostrophes within words stay, hyphens part words.

    Numbers stay as they are written: spell them out in a transcript, as recognisers do.
    """
    plain = unicodedata.normalize("NFKC", text).replace("\u2019", "'").lower()
    spaced = NO_WORD.sub(" ", MARKS.sub(" ", plain))
    return [word for word in (token.strip("'") for token in spaced.split()) if word]


def word_errors(said: str, heard: str) -> WordErrors:
    """Edits that turn the words that were said into those that were heard, after `normalise`.

    Raises MetricUndefined when nothing was said.
    """
    reference = normalise(said)
    if not reference:
        raise MetricUndefined("word error: the reference has no words")
    return WordErrors(count_edits(reference, normalise(heard)), len(reference))


def count_edits(reference: Sequence[str], hypothesis: Sequence[str]) -> int:
    """Levenshtein distance: the fewest words to put in, leave out or exchange."""
    previous = list(range(len(hypothesis) + 1))
    for row, word in enumerate(reference, start=1):
        current = [row]
        for column, other in enumerate(hypothesis, start=1):
            exchanged = previous[column - 1] + (word != other)
            current.append(min(exchanged, previous[column] + 1, current[-1] + 1))
        previous = current
    return previous[-1]


def word_error_rate(files: Sequence[Sequence[float]]) -> float:
    """Edits of all files over words of all files, in per cent; above 100 when more words are put in than were said.

    files: (edits, words) of each. Long files so count for more, and a one-word file cannot decide.
    """
    return 100.0 * sum(edits for edits, _ in files) / sum(words for _, words in files)
