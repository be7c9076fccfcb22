import threading
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from denoise_cli.errors import ModelUnavailable, UnreadableAudio
from denoise_cli.inference.engine import Engine
from denoise_cli.inference.options import EnhanceOptions
from denoise_cli.workflows.enhance_files import BatchListener, Outcome, enhance_files
from denoise_cli.workflows.plan_jobs import Existing, Plan, plan_jobs
from tests.audio.sounds import voice_like
from tests.inference.engines import Filtering, Halving, Passing


class Notebook(BatchListener):
    def __init__(self) -> None:
        self.ended: list[Outcome] = []
        self.texts: list[str] = []

    def notes(self, text: str, once: str | None = None) -> None:
        self.texts.append(text)

    def ends(self, outcome: Outcome) -> None:
        self.ended.append(outcome)


def no_engine() -> Engine:
    raise AssertionError("the model was loaded")


def test_a_bad_file_does_not_stop_the_others(tmp_path: Path) -> None:
    for name in ("a.wav", "c.wav"):
        soundfile.write(tmp_path / name, voice_like(1, 16_000)[0], 16_000)
    (tmp_path / "b.wav").write_text("text")
    notebook = Notebook()
    plan = plan_jobs([tmp_path], str(tmp_path / "out"))
    report = enhance_files(plan, Halving, EnhanceOptions(), notebook)
    assert (report.done, report.failed, report.skipped, report.exit_code) == (2, 1, 0, 1)
    assert report.audio_seconds == pytest.approx(2)
    assert isinstance(report.outcomes[1].error, UnreadableAudio)
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["a.wav", "c.wav"]
    assert tuple(notebook.ended) == report.outcomes


def test_a_file_that_vanishes_fails_alone(tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        soundfile.write(tmp_path / name, voice_like(0.1, 16_000)[0], 16_000)
    plan = plan_jobs([tmp_path], str(tmp_path / "out"))
    (tmp_path / "a.wav").unlink()
    report = enhance_files(plan, Passing, EnhanceOptions())
    assert (report.done, report.failed) == (1, 1)
    assert "No such file" in str(report.outcomes[0].error)


def test_skipped_files_are_counted_and_need_no_model(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(100), 16_000)
    (tmp_path / "a.enhanced.wav").write_text("there")
    plan = plan_jobs([tmp_path / "a.wav"], None, Existing.SKIP)
    report = enhance_files(plan, no_engine, EnhanceOptions())
    assert (report.done, report.failed, report.skipped, report.exit_code) == (0, 0, 1, 0)
    assert (tmp_path / "a.enhanced.wav").read_text() == "there"


def test_what_is_told_once_is_told_once(tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        soundfile.write(tmp_path / name, voice_like(0.2, 48_000)[0], 48_000)
    notebook = Notebook()
    enhance_files(plan_jobs([tmp_path], str(tmp_path / "out")), Passing, EnhanceOptions(), notebook)
    assert len([text for text in notebook.texts if "--high-band" in text]) == 1


def test_a_model_that_cannot_be_loaded_ends_it_all_before_anything_is_written(tmp_path: Path) -> None:
    def missing() -> Engine:
        raise ModelUnavailable("nothing there")

    soundfile.write(tmp_path / "a.wav", np.zeros(100), 16_000)
    with pytest.raises(ModelUnavailable):
        enhance_files(plan_jobs([tmp_path / "a.wav"], f"{tmp_path}/out/"), missing, EnhanceOptions())
    assert not (tmp_path / "out").exists()


def test_bugs_are_not_taken_for_bad_files(tmp_path: Path) -> None:
    class Buggy(Passing):
        def process(self, waveform: np.ndarray) -> np.ndarray:
            raise ZeroDivisionError

    soundfile.write(tmp_path / "a.wav", voice_like(0.1, 16_000)[0], 16_000)
    with pytest.raises(ZeroDivisionError):
        enhance_files(plan_jobs([tmp_path / "a.wav"], None), Buggy, EnhanceOptions())
    assert [file.name for file in tmp_path.iterdir()] == ["a.wav"]


def test_an_empty_plan_is_a_short_day() -> None:
    report = enhance_files(Plan(()), no_engine, EnhanceOptions())
    assert report.exit_code == 0 and report.outcomes == ()


def test_several_files_at_a_time_come_out_as_one_by_one(tmp_path: Path) -> None:
    lengths = [0.3, 0.1, 1.2, 0.2, 0.7, 0.1, 0.4]
    for number, seconds in enumerate(lengths):
        soundfile.write(tmp_path / f"{number}.wav", voice_like(seconds, 44_100, seed=number)[0], 44_100)
    (tmp_path / "3.wav").write_text("text")
    notebook = Notebook()
    single = enhance_files(plan_jobs([tmp_path], f"{tmp_path}/single"), Filtering, EnhanceOptions())
    several = enhance_files(
        plan_jobs([tmp_path], f"{tmp_path}/several", recursive=False), Filtering, EnhanceOptions(), notebook, 3
    )
    assert [outcome.job.source for outcome in several.outcomes] == [outcome.job.source for outcome in single.outcomes]
    assert (several.done, several.failed, single.failed) == (6, 1, 1)
    assert len(notebook.ended) == 7 and len([text for text in notebook.texts if "--high-band" in text]) == 1
    for outcome in single.outcomes:
        if outcome.error is None:
            other = tmp_path / "several" / outcome.job.target.name
            assert other.read_bytes() == outcome.job.target.read_bytes()


@pytest.mark.parametrize("ending", [KeyboardInterrupt, ZeroDivisionError])
def test_an_end_of_the_batch_ends_the_files_under_way(tmp_path: Path, ending: type[BaseException]) -> None:
    class Ending(Passing):
        """Ends everything while the other files wait in the middle of theirs."""

        barrier = threading.Barrier(3)
        over = threading.Event()

        def process(self, waveform: np.ndarray) -> np.ndarray:
            if self.over.is_set():
                time.sleep(0.02)
                return waveform
            if self.barrier.wait(30) == 0:
                self.over.set()
                raise ending
            return waveform

    for number in range(9):
        soundfile.write(tmp_path / f"{number}.wav", voice_like(9, 16_000)[0], 16_000)
    with pytest.raises(ending):
        enhance_files(plan_jobs([tmp_path], f"{tmp_path}/out"), Ending, EnhanceOptions(chunk_seconds=3), None, 3)
    assert list((tmp_path / "out").iterdir()) == []
