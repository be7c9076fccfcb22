"""The head of a card is complete, and what was in it stays."""

from pathlib import Path

import pytest
import yaml

from denoise_cli.errors import ModelUnavailable
from denoise_cli.models.card import complete_head, read_head, split_card, standard_body, write_card

TRAINED = {"stage": "stage2", "step": 7, "dev_scores": {"pesq": 2.5, "stoi": 0.9, "wer": float("nan"), "note": "x"}}


def test_a_head_gets_all_that_the_hub_wants() -> None:
    head = complete_head({"license": "mit"}, "voices/clean", TRAINED)
    assert list(head)[0] == "license" and head["license"] == "mit"
    assert head["library_name"] == "hifidenoise" and head["pipeline_tag"] == "audio-to-audio"
    assert "speech-enhancement" in head["tags"] and head["metrics"] == ["pesq", "stoi"]
    (index,) = head["model-index"]
    (result,) = index["results"]
    assert index["name"] == "clean" and result["task"]["type"] == "audio-to-audio"
    assert {metric["type"]: metric["value"] for metric in result["metrics"]} == {"pesq": 2.5, "stoi": 0.9}


def test_what_a_head_says_is_kept() -> None:
    head = complete_head({"license": "cc0-1.0", "tags": ["mine"], "language": "en"}, "voices/clean", {})
    assert head["license"] == "cc0-1.0" and head["tags"] == ["mine"] and head["language"] == "en"
    assert "model-index" not in head and "metrics" not in head


def test_a_written_card_is_read_again(tmp_path: Path) -> None:
    head = complete_head({"license": "mit", "summary": "Größe: 1 --- 2\nzwei"}, "voices/clean", TRAINED)
    body = standard_body("voices/clean", TRAINED, "0" * 64)
    (tmp_path / "README.md").write_text(write_card(head, body), encoding="utf-8")
    assert split_card(tmp_path / "README.md") == (head, body)


@pytest.mark.parametrize(
    ("text", "head"), [("# No head\n", {}), ("---\r\nlicense: mit\r\n---\r\nx", {"license": "mit"})]
)
def test_heads_of_any_card_are_read(tmp_path: Path, text: str, head: dict[str, str]) -> None:
    (tmp_path / "README.md").write_text(text, newline="")
    assert read_head(tmp_path / "README.md") == head


@pytest.mark.parametrize("head", ["- a", "a: [", "!!python/object/apply:os.getcwd []", "[" * 5000, "\x00"])
def test_a_head_that_is_no_table_is_refused_in_one_line(tmp_path: Path, head: str) -> None:
    (tmp_path / "README.md").write_text(f"---\n{head}\n---\n")
    with pytest.raises(ModelUnavailable) as error:
        read_head(tmp_path / "README.md")
    assert "\n" not in str(error.value)


def test_the_head_is_plain_yaml() -> None:
    text = write_card({"license": "mit", "tags": ["a"]}, "# T")
    assert yaml.safe_load(text.split("---")[1]) == {"license": "mit", "tags": ["a"]}
    assert text.endswith("---\n\n# T\n")
