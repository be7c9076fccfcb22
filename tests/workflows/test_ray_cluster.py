"""On a cluster of this machine, which takes some seconds to start: one for all tests, only where ray is installed."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from denoise_cli.errors import CannotStart, MissingPackage, UnreadableAudio, UsageConflict
from denoise_cli.inference.engine import Engine
from denoise_cli.inference.options import EnhanceOptions
from denoise_cli.workflows.enhance_files import enhance_files
from denoise_cli.workflows.plan_jobs import STANDARD_JOB, Plan, plan_jobs
from denoise_cli.workflows.ray_cluster import RayWorkers, enhance_on_ray
from tests.audio.sounds import voice_like
from tests.inference.engines import Filtering, Passing
from tests.workflows.test_enhance_files import Notebook

ROOT = Path(__file__).parents[2]


class Dying(Passing):
    """Takes its process with it at a loud file."""

    def process(self, waveform: np.ndarray) -> np.ndarray:
        if waveform.shape[1] == 4_321:
            os._exit(1)
        return waveform


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    ray = pytest.importorskip("ray")
    ray.init(
        num_cpus=2, include_dashboard=False, log_to_driver=False, runtime_env={"env_vars": {"PYTHONPATH": str(ROOT)}}
    )
    yield
    ray.shutdown()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_cluster_does_what_this_machine_does(cluster: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    for number in range(4):
        soundfile.write(f"in/{number}.wav", voice_like(0.3 + 0.1 * number, 48_000, seed=number)[0], 48_000)
    Path("in/bad.wav").write_text("text")
    notebook = Notebook()
    far = enhance_on_ray(plan_jobs([Path("in")], "far"), Filtering, EnhanceOptions(), notebook)
    near = enhance_files(plan_jobs([Path("in")], "near"), Filtering, EnhanceOptions())
    assert (far.done, far.failed, far.exit_code) == (near.done, near.failed, near.exit_code) == (4, 1, 1)
    assert [outcome.job.source for outcome in far.outcomes] == [outcome.job.source for outcome in near.outcomes]
    assert isinstance(far.outcomes[-1].error, UnreadableAudio)
    for number in range(4):
        assert Path(f"far/{number}.wav").read_bytes() == Path(f"near/{number}.wav").read_bytes()
    assert len(notebook.ended) == 5 and len([text for text in notebook.texts if "--high-band" in text]) == 1


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_worker_that_dies_fails_its_file_alone(cluster: None, tmp_path: Path) -> None:
    for number in range(4):
        samples = 4_321 if number == 1 else 2_000
        soundfile.write(tmp_path / f"{number}.wav", voice_like(1, 16_000)[0, :samples], 16_000)
    plan = plan_jobs([tmp_path], str(tmp_path / "out"))
    report = enhance_on_ray(plan, Dying, EnhanceOptions(), None, RayWorkers(count=1))
    assert (report.done, report.failed) == (3, 1)
    assert "1.wav: the worker that had it died" in str(report.outcomes[1].error)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_worker_that_no_machine_has_room_for_is_told(cluster: None, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(100), 16_000)
    with pytest.raises(CannotStart, match="the cluster has 2 and 0"):
        enhance_on_ray(plan_jobs([tmp_path / "a.wav"], None), Passing, EnhanceOptions(), None, RayWorkers(processors=9))


def no_engine() -> Engine:
    raise AssertionError("the model was loaded")


def test_without_ray_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    soundfile.write(tmp_path / "a.wav", np.zeros(100), 16_000)
    with pytest.raises(MissingPackage, match=r"hifidenoise\[ray\]"):
        enhance_on_ray(plan_jobs([tmp_path / "a.wav"], None), no_engine, EnhanceOptions())


def test_streams_stay_here() -> None:
    with pytest.raises(UsageConflict, match="standard input"):
        enhance_on_ray(Plan((STANDARD_JOB,)), no_engine, EnhanceOptions())


def test_nothing_to_do_starts_no_cluster() -> None:
    assert enhance_on_ray(Plan(()), no_engine, EnhanceOptions()).outcomes == ()
