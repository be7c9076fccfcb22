"""docs/train_compact.sh is what made the shipped model, not what somebody remembers of it."""

import json
import re
import shlex
from pathlib import Path

from denoise_cli.config_io import load_config, to_mapping
from denoise_cli.models.finding import read_model

ROOT = Path(__file__).resolve().parent.parent


def commands(kind: str) -> list[list[str]]:
    """The words of each command of one kind, in order."""
    text = (ROOT / "docs" / "train_compact.sh").read_text(encoding="utf-8").replace("\\\n", " ")
    return [shlex.split(line) for line in re.findall(rf"^hifidenoise {kind}.*", text, re.MULTILINE)]


def runs() -> list[list[str]]:
    return commands("train-")


def values_of(words: list[str], flag: str) -> list[str]:
    return [value for word, value in zip(words, words[1:], strict=False) if word == flag]


def test_each_run_starts_from_the_one_before() -> None:
    made: list[str] = []
    for words in commands("(?:train-|models average)"):
        if words[1] == "models":
            assert set(words[3:-2]) <= set(made)
        else:
            assert values_of(words, "--init") == made[-1:]
        made += values_of(words, "-o")
    assert len(made) == len(set(made)) > 1


def test_the_last_run_has_the_settings_that_the_shipped_model_was_trained_with() -> None:
    configs = [load_config("compact", None, values_of(words, "--set")) for words in runs()]  # all can be read
    trained_with = read_model("compact").trained_with
    assert runs()[-1][1] == f"train-{trained_with['stage']}"
    written = json.loads(json.dumps(to_mapping(configs[-1])))
    differences = {
        f"{table}.{name}": (value, written[table].get(name))
        for table, shipped in trained_with["config"].items()
        if table in ("generator", "degradation", "train", trained_with["stage"])
        for name, value in shipped.items()
        if written[table].get(name) != value and name not in ("checkpoint_minutes", "validate_minutes")
    }
    assert not differences
