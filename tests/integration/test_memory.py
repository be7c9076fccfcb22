import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

from denoise_cli.models.finding import bundled_models
from tests.audio.sounds import voice_like

ROOT = Path(__file__).parents[2]
LIMIT_MB = 160
# In kB. What getrusage says of a process has in it what its parent had when it started it: a test run with torch.
PRINT_PEAK = "print(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1])"
SCRIPT = f"""
import sys
from pathlib import Path
from denoise_cli.inference.enhance_file import enhance_file
from denoise_cli.inference.options import EnhanceOptions
from tests.inference.engines import Passing

engine = Passing()
engine.context = (16_384, 16_384)
enhance_file(Path(sys.argv[1]), Path(sys.argv[2]), engine, EnhanceOptions())
{PRINT_PEAK}
"""


def peak_memory(folder: Path, seconds: int) -> int:
    source, target = folder / "a.wav", folder / "b.wav"
    piece = voice_like(5, 48_000, 2).T
    with soundfile.SoundFile(source, "w", 48_000, 2, "PCM_16") as file:
        for _ in range(seconds // 5):
            file.write(piece)
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(source), str(target)], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert soundfile.info(target).frames == seconds * 48_000
    return int(result.stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no /proc there")
@pytest.mark.parametrize(
    ("short", "long"), [(40, 120), pytest.param(600, 7200, marks=pytest.mark.slow)], ids=["minutes", "hours"]
)
def test_memory_does_not_grow_with_the_length_of_a_file(tmp_path: Path, short: int, long: int) -> None:
    assert peak_memory(tmp_path, long) <= 1.1 * peak_memory(tmp_path, short)


@pytest.mark.skipif(not sys.platform.startswith("linux") or not bundled_models(), reason="no /proc there, or no model")
@pytest.mark.parametrize(("sample_rate", "channels"), [(16_000, 1), (48_000, 2)])
def test_the_whole_command_stays_below_its_limit(tmp_path: Path, sample_rate: int, channels: int) -> None:
    """Chunks are of one size after the first, so that a file of minutes needs as much as one of hours."""
    piece = voice_like(5, sample_rate, channels).T
    with soundfile.SoundFile(tmp_path / "a.wav", "w", sample_rate, channels, "PCM_16") as file:
        for _ in range(7):
            file.write(piece)
    arguments = ["enhance", str(tmp_path / "a.wav"), "-o", str(tmp_path / "b.wav"), "-d", "cpu", "--threads", "1"]
    script = (
        "from denoise_cli.cli.app import app\n"
        f"try: app({arguments!r})\nexcept SystemExit as leaving: assert not leaving.code\n"
        f"{PRINT_PEAK}\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    assert int(done.stdout.splitlines()[-1]) / 1024 <= LIMIT_MB


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no /proc there")
def test_four_hours_take_no_more_memory_than_minutes_and_go_at_a_steady_pace(tmp_path: Path) -> None:
    """At 8 kHz, to be done in minutes: the last hour takes as long as the first, within a quarter."""
    source = tmp_path / "a.wav"
    piece = voice_like(60, 8_000)[0]
    with soundfile.SoundFile(source, "w", 8_000, 1, "PCM_16") as file:
        for _ in range(4 * 60):
            file.write(piece)
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from denoise_cli.inference.enhance_file import Listener, enhance_file\n"
        "from denoise_cli.inference.options import EnhanceOptions\n"
        "from tests.inference.engines import Passing\n"
        "class Clock(Listener):\n"
        "    hours, done = 0, 0.0\n"
        "    def advances(self, seconds):\n"
        "        self.done += seconds\n"
        "        if self.done >= 3600 * self.hours - 1:\n"
        "            self.hours += 1\n"
        "            print(time.process_time())\n"
        f"            {PRINT_PEAK}\n"
        "engine = Passing()\n"
        "engine.context = (17152, 17152)\n"
        "enhance_file(Path(sys.argv[1]), Path(sys.argv[2]), engine, EnhanceOptions(), Clock())\n"
    )
    words = [sys.executable, "-c", script, str(source), str(tmp_path / "b.wav")]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=True)
    lines = list(map(float, done.stdout.splitlines()))
    times, peaks = lines[::2], lines[1::2]
    hours = [later - before for before, later in zip(times[:-1], times[1:], strict=True)]
    assert len(hours) == 4
    assert hours[-1] <= 1.25 * hours[0]
    assert peaks[-1] <= 1.1 * peaks[1]
    assert soundfile.info(tmp_path / "b.wav").frames == 4 * 3600 * 8_000
