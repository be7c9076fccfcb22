"""The card of a model: README.md with a YAML head that the Hub reads."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from denoise_cli.errors import ModelUnavailable

MAX_CARD_BYTES = 1 << 20
FENCE = "---"
SCORE_NAMES = {"pesq": "PESQ (wide band)", "stoi": "STOI", "si_sdr": "SI-SDR [dB]"}


def read_head(file: Path) -> dict[str, Any]:
    """The YAML head of a card, empty without one. Raises ModelUnavailable when it is no YAML table."""
    return split_card(file)[0]


def split_card(file: Path) -> tuple[dict[str, Any], str]:
    """Head and body of a card. Raises ModelUnavailable when it cannot be read."""
    try:
        with file.open("rb") as stream:
            text = stream.read(MAX_CARD_BYTES).decode("utf-8").replace("\r\n", "\n")
        if not text.startswith(f"{FENCE}\n"):
            return {}, text
        head, _, body = text[len(FENCE) + 1 :].partition(f"\n{FENCE}\n")
        content = yaml.safe_load(head)
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        reason = str(error).splitlines()[0]
        raise ModelUnavailable(f"{file}: its head cannot be read ({reason})") from error
    if not isinstance(content, dict):
        raise ModelUnavailable(f"{file}: its head is no table")
    return content, body.lstrip("\n")


def write_card(head: Mapping[str, Any], body: str) -> str:
    """A card's text."""
    listed = yaml.safe_dump(dict(head), sort_keys=False, allow_unicode=True)
    return f"{FENCE}\n{listed}{FENCE}\n\n{body.rstrip()}\n"


def complete_head(head: Mapping[str, Any], repository: str, trained_with: Mapping[str, Any]) -> dict[str, Any]:
    """The head of a card with all that the Hub wants to know; what it says already is kept.

    trained_with: of the model's config; its dev_scores become metrics and a model index.
    """
    scores = _scores(trained_with)
    complete: dict[str, Any] = {
        "license": None,  # first, and always given: whoever publishes has to say
        "library_name": "hifidenoise",
        "pipeline_tag": "audio-to-audio",
        "tags": ["speech-enhancement", "denoising", "dereverberation", "hifi-gan"],
    }
    if scores:
        complete["metrics"] = list(scores)
        result = {
            "task": {"type": "audio-to-audio", "name": "Speech enhancement"},
            "dataset": {"name": "development part of the training corpus", "type": "hifidenoise-corpus"},
            "metrics": [{"type": name, "name": SCORE_NAMES.get(name, name), "value": scores[name]} for name in scores],
        }
        complete["model-index"] = [{"name": repository.split("/")[-1], "results": [result]}]
    return {**complete, **head}


def standard_body(repository: str, trained_with: Mapping[str, Any], weights_sha256: str) -> str:
    """A card's text for a model that came without."""
    scores = "".join(
        f"| {SCORE_NAMES.get(name, name)} | {value:g} |\n" for name, value in _scores(trained_with).items()
    )
    table = f"On the development part of its training corpus:\n\n| metric | value |\n|---|---|\n{scores}\n"
    stage, step = str(trained_with.get("stage", "?"))[:20], str(trained_with.get("step", "?"))[:20]
    return (
        f"# {repository.split('/')[-1]}\n\n"
        "Removes noise and reverberation from speech recordings; a model for `hifidenoise`, after Su, Jin and\n"
        "Finkelstein (2020), HiFi-GAN for denoising and dereverberation.\n\n"
        f"```sh\nhifidenoise enhance noisy.wav -o clean.wav --model {repository}\n```\n\n"
        f"{table if scores else ''}"
        f"Trained by `hifidenoise`, {stage}, {step} steps; `config.json` has every setting.\n"
        f"SHA-256 of model.safetensors: `{weights_sha256}`\n\n"
        "Not for streaming. It takes music for noise, in part or whole, and can change words: do not rely on its\n"
        "output for transcripts or evidence.\n"
    )


def _scores(trained_with: Mapping[str, Any]) -> dict[str, float]:
    scores = trained_with.get("dev_scores")
    if not isinstance(scores, Mapping):
        return {}
    return {str(name): value for name, value in scores.items() if isinstance(value, float) and math.isfinite(value)}
