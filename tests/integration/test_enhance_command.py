import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from denoise_cli import Enhancer
from denoise_cli.config import GeneratorConfig
from denoise_cli.config_io import to_mapping
from denoise_cli.models.generator import Generator
from denoise_cli.models.loading import save_weights
from denoise_cli.models.model_folder import write_config
from tests.audio.sounds import voice_like
from tests.models.small_configs import SUB_BAND

ROOT = Path(__file__).parents[2]


def write_model(folder: Path, config: GeneratorConfig = SUB_BAND) -> Path:
    folder.mkdir()
    torch.manual_seed(0)
    write_config(folder, to_mapping(config), True, {})
    save_weights(Generator(config).state_dict(), folder / "model.safetensors")
    return folder


def command(*arguments: str | bytes) -> "subprocess.Popen[str]":
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", "denoise_cli", "enhance", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="surrogateescape", env=environment,
    )  # fmt: skip


def run(*arguments: str | bytes) -> tuple[int, str, str]:
    process = command(*arguments)
    stdout, stderr = process.communicate(timeout=120)
    return process.returncode, stdout, stderr


def test_a_real_process_with_a_real_model_does_what_python_does(tmp_path: Path) -> None:
    model = write_model(tmp_path / "model")
    odd = os.fsdecode(b"- odd \xff\n name.wav")
    waveform = voice_like(3.3, 44_100, 2)
    (tmp_path / "in").mkdir()
    soundfile.write(os.fsencode(tmp_path / "in" / odd), waveform.T, 44_100, "PCM_24", format="WAV")
    soundfile.write(tmp_path / "in" / "short.flac", voice_like(1, 8_000)[0, 4_000:4_010], 8_000)
    (tmp_path / "in" / "text.wav").write_text("text")
    code, stdout, stderr = run("-m", str(model), "-d", "cpu", "-o", str(tmp_path / "out"), str(tmp_path / "in"))
    assert (code, stdout) == (1, "")
    assert stderr.splitlines()[-1].startswith("2 done, 1 failed, 0 skipped, 3.3 s audio in")
    assert sorted(os.listdir(tmp_path / "out")) == sorted([odd, "short.flac"])
    output, rate = soundfile.read(os.fsencode(tmp_path / "out" / odd), dtype="float32")
    assert rate == 44_100 and output.shape == (waveform.shape[1], 2)
    source = soundfile.read(os.fsencode(tmp_path / "in" / odd), dtype="float32")[0].T
    expected = Enhancer.load(str(model), "cpu").enhance(source, 44_100)
    np.testing.assert_allclose(output.T, expected, rtol=0, atol=2e-6)
    assert soundfile.info(tmp_path / "out" / "short.flac").frames == 10


@pytest.mark.skipif(os.name == "nt", reason="no such signals there")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_end_in_the_middle_leaves_no_half_a_file(tmp_path: Path, sent: signal.Signals) -> None:
    model = write_model(tmp_path / "model")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.wav").write_text("old")
    soundfile.write(tmp_path / "a.wav", voice_like(1, 16_000).repeat(30, axis=1)[0], 16_000)
    arguments = [str(tmp_path / "a.wav"), "-o", f"{tmp_path}/out/", "--overwrite", "-m", str(model)]
    process = command(*arguments, "--chunk-seconds", "0.1", "-d", "cpu")
    while not (tmp_path / "out" / ".a.wav.part").exists():
        try:
            process.wait(0.02)
        except subprocess.TimeoutExpired:
            continue
        pytest.fail(f"ended too early: {process.communicate()}")
    process.send_signal(sent)
    process.communicate(timeout=60)
    assert process.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -9}[sent]
    assert (tmp_path / "out" / "a.wav").read_text() == "old"
    if sent is not signal.SIGKILL:
        assert os.listdir(tmp_path / "out") == ["a.wav"]
    assert run(*arguments, "-d", "cpu")[0] == 0
    assert os.listdir(tmp_path / "out") == ["a.wav"]
    assert soundfile.info(tmp_path / "out" / "a.wav").frames == 30 * 16_000


def test_a_device_that_is_not_there_is_exit_code_3(tmp_path: Path) -> None:
    model = write_model(tmp_path / "model")
    soundfile.write(tmp_path / "a.wav", voice_like(0.1, 16_000)[0], 16_000)
    code, _, stderr = run(str(tmp_path / "a.wav"), "-m", str(model), "-d", "cuda:99")
    assert code == 3 and stderr.startswith("hifidenoise: --device cuda:99: not here")


@pytest.mark.parametrize("arguments", [["--help"], ["gone.wav"]])
def test_nothing_heavy_is_imported_before_it_is_needed(arguments: list[str]) -> None:
    script = (
        "import sys\nfrom denoise_cli.cli.app import app\n"
        f"try: app(['enhance', *{arguments}])\nexcept SystemExit: pass\n"
        "heavy = {'torch', 'torchaudio', 'scipy', 'huggingface_hub', 'pyloudnorm', 'rich', 'onnxruntime'}\n"
        "print('heavy:', sorted(heavy & set(sys.modules)))\n"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    assert result.stdout.splitlines()[-1] == "heavy: []"
