"""A small Whisper for the loss that needs one."""

from pathlib import Path

import pytest

from denoise_cli.losses.whisper_features import FOLDER_VARIABLE
from tests.whisper_file import write_whisper


@pytest.fixture(autouse=True)
def whisper_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = write_whisper(tmp_path / "whisper")
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    return folder
