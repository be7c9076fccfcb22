"""Text from anywhere, file names above all, made fit for one line of a terminal."""


def one_line(text: str) -> str:
    """Control characters and bytes that are no text, as escapes; printable text as it is."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )
