import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from denoise_cli.errors import UnreadableAudio, UnusableAudio
from denoise_cli.workflows.scoring import Score, ScoreTask, compare_headers, score, score_all
from tests.metrics.signals import speech_like


def write(file: Path, samples: "np.ndarray", sample_rate: int = 16_000) -> Path:
    soundfile.write(str(file), samples, sample_rate, subtype="FLOAT")
    return file


def task(name: str, estimate: Path = Path("x"), reference: Path | None = None, family: str = "si_sdr") -> ScoreTask:
    return ScoreTask("system", name, family, reference, estimate)


def fake_measure(task: ScoreTask) -> tuple[float, ...]:
    """Stands in for a metric; runs in a worker process."""
    if task.item == "raises":
        raise ZeroDivisionError("in a metric")
    if task.item == "dies":
        os._exit(11)
    if task.item == "nan":
        return (float("nan"),)
    return (float(len(task.item)),)


def by_item(scores: "list[Score]") -> dict[str, Score]:
    return {entry.task.item: entry for entry in scores}


def test_a_crash_of_one_metric_is_a_gap_and_the_rest_goes_on() -> None:
    found = by_item(list(score_all([task("raises"), task("nan"), task("good")], 1, fake_measure)))
    assert found["raises"].gap == "ZeroDivisionError: in a metric"
    assert found["nan"].gap is not None and found["nan"].gap.startswith("not a number")
    assert found["good"] == Score(task("good"), (4.0,), None)


def test_a_worker_that_dies_costs_its_own_score_and_no_other() -> None:
    names = ["one", "three", "dies", "fifteen", "twenty-one"]
    found = by_item(list(score_all([task(name) for name in names], 2, fake_measure)))
    assert found.keys() == set(names)
    assert found["dies"].gap == "the process that measured it died"
    assert {name: entry.values for name, entry in found.items() if entry.values} == {
        name: (float(len(name)),) for name in names if name != "dies"
    }


def test_channels_are_scored_one_by_one_and_averaged(tmp_path: Path) -> None:
    clean = np.stack([speech_like(), speech_like(seed=1)], axis=1)
    estimate = clean * [0.5, 0.25]  # -6.02 and -12.04 dB
    files = write(tmp_path / "e.wav", estimate), write(tmp_path / "r.wav", clean)
    assert score(task("x", *files, family="level_change")) == pytest.approx((-9.031,), abs=1e-2)


def test_other_rates_are_compared_at_the_lower_one(tmp_path: Path) -> None:
    reference = write(tmp_path / "r.wav", speech_like(sample_rate=48_000), 48_000)
    estimate = write(tmp_path / "e.wav", speech_like(sample_rate=16_000), 16_000)
    assert compare_headers(reference, estimate) == (["16000 Hz against 48000 Hz: compared at 16000 Hz"], None)
    assert score(task("x", estimate, reference, "level_change")) == pytest.approx((0.0,), abs=1.0)


def test_a_few_samples_more_are_cut_and_noted(tmp_path: Path) -> None:
    clean = speech_like()
    reference = write(tmp_path / "r.wav", clean)
    estimate = write(tmp_path / "e.wav", np.concatenate([clean, np.ones(160)]))
    notes, problem = compare_headers(reference, estimate)
    assert notes == ["+10.0 ms against the reference: the longer one's end is cut"] and problem is None
    assert score(task("x", estimate, reference)) == (100.0,)


def test_another_length_is_another_recording(tmp_path: Path) -> None:
    clean = speech_like()
    reference = write(tmp_path / "r.wav", clean)
    estimate = write(tmp_path / "e.wav", clean[:16_000])
    assert compare_headers(reference, estimate)[1] == "1.00 s against 3.00 s: not the same recording"
    with pytest.raises(UnusableAudio):
        score(task("x", estimate, reference))


def test_mono_against_stereo_is_compared_as_mono(tmp_path: Path) -> None:
    clean = speech_like()
    reference = write(tmp_path / "r.wav", np.stack([clean, clean], axis=1))
    estimate = write(tmp_path / "e.wav", clean)
    assert compare_headers(reference, estimate) == (["1 channels against 2: compared as mono"], None)
    assert score(task("x", estimate, reference)) == (100.0,)


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "text.wav"
    broken.write_text("not audio")
    with pytest.raises(UnreadableAudio, match="text.wav"):
        compare_headers(broken, broken)
