from pathlib import Path

import pytest

from denoise_cli.errors import UsageConflict
from denoise_cli.workflows.pairing import files_by_name, find_pairs


def make(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def test_pairs_match_by_relative_path_whatever_the_suffix(tmp_path: Path) -> None:
    noisy = make(tmp_path / "noisy", "a/1.wav", "b/1.flac", "ü 2.wav")
    clean = make(tmp_path / "clean", "a/1.flac", "b/1.flac", "ü 2.WAV")
    pairs = find_pairs(noisy, clean)
    assert [item.name for item in pairs.items] == ["a/1", "b/1", "ü 2"]
    assert pairs.items[0].clean == clean / "a/1.flac"
    assert pairs.problems == ()


def test_missing_partners_are_named_on_both_sides(tmp_path: Path) -> None:
    noisy = make(tmp_path / "noisy", "1.wav", "2.wav")
    clean = make(tmp_path / "clean", "2.wav", "3.wav")
    pairs = find_pairs(noisy, clean)
    assert [item.name for item in pairs.items] == ["2"]
    assert [problem.split("/")[-1] for problem in pairs.problems] == [
        "3.wav: no noisy partner",
        "1.wav: no clean partner",
    ]


def test_without_clean_folder_each_noisy_file_is_an_item(tmp_path: Path) -> None:
    pairs = find_pairs(make(tmp_path, "1.wav", "notes.txt"), None)
    assert [(item.name, item.clean) for item in pairs.items] == [("1", None)]


def test_a_limit_takes_files_from_all_over(tmp_path: Path) -> None:
    names = [f"{number:03}.wav" for number in range(100)]
    pairs = find_pairs(make(tmp_path, *names), None, limit=4)
    assert [item.name for item in pairs.items] == ["000", "025", "050", "075"]


def test_no_common_name_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageConflict, match="not one file"):
        find_pairs(make(tmp_path / "noisy", "1.wav"), make(tmp_path / "clean", "2.wav"))


def test_two_files_that_differ_in_their_suffix_alone_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageConflict, match="suffix alone"):
        files_by_name(make(tmp_path, "1.wav", "1.flac"))


def test_an_empty_and_a_missing_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageConflict, match="no audio"):
        files_by_name(tmp_path)
    with pytest.raises(UsageConflict, match="no such folder"):
        files_by_name(tmp_path / "nowhere")
