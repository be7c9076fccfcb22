"""A recording from standard input, or to standard output, by way of temporary files.

The level is measured over the whole recording before the first sample is enhanced, and the header of a WAV says how
long it is: so nothing can come out before everything has gone in.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from denoise_cli.audio.reading import AudioInfo
from denoise_cli.errors import DenoiseError, UnwritableOutput
from denoise_cli.inference.engine import Engine
from denoise_cli.inference.enhance_file import Enhanced, Listener, enhance_file
from denoise_cli.inference.options import EnhanceOptions
from denoise_cli.workflows.plan_jobs import STANDARD_STREAM, Job

_COPIED = 2**20  # bytes at a time


def enhance_streams(job: Job, engine: Engine, options: EnhanceOptions, listener: Listener) -> Enhanced:
    """Enhance a job whose source is standard input, or whose target is standard output, or both.

    Standard output gets a WAV with an exact header, or another format that is asked for, and only when all of it is
    enhanced. Errors and notes speak of the
    streams, not of the temporary files, which are gone afterwards.
    Raises what `enhance_file` raises, UnwritableOutput when no room is left for temporary files, and BrokenPipeError
    when nobody listens any more.
    """
    with tempfile.TemporaryDirectory(prefix="hifidenoise-") as folder:
        source, target = job.source, job.target
        names = {}
        if source == STANDARD_STREAM:
            source = Path(folder, "input")
            names[str(source)] = "standard input"
            _spool(source)
        if target == STANDARD_STREAM:
            target = Path(folder, f"output.{options.written.name or 'wav'}")
            names[str(target)] = "standard output"
        try:
            enhanced = enhance_file(source, target, engine, options, _Renaming(listener, names), job.residual)
        except DenoiseError as error:
            raise type(error)(_renamed(str(error), names)) from error
        if job.target == STANDARD_STREAM:
            _give_out(target)
    return enhanced


class _Renaming(Listener):
    """Passes on what a file has to tell, under the names that a user knows."""

    def __init__(self, listener: Listener, names: Mapping[str, str]) -> None:
        self._listener = listener
        self._names = names

    def begins(self, info: AudioInfo) -> None:
        self._listener.begins(replace(info, path=Path(_renamed(str(info.path), self._names))))

    def advances(self, seconds: float) -> None:
        self._listener.advances(seconds)

    def notes(self, text: str, once: str | None = None) -> None:
        self._listener.notes(_renamed(text, self._names), once)


def _renamed(text: str, names: Mapping[str, str]) -> str:
    for path, name in names.items():
        text = text.replace(path, name)
    return text


def _spool(path: Path) -> None:
    try:
        with open(path, "wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file, _COPIED)
    except OSError as error:
        reason = f"{error.strerror or error} in {os.path.dirname(path)} (TMPDIR names another folder)"
        raise UnwritableOutput(f"standard input: {reason}") from error


def _give_out(path: Path) -> None:
    with open(path, "rb") as file:
        shutil.copyfileobj(file, sys.stdout.buffer, _COPIED)
    sys.stdout.buffer.flush()
