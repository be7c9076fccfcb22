from collections.abc import Sequence

import numpy as np
import pytest

from denoise_cli.metrics.statistics import mean_interval, paired_difference, pooled_difference, pooled_interval


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


def spread(parts: "Sequence[Sequence[float]]") -> float:
    return max(value for part in parts for value in part) - min(value for part in parts for value in part)


def test_a_pooled_number_is_of_all_files_and_its_interval_of_draws() -> None:
    files = {"a": (0.0, 1.0), "b": (2.0,), "c": (9.0, 10.0)}
    interval = pooled_interval(files, spread)
    assert interval is not None and interval.mean == 10.0 and interval.files == 3
    assert interval.low == 0.0 and interval.high == 10.0


def test_pooled_differences_draw_the_same_files_for_both_systems() -> None:
    files = {name: (float(number), number + 3.0) for number, name in enumerate("abcdef")}
    baseline = {name: (value, value) for name, (value, _) in files.items()}
    interval = pooled_difference(files, baseline, spread)
    assert interval is not None and interval[:3] == (3.0, 3.0, 3.0)


def test_no_files_give_no_pooled_number() -> None:
    assert pooled_interval({}, spread) is None
    assert pooled_difference({"a": (1.0,)}, {"b": (1.0,)}, spread) is None
