"""Threads that each handle a file beside one model: decoding, encoding and the model's runs overlap."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TypeVar

from denoise_cli.audio.reading import AudioInfo
from denoise_cli.inference.enhance_file import Listener

Task = TypeVar("Task")
Result = TypeVar("Result")

MOST_BY_DEFAULT = 8  # each file under way takes memory of its own
_AHEAD = 2  # tasks handed out for each thread: one that is done finds the next


class Stopped(BaseException):
    """Ends the file that a thread is at, because the batch has ended."""


def default_threads(files: int) -> int:
    """Files handled at a time where nobody says: as many as there are cores, within reason."""
    return max(1, min(files, usable_cores(), MOST_BY_DEFAULT))


def usable_cores() -> int:
    """Cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class SharedListener(Listener):
    """Passes on what files in several threads have to tell, one at a time; what is told once only once.

    After `stop` the files under way end by Stopped at their next word.
    """

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._told: set[str] = set()
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    def stop(self) -> None:
        self._stopped.set()

    def check(self) -> None:
        """Raises Stopped after `stop`."""
        if self._stopped.is_set():
            raise Stopped

    def begins(self, info: AudioInfo) -> None:
        self.check()
        with self._lock:
            self._listener.begins(info)

    def advances(self, seconds: float) -> None:
        self.check()
        with self._lock:
            self._listener.advances(seconds)

    def notes(self, text: str, once: str | None = None) -> None:
        with self._lock:
            if once is None or once not in self._told:
                self._listener.notes(text)
            if once is not None:
                self._told.add(once)

    def alone(self, tell: Callable[[], None]) -> None:
        """Tell something else while no thread is telling anything."""
        with self._lock:
            tell()


def run_in_threads(
    tasks: Sequence[Task], threads: int, work: Callable[[Task], Result], stop: Callable[[], None]
) -> Iterator[tuple[int, Result]]:
    """Results of work with the places of their tasks, as they get ready.

    Where work or the caller ends it by an exception, `stop` is called, and the threads are waited for.
    """
    waiting = iter(enumerate(tasks))
    running: dict[Future[Result], int] = {}
    with ThreadPoolExecutor(threads) as pool:

        def hand_out(count: int) -> None:
            for place, task in islice(waiting, count):
                running[pool.submit(work, task)] = place

        try:
            hand_out(_AHEAD * threads)
            while running:
                done = wait(running, return_when=FIRST_COMPLETED).done
                for future in sorted(done, key=lambda each: running[each]):
                    place = running.pop(future)
                    result = future.result()
                    hand_out(1)
                    yield place, result
        except BaseException:
            stop()
            raise
