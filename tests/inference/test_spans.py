import pytest

from denoise_cli.inference.spans import Span, chunk_samples, halve, surround


def test_context_is_real_signal_inside_and_absent_at_the_ends() -> None:
    assert surround(0, 40, (16, 8), 100) == Span(0, 40, 0, 48)
    assert surround(40, 80, (16, 8), 100) == Span(40, 80, 24, 88)
    assert surround(80, 100, (16, 8), 100) == Span(80, 100, 64, 100)


def test_kept_part_is_the_span_within_its_window() -> None:
    span = surround(40, 80, (16, 8), 100)
    assert list(range(span.window_start, span.window_stop))[span.kept] == list(range(40, 80))


def test_halves_need_nothing_outside_the_window_and_start_on_the_grid() -> None:
    span = surround(64, 150, (16, 8), None)
    halves = halve(span, 8, (16, 8))
    assert halves is not None
    first, second = halves
    assert (first.start, first.stop, second.stop) == (64, second.start, 150)
    for half in halves:
        assert half.window_start % 8 == 0
        assert span.window_start <= half.window_start and half.window_stop <= span.window_stop
        assert half.window_start == half.start - 16 and half.window_stop >= half.stop + 8


def test_a_single_hop_cannot_be_halved() -> None:
    assert halve(surround(64, 72, (16, 8), None), 8, (16, 8)) is None


@pytest.mark.parametrize("seconds", [None, 0.0001, 0.5, 7.3])
@pytest.mark.parametrize(("hop", "context"), [(1, (2226, 2238)), (256, (16_640, 16_640)), (1, (0, 0))])
def test_chunks_are_whole_hops(seconds: float | None, hop: int, context: tuple[int, int]) -> None:
    chunk = chunk_samples(seconds, 16_000, hop, context)
    assert chunk >= hop and chunk % hop == 0


def test_default_chunk_is_long_against_the_context_but_bounded() -> None:
    assert chunk_samples(None, 16_000, 256, (17_152, 17_152)) == 321 * 256  # 2.4 contexts
    assert chunk_samples(None, 16_000, 1, (2226, 2238)) == 32_000
    assert chunk_samples(None, 16_000, 256, (120_320, 120_320)) == 480_000
