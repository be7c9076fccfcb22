"""What a command costs as a process of its own: seconds and memory.

Linux counts what a process was before it became the command: one started by a large program seems as large as that
program. So a small process starts the command, and this module is its program as well.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from denoise_cli.errors import CannotStart

SHOWN = 300  # characters of what a command said before it failed


@dataclass(frozen=True)
class ProcessCost:
    """Of one finished process; what the operating system does not tell (Windows) is None."""

    wall_seconds: float
    processor_seconds: float | None
    peak_mb: float | None


def measure_process(command: Sequence[str]) -> ProcessCost:
    """Run a command in this environment, its output thrown away.

    Raises CannotStart with the command's last words when it fails.
    """
    starter = [sys.executable, "-m", __name__, *command]
    done = subprocess.run(starter, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotStart(f"{' '.join(command)}: failed with {done.returncode}: {done.stderr.strip()[-SHOWN:]}")
    return ProcessCost(**json.loads(done.stdout))


def _run_here(command: Sequence[str]) -> tuple[ProcessCost, int]:
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    if sys.platform == "win32":
        status = process.wait()
        return ProcessCost(time.perf_counter() - start, None, None), status
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    peak_mb = usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    return ProcessCost(wall, usage.ru_utime + usage.ru_stime, peak_mb), os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    cost, code = _run_here(sys.argv[1:])
    sys.stdout.write(json.dumps(vars(cost)))
    sys.exit(abs(code))
