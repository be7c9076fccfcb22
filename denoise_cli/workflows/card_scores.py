"""The scores on a model's card, taken from benchmarks' JSON: its head for the Hub, its section for readers."""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from denoise_cli.errors import UsageConflict
from denoise_cli.models.card import split_card, write_card
from denoise_cli.workflows.benchmark_markdown import Record, cell, label, table, title
from denoise_cli.workflows.benchmark_record import write_text

SECTION = re.compile(r"^## Scores\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
SHOWN = (
    "pesq_wb", "stoi", "si_sdr", "dnsmos_sig", "dnsmos_bak", "dnsmos_ovrl", "srmr", "level_change", "word_error",
    "word_error_clean",
)  # fmt: skip
TASK = {"type": "audio-to-audio", "name": "speech enhancement"}


@dataclass(frozen=True)
class ScoredSet:
    """A benchmark: the data set's key and name, a sentence for readers, and the JSON's content."""

    key: str
    name: str
    text: str
    record: Record


def write_scores(card: Path, model: str, sets: Sequence[ScoredSet]) -> None:
    """Put the scores of one of the benchmarks' systems on a card, in place of those that it has.

    model: the system's name in the benchmarks, and the model's on the card.
    Raises ModelUnavailable for a card that cannot be read, UsageConflict for one without a section "## Scores" and for
    a benchmark without the model, UnwritableOutput.
    """
    head, body = split_card(card)
    if not SECTION.search(body):
        raise UsageConflict(f"{card}: has no section '## Scores' to write to")
    section = f"## Scores\n\n{_section(model, sets)}\n\n"
    head["model-index"] = [{"name": model, "results": [_result(model, scored) for scored in sets]}]
    factor = _processor_factor(model, sets)
    if factor is not None:
        head["real_time_factor"] = round(factor, 4)
    write_text(card, write_card(head, SECTION.sub(lambda _: section, body, count=1)))


def find_system(record: Record, name: str) -> Mapping[str, Any]:
    """A benchmark's system by its name. Raises UsageConflict with the names there are."""
    for system in record["systems"]:
        if system["name"] == name:
            return dict(system)
    known = ", ".join(system["name"] for system in record["systems"])
    raise UsageConflict(f"{name}: not in the benchmark, which has {known}")


def _result(model: str, scored: ScoredSet) -> dict[str, Any]:
    system = find_system(scored.record, model)
    metrics = [
        {"type": m["key"], "name": label(m), "value": round(system["mean"][m["key"]]["mean"], m["digits"] + 1)}
        for m in _shown(scored.record, [system])
    ]
    return {"task": dict(TASK), "dataset": {"type": scored.key, "name": scored.name}, "metrics": metrics}


def _section(model: str, sets: Sequence[ScoredSet]) -> str:
    parts = ["Means over files, ± half of the 95 % bootstrap interval; `docs/results.md` has more of the same."]
    for scored in sets:
        systems = [scored.record["systems"][0], find_system(scored.record, model)]
        metrics = _shown(scored.record, systems)
        rows = [[s["name"], *(cell(s["mean"][m["key"]], m["digits"]) for m in metrics)] for s in systems]
        parts.append("\n".join([f"{scored.text}\n", *table(["", *(title(m) for m in metrics)], rows)]))
        parts.append(f"    {shlex.join(scored.record['command'])}")
    return "\n\n".join(parts)


def _shown(record: Record, systems: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    metrics = {metric["key"]: metric for metric in record["metrics"]}
    return [metrics[key] for key in SHOWN if key in metrics and any(system["mean"][key] for system in systems)]


def _processor_factor(model: str, sets: Sequence[ScoredSet]) -> float | None:
    costs = [find_system(scored.record, model)["cost"] for scored in sets]
    return next((cost["processor_real_time_factor"] for cost in costs if cost), None)
