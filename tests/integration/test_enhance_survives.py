"""Batches that are killed, or run out of disk or rights: nothing is half-written, nothing lost, a re-run goes on."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile

from denoise_cli.models.finding import bundled_models
from tests.audio.sounds import voice_like
from tests.integration.test_enhance_command import command, run
from tests.small_disk import mounted_disk

pytestmark = pytest.mark.skipif(os.name == "nt", reason="no such signals, mounts or rights there")
FILES, SECONDS = 6, 2


@pytest.fixture
def batch(tmp_path: Path) -> list[str]:
    """Arguments that enhance a folder of FILES files, two at a time."""
    (tmp_path / "in").mkdir()
    for number in range(FILES):
        soundfile.write(tmp_path / "in" / f"{number}.wav", voice_like(SECONDS, 16_000, seed=number)[0], 16_000)
    if not bundled_models():
        pytest.skip("no model that starts at once")
    return [str(tmp_path / "in"), "-d", "cpu", "--jobs", "2", "--chunk-seconds", "0.1"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with room for two results and a half."""
    with mounted_disk(tmp_path / "disk", int(2.5 * 2 * SECONDS * 16_000)) as folder:
        yield folder


def assert_whole(folder: Path, names: list[str]) -> None:
    for name in names:
        assert soundfile.info(folder / name).frames == SECONDS * 16_000


def visible(folder: Path) -> list[str]:
    return sorted(name for name in os.listdir(folder) if not name.startswith("."))


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_batch_leaves_whole_files_and_a_second_run_does_the_rest(
    tmp_path: Path, batch: list[str], sent: signal.Signals
) -> None:
    out = tmp_path / "out"
    process = command(*batch, "-o", str(out))
    while not (out.exists() and visible(out)):
        assert process.poll() is None, process.communicate()
        time.sleep(0.005)
    process.send_signal(sent)
    process.communicate(timeout=60)
    assert process.returncode == {signal.SIGKILL: -9, signal.SIGINT: 130}[sent]
    there = visible(out)
    assert 0 < len(there) < FILES
    assert_whole(out, there)
    if sent is signal.SIGINT:
        assert sorted(os.listdir(out)) == there
    code, _, stderr = run(*batch, "-o", str(out), "--skip-existing")
    assert code == 0 and stderr.splitlines()[-1].startswith(
        f"{FILES - len(there)} done, 0 failed, {len(there)} skipped"
    )
    assert sorted(os.listdir(out)) == [f"{number}.wav" for number in range(FILES)]
    assert_whole(out, visible(out))


def test_a_full_disk_fails_the_files_that_do_not_fit(small_disk: Path, batch: list[str]) -> None:
    code, _, stderr = run(*batch, "-o", str(small_disk / "out"))
    assert code == 1
    errors = [line for line in stderr.splitlines() if line.startswith("hifidenoise: ")]
    done = sorted(os.listdir(small_disk / "out"))
    assert len(errors) + len(done) == FILES and 1 <= len(done) <= 2
    assert all("disk is full" in line or "No space left" in line for line in errors)
    assert_whole(small_disk / "out", done)


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_write_permission_fails_each_file(tmp_path: Path, batch: list[str]) -> None:
    (tmp_path / "out").mkdir(mode=0o555)
    code, _, stderr = run(*batch, "-o", str(tmp_path / "out"))
    assert code == 1 and stderr.count("Permission denied") == FILES


def test_a_read_only_file_system_fails_each_file(small_disk: Path, batch: list[str]) -> None:
    (small_disk / "out").mkdir()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    code, _, stderr = run(*batch, "-o", str(small_disk / "out"))
    assert code == 1 and stderr.count("Read-only file system") == FILES
    assert os.listdir(small_disk / "out") == []
