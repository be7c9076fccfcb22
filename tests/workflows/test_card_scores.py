from pathlib import Path
from typing import Any

import pytest

from denoise_cli.errors import UsageConflict
from denoise_cli.models.card import split_card
from denoise_cli.workflows.card_scores import ScoredSet, write_scores
from tests.workflows.records import small_record

CARD = (
    "---\nlicense: mit\nmodel-index: []\n---\n\n# compact\n\nText.\n\n## Scores\n\nOld: 9.99\n\n## Training\n\nLong.\n"
)


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return small_record(tmp_path_factory.mktemp("pairs"))


def test_head_and_section_get_the_scores_and_the_rest_stays(record: dict[str, Any], tmp_path: Path) -> None:
    card = tmp_path / "README.md"
    card.write_text(CARD, encoding="utf-8")
    for _ in range(2):  # a second time, nothing is added
        write_scores(card, "compact", [ScoredSet("pairs", "three pairs", "Three pairs.", record)])
    head, body = split_card(card)
    (index,) = head["model-index"]
    (result,) = index["results"]
    assert head["license"] == "mit" and head["real_time_factor"] == 0.0199
    assert index["name"] == "compact" and result["dataset"] == {"type": "pairs", "name": "three pairs"}
    si_sdr = record["systems"][1]["mean"]["si_sdr"]["mean"]
    assert result["metrics"][0] == {"type": "si_sdr", "name": "SI-SDR, dB", "value": round(si_sdr, 2)}
    assert body.count("Three pairs.") == 1 and "9.99" not in body
    assert "| input | 10.1 ±0.0 |" in body and "| compact | 20.0 ±0.0 |" in body
    assert "    hifidenoise benchmark --noisy data/noisy --clean data/clean\n" in body
    assert body.startswith("# compact\n\nText.\n\n## Scores\n") and body.endswith("\n\n## Training\n\nLong.\n")


def test_a_section_at_the_end_is_found(record: dict[str, Any], tmp_path: Path) -> None:
    card = tmp_path / "README.md"
    card.write_text(CARD.partition("## Training")[0], encoding="utf-8")
    write_scores(card, "compact", [ScoredSet("pairs", "three pairs", "Three pairs.", record)])
    assert "9.99" not in card.read_text(encoding="utf-8")


def test_what_cannot_be_written_to_is_refused_and_kept(record: dict[str, Any], tmp_path: Path) -> None:
    card = tmp_path / "README.md"
    card.write_text("# No scores\n")
    scored = [ScoredSet("pairs", "three pairs", "Three pairs.", record)]
    with pytest.raises(UsageConflict, match="has no section '## Scores'"):
        write_scores(card, "compact", scored)
    card.write_text(CARD)
    with pytest.raises(UsageConflict, match="studio: not in the benchmark, which has input, compact, a|b"):
        write_scores(card, "studio", scored)
    assert card.read_text() == CARD
