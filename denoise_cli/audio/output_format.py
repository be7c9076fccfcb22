"""What is asked of the files that are written; for flags, so without libsndfile."""

from dataclasses import dataclass


@dataclass(frozen=True)
class OutputFormat:
    """None: as in the source.

    name: a suffix without its dot, "flac", which is also the suffix of targets that are not named in full.
    subtype: libsndfile's name, "PCM_24". sample_rate: in Hz.
    """

    name: str | None = None
    subtype: str | None = None
    sample_rate: int | None = None
