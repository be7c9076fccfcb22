from pathlib import Path

import pytest

from denoise_cli.errors import UsageConflict
from denoise_cli.workflows.pairing import Item
from denoise_cli.workflows.transcripts import find_transcripts


@pytest.fixture
def items(tmp_path: Path) -> list[Item]:
    (tmp_path / "clean" / "sub").mkdir(parents=True)
    return [Item(name, tmp_path / f"noisy/{name}.wav", tmp_path / f"clean/{name}.flac") for name in ("one", "sub/two")]


def test_texts_beside_the_clean_files_are_found(items: list[Item], tmp_path: Path) -> None:
    assert find_transcripts(items, None) == {}
    (tmp_path / "clean/sub/two.txt").write_text("\ufeffGrüße\n", encoding="utf-8")
    assert find_transcripts(items, None) == {"sub/two": "Grüße\n"}


def test_a_folder_of_texts_is_read_by_relative_path(items: list[Item], tmp_path: Path) -> None:
    (tmp_path / "texts/sub").mkdir(parents=True)
    (tmp_path / "texts/sub/two.txt").write_text("hello")
    assert find_transcripts(items, tmp_path / "texts") == {"sub/two": "hello"}


def test_a_file_of_lines_is_read(items: list[Item], tmp_path: Path) -> None:
    (tmp_path / "text").write_text("one  hello there\n\nsub/two\tyes\nelsewhere no\n")
    assert find_transcripts(items, tmp_path / "text") == {"one": "hello there", "sub/two": "yes"}


@pytest.mark.parametrize(
    ("name", "content"), [("none", None), ("text", b"others hello"), ("binary", b"\xff\xfe\x00\xd8")]
)
def test_what_has_no_transcript_is_refused_in_one_line(
    items: list[Item], tmp_path: Path, name: str, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageConflict, match=name) as error:
        find_transcripts(items, tmp_path / name)
    assert "\n" not in str(error.value)
