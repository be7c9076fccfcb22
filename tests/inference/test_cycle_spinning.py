"""Cycle spinning: alignment, what it averages, and that a spun model no longer knows where its frames begin."""

import numpy as np
import pytest
import torch

from denoise_cli import EnhanceOptions
from denoise_cli.audio.samples import Samples
from denoise_cli.inference.cycle_spinning import CycleSpun, cycle_spun
from denoise_cli.inference.engine import Engine
from denoise_cli.inference.live import LiveStream
from denoise_cli.inference.torch_engine import TorchEngine
from denoise_cli.models.generator import Generator
from tests.inference.engines import Filtering, Passing
from tests.inference.test_enhancement import enhanced
from tests.models.small_configs import SUB_BAND


class FirstHalves(Passing):
    """Keeps the first half of each hop."""

    hop = 8

    def process(self, waveform: Samples) -> Samples:
        return waveform * (np.arange(waveform.shape[1]) % self.hop < self.hop // 2)


def noise(samples: int = 2560, rows: int = 1) -> Samples:
    return (0.1 * np.random.default_rng(3).standard_normal((rows, samples))).astype(np.float32)


def change_under_a_shift(engine: Engine, shift: int) -> float:
    """Largest difference between a delayed output and the output of the delayed input, where no end is heard."""
    left, right = engine.context
    behind = engine.run(np.pad(noise(), ((0, 0), (shift, 0))))[:, shift:]
    return float(np.abs(behind - engine.run(noise()))[:, left : -right - shift].max())


def test_one_spin_is_the_engine_itself() -> None:
    engine = Passing()
    assert cycle_spun(engine, 1) is engine


@pytest.mark.parametrize("spins", [2, 3])
@pytest.mark.parametrize("samples", [1, 7, 100])
def test_what_changes_nothing_stays_as_it_is(spins: int, samples: int) -> None:
    waveform = noise(samples, rows=2)
    np.testing.assert_allclose(cycle_spun(Passing(), spins).run(waveform), waveform, rtol=1e-6)


def test_it_is_the_mean_over_the_grids() -> None:
    engine = FirstHalves()
    np.testing.assert_allclose(cycle_spun(engine, 2).run(noise()), noise() / 2, rtol=1e-6)
    assert engine.rows_run == 2


def test_two_spins_commute_with_a_shift_by_half_a_hop() -> None:
    torch.manual_seed(0)
    once = TorchEngine(Generator(SUB_BAND).eval(), torch.device("cpu"))
    twice = CycleSpun(once, 2)
    assert change_under_a_shift(twice, once.hop // 2) < 1e-6
    assert change_under_a_shift(once, once.hop // 2) > 1e-3
    assert change_under_a_shift(twice, once.hop // 4) > 1e-4


@pytest.mark.parametrize("spins", [2, 3])
def test_chunks_join_to_what_the_whole_gives(spins: int) -> None:
    """The context has grown with the shifts."""
    waveform = noise(16_000)
    whole = enhanced(Filtering(), waveform, 16_000, EnhanceOptions(chunk_seconds=30, cycle_spins=spins), block=10**6)
    parts = enhanced(Filtering(), waveform, 16_000, EnhanceOptions(chunk_seconds=0.2, cycle_spins=spins), block=777)
    once = enhanced(Filtering(), waveform, 16_000, EnhanceOptions(chunk_seconds=30), block=10**6)
    np.testing.assert_allclose(parts, whole, rtol=0, atol=1e-5 * float(np.abs(whole).max()))
    assert not np.allclose(once, whole, rtol=0, atol=1e-2 * float(np.abs(whole).max()))


def test_a_live_stream_spins_and_says_its_longer_delay() -> None:
    engine = Filtering()
    once = LiveStream(engine, 16_000, 1, EnhanceOptions(chunk_seconds=2))
    twice = LiveStream(engine, 16_000, 1, EnhanceOptions(chunk_seconds=2, cycle_spins=2))
    assert twice.delay_seconds == pytest.approx(once.delay_seconds + engine.hop / 16_000)
    waveform = noise(64_000)
    for stream, runs in ((once, 1), (twice, 2)):
        engine.rows_run = 0
        parts = [stream.push(waveform), stream.flush()]
        assert sum(part.shape[1] for part in parts) == 64_000
        assert engine.rows_run == 2 * runs  # two chunks


@pytest.mark.parametrize("spins", [0, -1])
def test_no_spin_is_refused(spins: int) -> None:
    with pytest.raises(ValueError, match="cycle_spins must be 1 or more"):
        cycle_spun(Passing(), spins)
