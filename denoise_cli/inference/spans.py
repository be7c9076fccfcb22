"""Chunk arithmetic, in whole samples only.

A recording is cut into spans that touch without overlap. The engine is given each span with real signal around it, as
much as its output depends on, and what it makes of the surroundings is dropped: the spans then join to exactly what one
pass over the whole recording gives. At the true start and end of the recording there is no surrounding and none is
invented.
"""

from dataclasses import dataclass

MIN_CHUNK_SECONDS = 2.0
MAX_CHUNK_SECONDS = 30.0
# The context that is computed and dropped then costs two fifths. The compact model (2.8 s of context), 48 kHz stereo:
# 157 MB in all; 2.5 contexts take 159, near the limit of 160. For an earlier version two took 7 % longer than 2.5, and
# three 1 % less.
CHUNK_PER_CONTEXT = 2.4


@dataclass(frozen=True)
class Span:
    """Samples [start, stop) are kept of a window [window_start, window_stop); positions in the recording."""

    start: int
    stop: int
    window_start: int
    window_stop: int

    @property
    def kept(self) -> slice:
        """Where the kept samples lie in the window."""
        return slice(self.start - self.window_start, self.stop - self.window_start)

    @property
    def window_samples(self) -> int:
        return self.window_stop - self.window_start


def surround(start: int, stop: int, context: tuple[int, int], total: int | None) -> Span:
    """The span [start, stop) with its context, cut at the recording's ends; total None: the end is not known yet."""
    left, right = context
    window_stop = stop + right if total is None else min(stop + right, total)
    return Span(start, stop, max(0, start - left), window_stop)


def halve(span: Span, hop: int, context: tuple[int, int]) -> tuple[Span, Span] | None:
    """Two spans, met at a multiple of hop, that need nothing outside the window; None when it is too short to cut."""
    middle = span.start + (span.stop - span.start) // (2 * hop) * hop
    if middle == span.start:
        return None
    first = surround(span.start, middle, context, span.window_stop)
    second = surround(middle, span.stop, context, span.window_stop)
    return (
        Span(first.start, first.stop, max(first.window_start, span.window_start), first.window_stop),
        Span(second.start, second.stop, max(second.window_start, span.window_start), second.window_stop),
    )


def chunk_samples(seconds: float | None, sample_rate: int, hop: int, context: tuple[int, int]) -> int:
    """Samples of a chunk, a multiple of hop and at least one hop; None: long against the context, within bounds."""
    if seconds is None:
        wanted = int(CHUNK_PER_CONTEXT * sum(context))
        wanted = max(int(MIN_CHUNK_SECONDS * sample_rate), min(wanted, int(MAX_CHUNK_SECONDS * sample_rate)))
    else:
        wanted = int(seconds * sample_rate)
    return max(1, wanted // hop) * hop
