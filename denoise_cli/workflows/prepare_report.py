"""What a run of prepare-data did, in numbers and names."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from denoise_cli.data.manifest import Record
from denoise_cli.data.sources import Source

LISTED_NAMES = 1000  # a reason; the manifest has all


@dataclass
class PrepareReport:
    """Counts items: new ones, those kept from earlier runs, and by reason those refused, with the first names."""

    done: Counter[str] = field(default_factory=Counter)  # by kind
    kept: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)  # by reason
    names: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    removed: int = 0  # sources of the last run that are gone
    changed: bool = True  # False: the corpus is the one that was there
    notes: tuple[str, ...] = ()
    corpus: dict[str, Any] = field(default_factory=dict)  # Corpus.describe()

    def count(self, where: Counter[str], source: Source, record: Record) -> None:
        """Count a source's items in `done` or `kept`, and what was refused in `skipped`."""
        for entry in record.entries:
            if entry.reason is None:
                where[source.kind] += 1
                continue
            self.skipped[entry.reason] += 1
            if len(self.names[entry.reason]) < LISTED_NAMES:
                channel = f", channel {entry.channel}" if source.kind == "rir" and len(record.entries) > 1 else ""
                self.names[entry.reason].append(entry.detail or f"{source.path}{channel}")

    def reasons(self) -> str:
        """Counts by reason in one line, the most frequent first; empty if nothing was refused."""
        return ", ".join(f"{count} {reason}" for reason, count in self.skipped.most_common())

    def content(self) -> dict[str, Any]:
        """As report.json has it."""
        skipped = {
            reason: {"count": count, "files": self.names[reason]} for reason, count in self.skipped.most_common()
        }
        return {
            "done": dict(self.done),
            "kept": dict(self.kept),
            "skipped": skipped,
            "removed_sources": self.removed,
            "changed": self.changed,
            "notes": list(self.notes),
            "corpus": self.corpus,
        }
