"""One or more engines for many threads: windows that wait for a device are run on it together."""

import threading
from collections.abc import Callable, Sequence

import numpy as np

from denoise_cli.audio.samples import Samples
from denoise_cli.errors import DeviceMemoryExhausted
from denoise_cli.inference.engine import Engine

LARGEST_BATCH = 16  # windows; a GPU is busy with fewer


class _Request:
    """A window that a thread waits for."""

    def __init__(self, waveform: Samples) -> None:
        self.waveform = waveform
        self.result: Samples | None = None
        self.error: DeviceMemoryExhausted | None = None

    @property
    def finished(self) -> bool:
        return self.result is not None or self.error is not None


class _Lane:
    """An engine with what its device's memory was found to hold."""

    def __init__(self, engine: Engine, most_rows: int) -> None:
        self.engine = engine
        self.most_rows = most_rows
        self.too_many: int | None = None  # samples that did not fit, even alone


class EnginePool:
    """An `inference.engine.Engine` of several: same model, each on a device of its own. For any number of threads.

    Windows of one length that arrive while all devices are busy are run as one batch; their results are those of
    single runs to float precision. Where a batch does not fit a device's memory, half as many are tried, from then on.
    """

    def __init__(
        self, engines: Sequence[Engine], tell: Callable[[str], None] | None = None, most_rows: int = LARGEST_BATCH
    ) -> None:
        """tell: told once that memory is short. Raises ValueError without an engine."""
        if not engines:
            raise ValueError("no engine")
        self.sample_rate = engines[0].sample_rate
        self.hop = engines[0].hop
        self.context = engines[0].context
        self._idle = [_Lane(engine, most_rows) for engine in engines]
        self._waiting: list[_Request] = []
        self._changed = threading.Condition()
        self._tell = tell
        self._told = False

    def run(self, waveform: Samples) -> Samples:
        """See `Engine.run`. The thread itself runs what waits, its own window or others', until its own is done.

        Raises DeviceMemoryExhausted when the window does not fit the memory even alone, and what the engine raises.
        """
        request = _Request(waveform)
        with self._changed:
            self._waiting.append(request)
        while True:
            with self._changed:
                while not (request.finished or (self._idle and self._waiting)):
                    self._changed.wait()
                if request.finished:
                    break
                lane = self._idle.pop()
                batch = self._take(lane.most_rows)
            again = [
                other for other in batch if other is not request
            ]  # in case of a bug, which each thread meets itself
            try:
                again = self._run_batch(lane, batch)
            finally:
                with self._changed:
                    self._waiting[:0] = again
                    self._idle.append(lane)
                    self._changed.notify_all()
        if request.result is None:
            raise request.error or RuntimeError("neither a result nor an error")
        return request.result

    def _take(self, most_rows: int) -> list[_Request]:
        """The request that waits longest, and others of its length while there is room."""
        batch = [self._waiting.pop(0)]
        rows = len(batch[0].waveform)
        for request in list(self._waiting):
            fits = rows + len(request.waveform) <= most_rows
            if fits and request.waveform.shape[1] == batch[0].waveform.shape[1]:
                self._waiting.remove(request)
                batch.append(request)
                rows += len(request.waveform)
        return batch

    def _run_batch(self, lane: _Lane, batch: list[_Request]) -> list[_Request]:
        """Give requests their results or errors; returns those that have to wait again, for a smaller batch."""
        waveforms = [request.waveform for request in batch]
        size = sum(waveform.size for waveform in waveforms)
        try:
            if len(batch) == 1 and lane.too_many is not None and size >= lane.too_many:
                raise DeviceMemoryExhausted("a window of this size did not fit before")
            output = lane.engine.run(waveforms[0] if len(batch) == 1 else np.concatenate(waveforms))
        except DeviceMemoryExhausted as error:
            return self._shrink(lane, batch, size, error)
        rows = np.cumsum([len(waveform) for waveform in waveforms])[:-1]
        for request, result in zip(batch, np.split(output, rows), strict=True):
            request.result = result
        return []

    def _shrink(self, lane: _Lane, batch: list[_Request], size: int, error: DeviceMemoryExhausted) -> list[_Request]:
        """After a batch that did not fit: smaller ones from now on; a single request has failed."""
        if len(batch) > 1:
            lane.most_rows = max(1, sum(len(request.waveform) for request in batch) // 2)
        else:
            lane.too_many = size if lane.too_many is None else min(size, lane.too_many)
            batch[0].error = error
        if self._tell is not None and not self._told:
            self._told = True
            self._tell("the device's memory is short: less is run at a time, which takes longer (--chunk-seconds)")
        return batch if len(batch) > 1 else []
