"""Signals wait for the end of a step."""

import signal
import threading

import pytest

from denoise_cli.training.interrupts import interrupts_wait


def test_an_interrupt_takes_effect_at_the_end_of_the_block() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt):
        with interrupts_wait():
            signal.raise_signal(signal.SIGINT)
            done.append("the rest of the step")
        done.append("never reached")
    assert done == ["the rest of the step"]


def test_handlers_are_as_before() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with interrupts_wait():
        assert signal.getsignal(signal.SIGINT) is not before[0]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_an_error_in_the_block_is_not_hidden_by_an_interrupt() -> None:
    with pytest.raises(ZeroDivisionError):
        with interrupts_wait():
            signal.raise_signal(signal.SIGINT)
            raise ZeroDivisionError


def test_a_thread_may_train_too() -> None:
    done: list[str] = []

    def work() -> None:
        with interrupts_wait():
            done.append("step")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == ["step"]
