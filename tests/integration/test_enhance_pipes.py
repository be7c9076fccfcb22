"""`enhance` between other programs, through a real shell."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.audio.sounds import voice_like
from tests.integration.test_enhance_command import ROOT, write_model

pytestmark = pytest.mark.skipif(os.name == "nt", reason="no such shell there")


def shell(line: str, folder: Path) -> "subprocess.CompletedProcess[bytes]":
    """Runs a line in which HIFI stands for the command; temporary files go into folder/tmp."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "TMPDIR": str(folder / "tmp")}
    command = f"{shlex.quote(sys.executable)} -m denoise_cli enhance -m model -d cpu"
    (folder / "tmp").mkdir(exist_ok=True)
    return subprocess.run(
        ["sh", "-c", line.replace("HIFI", command)], cwd=folder, env=environment, capture_output=True, timeout=120
    )


def test_a_recording_through_a_shell_pipe_is_what_the_file_would_be(tmp_path: Path) -> None:
    write_model(tmp_path / "model")
    soundfile.write(tmp_path / "in.wav", voice_like(1.3, 22_050, 2).T, 22_050, "PCM_24")
    assert shell("HIFI in.wav -o file.wav", tmp_path).returncode == 0
    result = shell("cat in.wav | HIFI - -o - > out.wav", tmp_path)
    assert (result.returncode, result.stdout) == (0, b"")
    assert (tmp_path / "out.wav").read_bytes() == (tmp_path / "file.wav").read_bytes()
    assert result.stderr.decode().splitlines()[-1].startswith("1 done, 0 failed, 0 skipped, 1.3 s audio in")
    assert os.listdir(tmp_path / "tmp") == []


def test_flac_comes_in_and_wav_goes_out_with_nothing_else_on_stdout(tmp_path: Path) -> None:
    write_model(tmp_path / "model")
    soundfile.write(tmp_path / "in.flac", voice_like(0.5, 16_000)[0], 16_000)
    result = shell("HIFI - < in.flac | cat", tmp_path)
    assert result.stdout[:4] == b"RIFF"
    assert int.from_bytes(result.stdout[4:8], "little") == len(result.stdout) - 8
    (tmp_path / "out.wav").write_bytes(result.stdout)
    assert soundfile.info(tmp_path / "out.wav").frames == 8_000


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_a_wav_of_unknown_length_from_ffmpeg_is_read_to_its_end(tmp_path: Path) -> None:
    write_model(tmp_path / "model")
    waveform = voice_like(0.7, 16_000)[0]
    soundfile.write(tmp_path / "in.flac", waveform, 16_000)
    result = shell("ffmpeg -v error -i in.flac -f wav - | HIFI --mix 0 - -o out.wav", tmp_path)
    assert result.returncode == 0 and b"cut short" not in result.stderr
    np.testing.assert_allclose(soundfile.read(tmp_path / "out.wav")[0], waveform, rtol=0, atol=1e-4)


def test_a_listener_that_leaves_ends_it_quietly(tmp_path: Path) -> None:
    write_model(tmp_path / "model")
    soundfile.write(tmp_path / "in.wav", np.zeros(400_000), 16_000, "FLOAT")
    result = shell("(HIFI in.wav -o -; echo rc $? >&2) | head -c 10", tmp_path)
    assert result.stdout[:4] == b"RIFF" and len(result.stdout) == 10
    assert result.stderr == b"rc 1\n"
    assert os.listdir(tmp_path / "tmp") == []


def raw_process(folder: Path, *arguments: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "denoise_cli", "enhance", "-m", "model", "-d", "cpu", "-", "-o", "-", *arguments],
        cwd=folder, env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def test_a_live_pipe_gives_sound_before_it_gets_the_end(tmp_path: Path) -> None:
    write_model(tmp_path / "model")
    process = raw_process(tmp_path, "--raw-format", "s16le", "--raw-rate", "16000", "--mix", "0")
    assert process.stdin and process.stdout and process.stderr
    content = (voice_like(3, 16_000)[0] * 32_768).astype("<i2").tobytes()
    process.stdin.write(content)  # short enough for the pipes to hold it and its output
    process.stdin.flush()
    first = process.stdout.read(32_000)  # waits for ever where nothing comes before the end
    told = process.stderr.readline().decode()
    assert told.startswith("standard input: s16le, 16000 Hz, 1 channel; comes out ")
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    result = np.frombuffer(first + rest, "<i2").astype(int)
    np.testing.assert_allclose(result, np.frombuffer(content, "<i2").astype(int), rtol=0, atol=1)


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_raw_samples_go_from_ffmpeg_to_ffmpeg(tmp_path: Path) -> None:
    write_model(tmp_path / "model")
    waveform = voice_like(2.5, 48_000, 2)
    soundfile.write(tmp_path / "in.wav", waveform.T, 48_000, "FLOAT")
    raw = "-f f32le -ar 48000 -ac 2"
    result = shell(
        f"ffmpeg -v error -i in.wav {raw} - | HIFI - -o - --mix 0 --raw-format f32le --raw-rate 48000 --raw-channels 2"
        f" | ffmpeg -v error {raw} -i - -c:a pcm_f32le out.wav",
        tmp_path,
    )
    assert result.returncode == 0
    np.testing.assert_allclose(soundfile.read(tmp_path / "out.wav")[0].T, waveform, rtol=0, atol=1e-5)
