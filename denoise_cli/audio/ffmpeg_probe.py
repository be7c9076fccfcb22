"""What ffprobe says of a file's first sound track."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from denoise_cli.errors import UnreadableAudio, UnusableAudio

_TAGS = {"track": "tracknumber", "title": "title", "artist": "artist", "album": "album", "date": "date",
         "comment": "comment", "genre": "genre", "copyright": "copyright"}  # ffmpeg's names: libsndfile's  # fmt: skip


@dataclass(frozen=True)
class Track:
    """codec: ffmpeg's name; seconds: 0 where unknown; layout: of channels, "" where unknown; bit_rate: a second.

    tags: of the whole file, by libsndfile's names.
    """

    codec: str
    sample_rate: int
    channels: int
    seconds: float
    layout: str
    bit_rate: int | None
    tags: Mapping[str, str]


def is_installed() -> bool:
    """Whether ffmpeg and ffprobe are on the PATH."""
    return all(shutil.which(program) is not None for program in ("ffmpeg", "ffprobe"))


def probe(path: Path) -> Track:
    """Raises UnreadableAudio, UnusableAudio for a file without a sound track."""
    entries = "stream=codec_name,sample_rate,channels,channel_layout,bit_rate,duration:format=duration:format_tags"
    command = [
        "ffprobe", "-v", "error", "-protocol_whitelist", "file,pipe", "-select_streams", "a:0",
        "-show_entries", entries, "-of", "json", f"file:{path}",
    ]  # fmt: skip
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode:
        reason = (done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"])[-1]
        reason = reason.removeprefix(f"file:{path}: ")
        raise UnreadableAudio(f"{path}: not a sound file that libsndfile or ffmpeg can read ({reason})")
    found = json.loads(done.stdout)
    streams = found.get("streams", [])
    if not streams or not streams[0].get("channels"):
        raise UnusableAudio(f"{path}: has no sound track")
    return _track(streams[0], found.get("format", {}))


def _track(stream: Mapping[str, Any], container: Mapping[str, Any]) -> Track:
    tags = {name.lower(): text for name, text in container.get("tags", {}).items()}
    return Track(
        stream.get("codec_name", "unknown"),
        int(stream["sample_rate"]),
        int(stream["channels"]),
        float(stream.get("duration") or container.get("duration") or 0),
        stream.get("channel_layout", ""),
        int(stream["bit_rate"]) if "bit_rate" in stream else None,
        {ours: tags[theirs] for theirs, ours in _TAGS.items() if theirs in tags},
    )
