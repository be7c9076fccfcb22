from pathlib import Path

import pytest

from denoise_cli.errors import UnwritableOutput
from denoise_cli.workflows.score_cache import ScoreCache, run_cached


def run(cache: ScoreCache, files: list[Path], seen: list[Path]) -> dict[Path, object]:
    def work(file: Path) -> int:
        seen.append(file)
        if not file.stat().st_size:
            raise ValueError("empty")
        return file.stat().st_size

    outcomes = run_cached(files, 0, work, cache, lambda file: ("size", (file, None)))
    return {outcome.task: outcome.result for outcome in outcomes}


def test_the_same_bytes_are_scored_once_and_others_again(tmp_path: Path) -> None:
    files = [tmp_path / "a", tmp_path / "b"]
    files[0].write_bytes(b"x")
    files[1].write_bytes(b"yy")
    seen: list[Path] = []
    assert run(ScoreCache(tmp_path / "cache"), files, seen) == {files[0]: 1, files[1]: 2}
    files[0].rename(tmp_path / "c")  # the name does not count
    files[1].write_bytes(b"zzz")
    assert run(ScoreCache(tmp_path / "cache"), [tmp_path / "c", files[1]], seen) == {tmp_path / "c": 1, files[1]: 3}
    assert seen == [tmp_path / "a", tmp_path / "b", tmp_path / "b"]


def test_another_metric_has_another_key(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    cache = ScoreCache(tmp_path / "cache")
    keys = {cache.key("one", [tmp_path / "a"]), cache.key("two", [tmp_path / "a"]), cache.key("one", [None])}
    assert len(keys) == 3


def test_failures_are_tried_again(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    seen: list[Path] = []
    for _ in range(2):
        assert run(ScoreCache(tmp_path / "cache"), [tmp_path / "a"], seen) == {tmp_path / "a": None}
    assert len(seen) == 2


def test_a_file_that_is_no_cache_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine\n")
    with pytest.raises(UnwritableOutput, match="notes: not a cache of scores"):
        ScoreCache(tmp_path / "notes")
    assert (tmp_path / "notes").read_text() == "mine\n"
