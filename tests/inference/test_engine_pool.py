import threading
from collections.abc import Sequence

import numpy as np
import pytest

from denoise_cli.audio.samples import Samples
from denoise_cli.errors import DeviceMemoryExhausted
from denoise_cli.inference.engine import Engine
from denoise_cli.inference.engine_pool import EnginePool
from denoise_cli.inference.streaming import ChunkStream
from tests.inference.engines import Cramped, Filtering, Passing


class Gated(Filtering):
    """Holds its first run until it is let go, so that others have to wait; notes the rows of every run."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[int] = []
        self.entered = threading.Event()
        self.open = threading.Event()

    def process(self, waveform: Samples) -> Samples:
        self.rows.append(len(waveform))
        self.entered.set()
        assert self.open.wait(30)
        return super().process(waveform)


def windows(lengths: Sequence[int]) -> list[Samples]:
    random = np.random.default_rng(0)
    return [random.standard_normal((1 + length % 2, length)).astype(np.float32) for length in lengths]


def run_together(pool: EnginePool, waveforms: Sequence[Samples], gated: Gated | None = None) -> list[Samples | str]:
    """All windows from threads of their own; the first enters alone where the engine is gated."""
    results: list[Samples | str] = [""] * len(waveforms)

    def run(place: int) -> None:
        try:
            results[place] = pool.run(waveforms[place])
        except (DeviceMemoryExhausted, ZeroDivisionError) as error:
            results[place] = str(error)

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(waveforms))]
    threads[0].start()
    if gated is not None:
        assert gated.entered.wait(30)
    for thread in threads[1:]:
        thread.start()
    if gated is not None:
        while len(pool._waiting) < len(waveforms) - 1:
            threading.Event().wait(0.001)
        gated.open.set()
    for thread in threads:
        thread.join(60)
    return results


def assert_each_is_its_own(results: Sequence[Samples | str], waveforms: Sequence[Samples]) -> None:
    for result, waveform in zip(results, waveforms, strict=True):
        assert not isinstance(result, str), result
        np.testing.assert_allclose(result, Filtering().run(waveform), rtol=0, atol=1e-4)


def test_windows_that_wait_are_run_together_by_length() -> None:
    gated = Gated()
    waveforms = windows([100, 80, 80, 64, 80, 64, 81])
    results = run_together(EnginePool([gated]), waveforms, gated)
    assert_each_is_its_own(results, waveforms)
    assert gated.rows[0] == 1
    assert sorted(gated.rows[1:]) == [2, 2, 3]  # two of 64, two channels of 81, three of 80


def test_a_batch_has_its_bound() -> None:
    gated = Gated()
    waveforms = windows([40] * 8)
    assert_each_is_its_own(run_together(EnginePool([gated], most_rows=3), waveforms, gated), waveforms)
    assert gated.rows == [1, 3, 3, 1]


def test_several_engines_share_the_work() -> None:
    engines = [Gated(), Gated()]
    pool = EnginePool(engines)
    for engine in engines:  # both must be entered at once, or one window would wait for ever
        other = engines[1 - engines.index(engine)]
        threading.Thread(target=lambda a=engine, b=other: (a.entered.wait(30), b.open.set()), daemon=True).start()
    waveforms = windows([50, 52])
    assert_each_is_its_own(run_together(pool, waveforms), waveforms)
    assert [engine.rows for engine in engines] == [[1], [1]]


class GatedCramped(Gated):
    def process(self, waveform: Samples) -> Samples:
        if waveform.size > 250:
            self.rows.append(-len(waveform))
            raise DeviceMemoryExhausted("does not fit")
        return super().process(waveform)


def test_a_batch_that_does_not_fit_shrinks_for_good_and_that_is_told_once() -> None:
    gated, told = GatedCramped(), list[str]()
    waveforms = windows([100] * 9)
    results = run_together(EnginePool([gated], told.append), waveforms, gated)
    assert_each_is_its_own(results, waveforms)
    assert gated.rows == [1, -8, -4, 2, 2, 2, 2]
    assert len(told) == 1 and "memory is short" in told[0]


def test_a_window_that_never_fits_is_tried_once_and_chunks_go_on_smaller() -> None:
    engine, told = Cramped(200), list[str]()
    pool = EnginePool([engine], told.append)
    waveform = windows([2_000])[0]
    stream = ChunkStream(pool, len(waveform), 400)
    result = np.concatenate([stream.push(waveform), stream.flush()], axis=1)
    np.testing.assert_allclose(result, Filtering().run(waveform), rtol=0, atol=1e-3)
    assert len(told) == 1
    with pytest.raises(DeviceMemoryExhausted):
        Cramped(200).run(waveform)
    before = engine.rows_run
    with pytest.raises(DeviceMemoryExhausted):
        pool.run(waveform)
    assert engine.rows_run == before


def test_a_bug_of_the_engine_reaches_those_whose_windows_it_had() -> None:
    class Buggy(Passing):
        def process(self, waveform: Samples) -> Samples:
            raise ZeroDivisionError("bug")

    assert run_together(EnginePool([Buggy()]), windows([10, 10, 12])) == ["bug"] * 3


def test_a_pool_is_an_engine() -> None:
    pool: Engine = EnginePool([Filtering()])
    assert (pool.sample_rate, pool.hop, pool.context) == (16_000, 8, (32, 24))
    with pytest.raises(ValueError, match="no engine"):
        EnginePool([])
