"""Run an engine over a recording that arrives in blocks, in constant memory, as if it were run on the whole at once."""

from collections import deque
from collections.abc import Iterator

import numpy as np

from denoise_cli.audio.samples import Samples
from denoise_cli.errors import DeviceMemoryExhausted
from denoise_cli.inference.engine import Engine
from denoise_cli.inference.spans import Span, halve, surround


class SampleQueue:
    """Blocks of (channels, samples) in a row, read by their position in the recording."""

    def __init__(self, channels: int) -> None:
        self._blocks: deque[tuple[int, Samples]] = deque()
        self._channels = channels
        self.start = 0  # first sample that has not been forgotten
        self.end = 0  # samples appended since the beginning

    def append(self, block: Samples) -> None:
        if block.shape[1]:
            self._blocks.append((self.end, block))
            self.end += block.shape[1]

    def read(self, start: int, stop: int) -> Samples:
        """Samples [start, stop), which must have been appended and not forgotten."""
        if start < self.start or stop > self.end:
            raise IndexError(f"samples {start}..{stop} are not among {self.start}..{self.end}")
        parts = [
            block[:, max(0, start - first) : stop - first]
            for first, block in self._blocks
            if first < stop and first + block.shape[1] > start
        ]
        if len(parts) == 1:
            return parts[0]
        return np.concatenate(parts, axis=1) if parts else np.zeros((self._channels, 0), np.float32)

    def forget(self, position: int) -> None:
        """Let go of everything before a position."""
        self.start = max(self.start, position)
        while self._blocks and self._blocks[0][0] + self._blocks[0][1].shape[1] <= self.start:
            self._blocks.popleft()

    def take(self, count: int) -> Samples:
        """The next `count` samples, forgotten by this."""
        samples = self.read(self.start, self.start + count)
        self.forget(self.start + count)
        return samples


class WindowCutter:
    """Cuts arriving blocks into windows for an engine; knows nothing of the engine but its context and hop."""

    def __init__(self, channels: int, chunk: int, context: tuple[int, int]) -> None:
        self._queue = SampleQueue(channels)
        self._chunk = chunk
        self._context = context
        self._next = 0

    def push(self, block: Samples) -> Iterator[tuple[Span, Samples]]:
        """Take (channels, samples); give each window that is complete by now, with its place."""
        self._queue.append(block)
        while self._next + self._chunk + self._context[1] <= self._queue.end:
            yield self._cut(surround(self._next, self._next + self._chunk, self._context, None))

    def flush(self) -> Iterator[tuple[Span, Samples]]:
        """The last window: all that is left, never longer than the others."""
        if self._next < self._queue.end:
            yield self._cut(surround(self._next, self._queue.end, self._context, self._queue.end))

    def _cut(self, span: Span) -> tuple[Span, Samples]:
        window = self._queue.read(span.window_start, span.window_stop)
        self._next = span.stop
        self._queue.forget(span.stop - self._context[0])
        return span, window


class ChunkStream:
    """`push` blocks, get enhanced blocks of the same total length back; `flush` gives the rest.

    Equal to one pass of the engine over the whole recording to float precision. Holds one chunk with its context.
    """

    def __init__(self, engine: Engine, channels: int, chunk: int) -> None:
        if chunk % engine.hop:
            raise ValueError(f"a chunk of {chunk} samples is not a multiple of the engine's hop {engine.hop}")
        self._engine = engine
        self._channels = channels
        self._most = chunk + sum(engine.context)
        self._cutter = WindowCutter(channels, chunk, engine.context)

    def push(self, block: Samples) -> Samples:
        """Take (channels, samples) at the engine's rate; give what is finished, (channels, any number)."""
        return self._join(self._cutter.push(block))

    def flush(self) -> Samples:
        return self._join(self._cutter.flush())

    def _join(self, windows: Iterator[tuple[Span, Samples]]) -> Samples:
        parts = [run_window(self._engine, span, window, self._most) for span, window in windows]
        if len(parts) == 1:
            return parts[0]
        return np.concatenate(parts, axis=1) if parts else np.zeros((self._channels, 0), np.float32)


def run_window(engine: Engine, span: Span, window: Samples, most: int) -> Samples:
    """The kept samples of one window, (channels, kept).

    Channels are run together as far as all their samples are not more than `most`: short recordings cost fewer runs,
    long ones no more memory than one channel. Where the device's memory does not suffice, channels are run one by one,
    then the window is halved, with its context intact, so that the result stays the same.

    Raises DeviceMemoryExhausted when one hop is too much.
    """
    together = max(1, most // span.window_samples)
    rows = range(0, len(window), together)
    return np.concatenate([_run_rows(engine, span, window[row : row + together]) for row in rows])


def _run_rows(engine: Engine, span: Span, window: Samples) -> Samples:
    try:
        return engine.run(np.ascontiguousarray(window))[:, span.kept]
    except DeviceMemoryExhausted:
        if len(window) > 1:
            return np.concatenate([_run_rows(engine, span, row[None]) for row in window])
        halves = halve(span, engine.hop, engine.context)
        if halves is None:
            raise
    parts = []
    for half in halves:
        inside = slice(half.window_start - span.window_start, half.window_stop - span.window_start)
        parts.append(_run_rows(engine, half, window[:, inside]))
    return np.concatenate(parts, axis=1)
