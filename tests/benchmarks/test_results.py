"""What `benchmarks/results.py` writes: one JSON, three pages."""

import re
import runpy
import shutil
from pathlib import Path
from typing import Any

import pytest

from denoise_cli.models.card import read_head
from tests.workflows.records import small_record

ROOT = Path(__file__).parents[2]
SCRIPT = runpy.run_path(str(ROOT / "benchmarks" / "results.py"))


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """Copies of the pages, written from the JSON of a small benchmark."""
    for name in ("README.md", "models/compact/README.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "docs").mkdir()
    record = small_record(tmp_path / "pairs")
    record["systems"].append({**record["systems"][1], "name": "deepfilternet", "cost": None})
    extra = {"pesq_wb": 2.345, "stoi": 0.9126, "dnsmos_bak": 3.456, "dnsmos_ovrl": 2.987}
    for system in record["systems"]:
        system["mean"].update({key: {"mean": value, "low": value, "high": value} for key, value in extra.items()})
    records: dict[str, dict[str, Any]] = {key: record for key in ("voicebank", "dns", "real", "clean")}
    SCRIPT["write_pages"](tmp_path, "compact", records)
    return tmp_path


def test_results_have_every_set_with_its_command(pages: Path) -> None:
    text = (pages / "docs" / "results.md").read_text(encoding="utf-8")
    assert text.count("\n## ") == 4 == text.count("hifidenoise benchmark --noisy data/noisy")
    assert "57 real noisy recordings" in text


def test_the_readme_shows_the_same_figures(pages: Path) -> None:
    text = (pages / "README.md").read_text(encoding="utf-8")
    same = r"2\.3[45]{0} \| {0}\.913{0} \| {0}%s dB{0} \| {0}3\.46{0} \| {0}2\.99{0} \|"
    assert re.search(r"\| before \| " + same.format("") % "10.1", text)
    assert re.search(r"\| after \| \*\*" + same.format(r"\*\*") % "20.0", text)
    assert re.search(r"\| DeepFilterNet 3 \| " + same.format("") % "20.0", text)
    assert "0.02 s of one core" in text


def test_the_card_is_still_one_with_all_sets(pages: Path) -> None:
    head = read_head(pages / "models" / "compact" / "README.md")
    (index,) = head["model-index"]
    assert [result["dataset"]["type"] for result in index["results"]] == ["voicebank", "dns", "real", "clean"]


def test_no_place_in_the_readme_has_been_lost(pages: Path) -> None:
    """The script replaces figures where it finds them: whoever rewords the README sees here that one has no place."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for pattern in (
        r"^\| before \|",
        r"^\| after \|",
        r"^\| DeepFilterNet 3 \|",
        r"takes [\d.]+ s of one core",
        r"\(PESQ [\d.]+ against itself\)",
    ):
        assert re.search(pattern, text, re.MULTILINE), pattern
