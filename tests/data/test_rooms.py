"""Room responses: alignment, decay, direct-to-reverberant ratio."""

import numpy as np
import pytest

from denoise_cli.data.rooms import DIRECT_SECONDS, estimate_rt60, reshape_decay, with_drr
from denoise_cli.data.simulated_rooms import simulated_room

RATE = 16_000


def room(rt60: float, seed: int = 0) -> np.ndarray:
    """A direct path of 1 and an exponentially decaying tail."""
    time = np.arange(RATE) / RATE
    tail = 0.05 * np.random.default_rng(seed).standard_normal(RATE) * 10 ** (-3 * time / rt60)
    tail[: int(DIRECT_SECONDS * RATE)] = 0
    tail[0] = 1
    return tail.astype(np.float32)


@pytest.mark.parametrize("rt60", [0.2, 0.5, 0.9])
def test_the_decay_time_is_estimated_within_a_fifth(rt60: float) -> None:
    assert estimate_rt60(room(rt60)[41:], RATE) == pytest.approx(rt60, rel=0.2)


def test_a_shortened_room_has_the_decay_asked_for() -> None:
    long = room(0.9)
    short = reshape_decay(long, 0.3, RATE, known_rt60_s=0.9)
    assert estimate_rt60(short[41:], RATE) == pytest.approx(0.3, rel=0.2)
    direct = int(DIRECT_SECONDS * RATE)
    np.testing.assert_array_equal(short[:direct], long[:direct])


def test_a_decay_is_never_lengthened() -> None:
    short = room(0.2)
    np.testing.assert_array_equal(reshape_decay(short, 0.9, RATE, known_rt60_s=0.2), short)


def test_no_decay_leaves_the_direct_path() -> None:
    anechoic = reshape_decay(room(0.5), 0.0, RATE)
    assert anechoic[0] == 1
    assert not anechoic[int(DIRECT_SECONDS * RATE) :].any()


@pytest.mark.parametrize("drr_db", [0.0, 6.0, 18.0])
def test_the_direct_to_reverberant_ratio_is_the_one_asked_for(drr_db: float) -> None:
    shaped = with_drr(room(0.4), drr_db, RATE).astype(np.float64)
    direct = int(DIRECT_SECONDS * RATE)
    measured = 10 * np.log10(np.sum(shaped[:direct] ** 2) / np.sum(shaped[direct:] ** 2))
    assert measured == pytest.approx(drr_db, abs=0.5)


def test_the_direct_path_stays_the_largest() -> None:
    shaped = with_drr(room(0.9), -40.0, RATE)
    assert np.abs(shaped[0]) >= 0.99 * np.abs(shaped[1:]).max()


def test_a_simulated_room_starts_with_its_direct_path() -> None:
    simulated = simulated_room(np.random.default_rng(0), 0.5, 3.0, RATE)
    assert int(np.argmax(np.abs(simulated))) == 0
