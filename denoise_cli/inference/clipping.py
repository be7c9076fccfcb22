"""Samples beyond full scale, where a file cannot hold them: one gain for the whole file, or cut off."""

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from denoise_cli.audio.samples import Samples
from denoise_cli.inference.options import ClipRule

_IN_MEMORY = 8 * 2**20  # bytes; a longer recording waits in an unnamed file beside its target
_BLOCK = 65_536


class Sink(Protocol):
    """Where samples go."""

    def write(self, block: Samples) -> None: ...


@dataclass(frozen=True)
class Written:
    """frames: samples per channel; peak: of the enhanced signal before anything was done about it.

    gain: what all of it was multiplied by; clamped: how many samples were cut off.
    """

    frames: int
    peak: float
    gain: float = 1.0
    clamped: int = 0


def write_within_scale(
    pieces: Iterable[Samples],
    sink: Sink,
    channels: int,
    rule: ClipRule,
    bounded: bool,
    folder: Path,
    judged: int | None = None,
) -> Written:
    """Write all pieces, (channels, samples) each, by the rule. Constant memory.

    bounded: whether what is beyond full scale is lost in the sink; where it is not, only `clamp` changes anything.
    folder: where a long recording may wait for its peak to be known.
    judged: so many of the first channels are held to full scale, the others only share their gain; None: all are.
    Raises OSError when it does not fit there.
    """
    if rule is ClipRule.SCALE and bounded:
        return _write_scaled(pieces, sink, channels, folder, judged)
    frames, peak, clamped = 0, 0.0, 0
    for piece in pieces:
        frames += piece.shape[1]
        peak = max(peak, _peak(piece[:judged]))
        if rule is ClipRule.CLAMP and peak > 1:
            clamped += int(np.count_nonzero(np.abs(piece[:judged]) > 1))
            piece = np.concatenate([np.clip(piece[:judged], -1, 1), piece[len(piece) if judged is None else judged :]])
        sink.write(piece)
    return Written(frames, peak, 1.0, clamped)


def _write_scaled(pieces: Iterable[Samples], sink: Sink, channels: int, folder: Path, judged: int | None) -> Written:
    frames, peak = 0, 0.0
    with tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=str(folder)) as waiting:
        for piece in pieces:
            frames += piece.shape[1]
            peak = max(peak, _peak(piece[:judged]))
            waiting.write(np.ascontiguousarray(piece.T).tobytes())
        gain = 1 / peak if peak > 1 else 1.0
        waiting.seek(0)
        for block in _read_back(waiting, channels):
            sink.write(block if gain == 1 else np.float32(gain) * block)
    return Written(frames, peak, gain)


def _read_back(waiting: "tempfile.SpooledTemporaryFile[bytes]", channels: int) -> Iterator[Samples]:
    while content := waiting.read(_BLOCK * channels * 4):
        yield np.frombuffer(content, np.float32).reshape(-1, channels).T


def _peak(piece: Samples) -> float:
    return float(max(piece.max(), -piece.min())) if piece.size else 0.0
