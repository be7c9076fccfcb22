"""Files are put in place whole."""

import json
import os
from pathlib import Path

import pytest

from denoise_cli.file_replacement import replace_file, replace_json


def test_a_file_is_made_and_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    for content in (b"old", b"new"):
        replace_file(file, content)
        assert file.read_bytes() == content
    assert list(tmp_path.iterdir()) == [file]


def test_on_a_full_disk_the_old_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "config.json"
    replace_file(file, b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        replace_file(file, b"new")
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_json_is_replaced_whole(tmp_path: Path) -> None:
    file = tmp_path / "corpus.json"
    file.write_text("old")
    with pytest.raises(TypeError):
        replace_json(file, {"fits": 1, "does not": object()})
    assert file.read_text() == "old"
    replace_json(file, {"fits": 1})
    assert json.loads(file.read_text()) == {"fits": 1}
