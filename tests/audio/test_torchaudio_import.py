"""In subprocesses: an import cannot be undone, and torchaudio may load here or not."""

import subprocess
import sys

OPERATIONS = """
torchaudio = import_torchaudio()
import torch
wave = torch.sin(torch.arange(16000) * 0.05)[None]
assert torchaudio.functional.resample(wave, 16000, 8000).shape == (1, 8000)
assert torchaudio.transforms.MelSpectrogram(16000, n_fft=512, n_mels=40)(wave).shape == (1, 40, 63)
assert torchaudio.functional.fftconvolve(wave, wave[:, :100]).shape == (1, 16099)
half = torch.tensor([0.5, 0.0])
filtered = torchaudio.functional.lfilter(wave, torch.tensor([1.0, 0.0]), half, clamp=False)
assert torch.allclose(filtered, 0.5 * wave)
print("works", "torchaudio._extension" in sys.modules)
"""
BROKEN_LIBRARY = """
import importlib.abc, importlib.util
class Refuse(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path, target=None):
        return importlib.util.spec_from_loader(name, self) if name == "torchaudio._extension" else None
    def create_module(self, spec):
        return None
    def exec_module(self, module):
        raise OSError("Could not load this library: _torchaudio.so")
sys.meta_path.insert(0, Refuse())
"""
IMPORT = "import sys\nfrom denoise_cli.audio.torchaudio_import import import_torchaudio\n"


def run(script: str) -> str:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_is_plain_torch_works_with_the_torchaudio_that_is_installed() -> None:
    assert run(IMPORT + OPERATIONS).startswith("works")


def test_what_is_plain_torch_works_where_the_compiled_part_cannot_load() -> None:
    assert run(IMPORT + BROKEN_LIBRARY + OPERATIONS) == "works True\n"


def test_a_missing_torchaudio_is_an_import_error() -> None:
    script = (
        "sys.modules['torchaudio'] = None\ntry:\n    import_torchaudio()\nexcept ImportError:\n    print('missing')"
    )
    assert run(IMPORT + script) == "missing\n"
