import numpy as np
import pytest

from denoise_cli.metrics.statistics import mean_interval, paired_difference


def test_interval_has_the_width_of_the_normal_theory() -> None:
    values = np.random.default_rng(0).normal(2.0, 1.0, 400)
    interval = mean_interval(values)
    assert interval is not None
    assert interval.mean == pytest.approx(values.mean())
    half = 1.96 * values.std() / 20  # the square root of 400
    assert interval.low == pytest.approx(values.mean() - half, abs=0.015)
    assert interval.high == pytest.approx(values.mean() + half, abs=0.015)


def test_the_same_values_give_the_same_interval() -> None:
    values = [1.0, 2.0, 4.0, 8.0]
    assert mean_interval(values) == mean_interval(values)


def test_no_values_give_no_mean() -> None:
    assert mean_interval([]) is None


def test_one_value_gives_an_interval_of_no_width() -> None:
    assert mean_interval([3.0]) == (3.0, 3.0, 3.0, 1)


def test_differences_are_paired_by_file_and_use_common_files_only() -> None:
    baseline = {"easy": 4.0, "hard": 1.0, "gap here": 2.0}
    values = {"hard": 1.5, "easy": 4.5, "gap there": 9.0}
    assert paired_difference(values, baseline) == pytest.approx((0.5, 0.5, 0.5, 2))


def test_nothing_in_common_gives_no_difference() -> None:
    assert paired_difference({"a": 1.0}, {"b": 1.0}) is None
