from pathlib import Path

import pytest

from denoise_cli.workflows.benchmark_markdown import to_markdown
from tests.workflows.records import small_record


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return to_markdown(small_record(tmp_path_factory.mktemp("pairs")), "A set").splitlines()


def test_the_command_stands_first_as_it_was_typed(lines: list[str]) -> None:
    assert lines[0] == "## A set"
    assert lines[2:5] == ["```sh", "hifidenoise benchmark --noisy data/noisy --clean data/clean", "```"]


def test_means_and_differences_are_those_of_the_json(lines: list[str]) -> None:
    assert "| mean | input | compact | a\\|b |" in lines
    means, differences = (line for line in lines if line.startswith("| SI-SDR, dB ↑ |"))
    assert means.split(" | ")[1:] == ["10.1 ±0.0", "20.0 ±0.0", "100.0 ±0.0 |"]
    assert differences.split(" | ")[1:] == ["+10.0 ±0.0", "+89.9 ±0.0 |"]


def test_costs_are_told_by_threads(lines: list[str]) -> None:
    assert "| cost, the command | compact |" in lines
    for row in ("real-time factor, 1 thread | 0.0204", "real-time factor, 2 threads | 0.0123", "peak memory, MB | 144",
                "start-up, s | 0.60", "parameters | 309,156", "multiply-adds, M/s | 388"):  # fmt: skip
        assert f"| {row} |" in lines


def test_what_was_left_out_is_told_and_no_path_is(lines: list[str], tmp_path: Path) -> None:
    assert "1 files were left out." in lines
    assert str(tmp_path.parent) not in "\n".join(lines)


def test_tables_have_one_number_of_columns(lines: list[str]) -> None:
    rows = [line for line in lines if line.startswith("|")]
    starts = [i for i, row in enumerate(rows) if row.startswith("| ---")]
    for start, end in zip(starts, [*[s - 1 for s in starts[1:]], len(rows)], strict=True):
        assert len({row.replace("\\|", "").count("|") for row in rows[start - 1 : end]}) == 1
