"""A comparison as one self-contained page: tables, distributions, files, spectrograms, players. No network."""

import json
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from denoise_cli.audio.whole_file import read_whole
from denoise_cli.errors import UnreadableAudio
from denoise_cli.metrics.table import HIGHER, LOWER, Column
from denoise_cli.workflows.benchmark_record import to_mapping, write_text
from denoise_cli.workflows.comparison import Comparison, SystemScores
from denoise_cli.workflows.report_media import flac_uri, spectrogram_levels, spectrogram_uri

TEMPLATE = "report_page.html"
PLACEHOLDER = "/*DATA*/null"
WORST_SHARE = 2 / 3  # of the examples; the rest is spread evenly over the ranking
LONGEST_SECONDS = 20.0  # of an example; a page is no archive


def write_page(comparison: Comparison, target: Path, command: Sequence[str], examples: int) -> None:
    """Write the page; so many files get players and spectrograms, the worst of the last system first.

    The systems' output files must still be there. Raises UnwritableOutput.
    """
    data = to_mapping(comparison, command)
    data["media"] = {name: _media(comparison, name) for name in choose_examples(comparison, examples)}
    template = resources.files("denoise_cli.workflows").joinpath(TEMPLATE).read_text(encoding="utf-8")
    write_text(target, template.replace(PLACEHOLDER, _as_script(data)))


def choose_examples(comparison: Comparison, count: int) -> list[str]:
    """Names of files: the worst by the first metric of the last system, then some spread over the rest."""
    column, values = _ranking(comparison)
    if column is None:
        return [item.name for item in comparison.items[:count]]
    ranked = sorted(values, key=lambda name: (_badness(column, values[name]), name), reverse=True)
    worst = ranked[: round(count * WORST_SHARE)]
    rest = ranked[len(worst) :]
    wanted = min(count - len(worst), len(rest))
    return worst + [rest[i * len(rest) // wanted] for i in range(wanted)]


def _ranking(comparison: Comparison) -> tuple[Column | None, dict[str, float]]:
    judged = [system for system in comparison.systems if not system.clean_in][-1]
    for column in comparison.columns:
        values = judged.by_file(column.key)
        if values and column.best in (HIGHER, LOWER):
            return column, values
    return None, {}


def _badness(column: Column, value: float) -> float:
    return -value if column.best == HIGHER else value


def _media(comparison: Comparison, name: str) -> list[dict[str, str]]:
    """Pictures and sounds of one file: the clean one if there is one, then every system's, on one scale of levels."""
    item = next(item for item in comparison.items if item.name == name)
    sources: list[tuple[str, Path | None]] = [("clean", item.clean)]
    sources += [(system.name, _path(system, name)) for system in comparison.systems if not system.clean_in]
    loudest_db: float | None = None
    entries = []
    for label, path in sources:
        if path is None:
            continue
        try:
            waveform, sample_rate = read_whole(path)
        except UnreadableAudio:
            continue  # named among the problems already
        waveform = waveform[:, : round(LONGEST_SECONDS * sample_rate)]
        levels = spectrogram_levels(waveform)
        loudest_db = float(levels.max()) if loudest_db is None else loudest_db
        picture = spectrogram_uri(levels, loudest_db)
        entries.append(
            {
                "label": label,
                "audio": flac_uri(waveform, sample_rate),
                "picture": picture,
                "top": f"{sample_rate // 2000}",
            }
        )
    return entries


def _path(system: SystemScores, name: str) -> Path | None:
    return system.files[name].path if name in system.files else None


def _as_script(data: dict[str, Any]) -> str:
    """JSON that can stand inside a script element whatever the names in it are."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
