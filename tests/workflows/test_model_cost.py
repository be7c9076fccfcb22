from collections.abc import Sequence
from pathlib import Path

import pytest
import soundfile

from denoise_cli.models.generator import Generator
from denoise_cli.workflows.measured_process import ProcessCost
from denoise_cli.workflows.model_cost import measure_cost, thread_counts
from tests.models.small_configs import SUB_BAND


@pytest.fixture
def model(tmp_path: Path) -> str:
    Generator(SUB_BAND).save_pretrained(tmp_path / "model")
    return str(tmp_path / "model")


def test_start_up_is_parted_from_what_sound_costs(model: str) -> None:
    """A command that takes 2 s to start and .05 s a second of sound, and is disturbed at times."""
    calls: list[Sequence[str]] = []

    def fake(command: Sequence[str]) -> ProcessCost:
        calls.append(command)
        seconds = soundfile.info(command[4]).duration
        threads = int(command[command.index("--threads") + 1])
        disturbance = 5.0 if len(calls) % 3 == 0 else 0.0
        return ProcessCost(2.0 + 0.05 * seconds / threads + disturbance, 1.5 + 0.04 * seconds, 100.0 + seconds)

    cost = measure_cost(model, [1, 2], fake)
    assert cost.start_seconds == pytest.approx(2.05) and cost.start_processor_seconds == pytest.approx(1.54)
    assert cost.real_time_factors == pytest.approx({1: 0.05, 2: 0.025})
    assert cost.processor_real_time_factor == pytest.approx(0.04)
    assert cost.peak_mb == pytest.approx(161.0)
    assert cost.parameters == sum(parameter.numel() for parameter in Generator(SUB_BAND).parameters())
    assert cost.multiply_adds > 0
    assert all(command[3] == "enhance" and command[-1] == model for command in calls)


def test_what_the_system_does_not_tell_is_none(model: str) -> None:
    cost = measure_cost(model, [1], lambda command: ProcessCost(1.0, None, None))
    assert cost.peak_mb is None and cost.processor_real_time_factor is None and cost.start_processor_seconds is None


@pytest.mark.slow
def test_a_real_command_is_measured(model: str) -> None:
    cost = measure_cost(model, [1])
    assert 0 < cost.start_seconds < 60 and cost.real_time_factors[1] > 0
    assert cost.peak_mb is None or 50 < cost.peak_mb < 2_000


@pytest.mark.parametrize(("cores", "counts"), [(1, [1]), (2, [1, 2]), (6, [1, 2, 4]), (64, [1, 2, 4, 8])])
def test_threads_double_up_to_the_cores(cores: int, counts: list[int]) -> None:
    assert thread_counts(cores) == counts
