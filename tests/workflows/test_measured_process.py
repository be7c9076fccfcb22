import sys

import numpy as np
import pytest

from denoise_cli.errors import CannotStart
from denoise_cli.workflows.measured_process import measure_process

SPEND = "import sys; held = bytearray({mb} << 20); [hash(n) for n in range({loops})]; {end}"


def command(mb: int = 0, loops: int = 0, end: str = "pass") -> list[str]:
    return [sys.executable, "-c", SPEND.format(mb=mb, loops=loops, end=end)]


@pytest.mark.skipif(sys.platform == "win32", reason="the operating system does not tell")
def test_memory_is_the_commands_and_not_that_of_whoever_starts_it() -> None:
    held = np.ones(150 << 17)  # 150 MB
    little, much = measure_process(command()), measure_process(command(mb=100))
    assert little.peak_mb is not None and much.peak_mb is not None and held.all()
    assert little.peak_mb < 60
    assert 100 < much.peak_mb < 160


@pytest.mark.skipif(sys.platform == "win32", reason="the operating system does not tell")
def test_processor_time_is_the_commands() -> None:
    little, much = measure_process(command()), measure_process(command(loops=5_000_000))
    assert little.processor_seconds is not None and much.processor_seconds is not None
    assert much.processor_seconds > little.processor_seconds + 0.1
    assert much.wall_seconds >= 0.9 * much.processor_seconds


def test_a_failure_is_told_with_its_last_words() -> None:
    with pytest.raises(CannotStart, match="failed with 3: it broke"):
        measure_process(command(end="print('said'); sys.stderr.write('it broke'); sys.exit(3)"))
