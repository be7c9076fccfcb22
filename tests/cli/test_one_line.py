import pytest

from denoise_cli.cli.one_line import one_line


@pytest.mark.parametrize("text", ["talk.wav: cannot read", "日本 語.wav", "a -> b (x3)", ""])
def test_printable_text_stays_as_it_is(text: str) -> None:
    assert one_line(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [("new\nline", r"new\nline"), ("\x1b[31mred", r"\x1b[31mred"), ("\udcff.wav", r"\udcff.wav"), ("a\tb", r"a\tb")],
)
def test_what_would_break_the_line_is_escaped(text: str, shown: str) -> None:
    assert one_line(text) == shown
    assert one_line(text).encode("utf-8")
