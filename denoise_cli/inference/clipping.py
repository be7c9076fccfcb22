"""Samples beyond full scale, where a file cannot hold them: one gain for the whole file, or cut off."""

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol

import numpy as np

from denoise_cli.audio.samples import Samples
from denoise_cli.inference.options import ClipRule

_IN_MEMORY = 2**20  # bytes; a longer recording waits in an unnamed file beside its target
_BLOCK = 65_536


class Sink(Protocol):
    """Where samples go."""

    def write(self, block: Samples) -> None: ...


@dataclass(frozen=True)
class Room:
    """What is written into: pieces of `channels` rows.

    bounded: whether what is beyond full scale is lost there. folder: where a long recording may wait for its peak to be
    known. judged: so many of the first channels are held to full scale, the others only share their gain; None: all.
    """

    channels: int
    bounded: bool
    folder: Path
    judged: int | None = None


@dataclass(frozen=True)
class Written:
    """frames: samples per channel; peak: of the enhanced signal before anything was done about it.

    gain: what all of it was multiplied by; clamped: how many samples were cut off. lufs: how loud it was made, where it
    was brought to a loudness.
    """

    frames: int
    peak: float
    gain: float = 1.0
    clamped: int = 0
    lufs: float | None = None


class Spool:
    """Pieces that wait, in memory or in an unnamed file beside the target; a context manager."""

    def __init__(self, room: Room) -> None:
        self._channels = room.channels
        self._waiting = tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=str(room.folder))

    def __enter__(self) -> "Spool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._waiting.close()

    def write(self, block: Samples) -> None:
        """Raises OSError when there is no room for it."""
        self._waiting.write(np.ascontiguousarray(block.T, dtype=np.float32).tobytes())

    def blocks(self, gain: float = 1.0) -> Iterator[Samples]:
        """All that was written, from the start, times a gain."""
        self._waiting.seek(0)
        while content := self._waiting.read(_BLOCK * self._channels * 4):
            block = np.frombuffer(content, np.float32).reshape(-1, self._channels).T
            yield block if gain == 1 else np.float32(gain) * block


def write_within_scale(pieces: Iterable[Samples], sink: Sink, room: Room, rule: ClipRule) -> Written:
    """Write all pieces, (channels, samples) each, by the rule. Constant memory.

    Where nothing beyond full scale is lost, only `clamp` changes anything.
    Raises OSError when the recording does not fit where it has to wait.
    """
    if rule is ClipRule.SCALE and room.bounded:
        return _write_scaled(pieces, sink, room)
    frames, peak, clamped, judged = 0, 0.0, 0, room.judged
    for piece in pieces:
        frames += piece.shape[1]
        peak = max(peak, peak_of(piece[:judged]))
        if rule is ClipRule.CLAMP and peak > 1:
            clamped += int(np.count_nonzero(np.abs(piece[:judged]) > 1))
            piece = np.concatenate([np.clip(piece[:judged], -1, 1), piece[len(piece) if judged is None else judged :]])
        sink.write(piece)
    return Written(frames, peak, 1.0, clamped)


def _write_scaled(pieces: Iterable[Samples], sink: Sink, room: Room) -> Written:
    frames, peak = 0, 0.0
    with Spool(room) as waiting:
        for piece in pieces:
            frames += piece.shape[1]
            peak = max(peak, peak_of(piece[: room.judged]))
            waiting.write(piece)
        gain = 1 / peak if peak > 1 else 1.0
        for block in waiting.blocks(gain):
            sink.write(block)
    return Written(frames, peak, gain)


def peak_of(piece: Samples) -> float:
    """Highest absolute value; 0 where there is nothing."""
    return float(max(piece.max(), -piece.min())) if piece.size else 0.0
