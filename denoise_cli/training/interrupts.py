"""Ctrl-C and a scheduler's SIGTERM, kept out of the middle of a step."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interrupts_wait() -> Iterator[list[int]]:
    """SIGINT and SIGTERM that arrive in the block take effect at its end, as they would have without it.

    A state that is saved on KeyboardInterrupt is then that of whole steps. Gives the list that holds the signals
    meanwhile. Outside the main thread, which alone receives them, it does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield []
        return
    arrived: list[int] = []

    def remember(number: int, frame: FrameType | None) -> None:
        arrived.append(number)

    handlers = {number: signal.signal(number, remember) for number in SIGNALS}
    try:
        yield arrived
    finally:
        for number, handler in handlers.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
    if arrived:
        signal.raise_signal(arrived[0])
