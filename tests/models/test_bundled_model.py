"""The model that is shipped: it does what it did when it was shipped, in both engines, at any level, in any chunks.

After a new model: `python -m tests.models.test_bundled_model` writes tests/golden/compact.json anew.
"""

import functools
import json
import runpy
from pathlib import Path

import numpy as np
import pytest

from denoise_cli.inference.engine_choice import open_engine
from denoise_cli.inference.enhancer import Enhancer
from denoise_cli.inference.options import EngineName, EnhanceOptions
from denoise_cli.metrics.si_sdr import si_sdr
from denoise_cli.models.finding import read_model

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "compact.json"
RATE = 16_000
ENGINES = [EngineName.ONNX, EngineName.TORCH]


@functools.cache
def clip() -> tuple[np.ndarray, np.ndarray]:
    """Four seconds of the project's own sample: (noisy, clean), float32."""
    sample = runpy.run_path(str(ROOT / "examples" / "make_sample.py"))
    source = np.random.default_rng(0)
    clean = sample["speak"](sample["SENTENCES"], source)[: 4 * RATE]
    noise = sample["room_noise"](clean.size, source) * np.sqrt(np.mean(clean**2)) * 10 ** (-8 / 20)
    return (clean + noise).astype(np.float32), clean.astype(np.float32)


@functools.cache
def enhancer(engine: EngineName) -> Enhancer:
    return Enhancer.load(device="cpu", threads=1, engine=engine)


def golden_values() -> dict[str, float]:
    noisy, clean = clip()
    output = enhancer(EngineName.ONNX).enhance(noisy, RATE)
    return {"noisy_si_sdr_db": round(si_sdr(clean, noisy), 3), "si_sdr_db": round(si_sdr(clean, output), 3)}


@pytest.mark.parametrize("engine", ENGINES)
def test_the_sample_comes_out_as_when_the_model_was_shipped(engine: EngineName) -> None:
    noisy, clean = clip()
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert si_sdr(clean, noisy) == pytest.approx(golden["noisy_si_sdr_db"], abs=0.01)
    assert si_sdr(clean, enhancer(engine).enhance(noisy, RATE)) == pytest.approx(golden["si_sdr_db"], abs=0.05)
    assert golden["si_sdr_db"] > golden["noisy_si_sdr_db"] + 2


def test_both_engines_compute_the_same() -> None:
    noisy, _ = clip()
    by_onnx, by_torch = (enhancer(engine).enhance(noisy, RATE) for engine in ENGINES)
    np.testing.assert_allclose(by_onnx, by_torch, rtol=0, atol=1e-4)


@pytest.mark.parametrize("gain_db", [-40.0, -20.0, 6.0])
def test_the_level_of_the_input_does_not_matter(gain_db: float) -> None:
    noisy, _ = clip()
    gain = 10 ** (gain_db / 20)
    loud = enhancer(EngineName.ONNX).enhance(noisy, RATE)
    quiet = enhancer(EngineName.ONNX).enhance(noisy * gain, RATE) / gain
    assert abs(20 * np.log10(np.std(quiet) / np.std(loud))) < 0.01
    assert si_sdr(loud, quiet) > 60


@pytest.mark.parametrize("frequency_hz", [4.0, 18.0])
def test_infrasound_neither_passes_nor_matters(frequency_hz: float) -> None:
    noisy, _ = clip()
    wave = 3 * np.std(noisy) * 2**0.5 * np.sin(2 * np.pi * frequency_hz * np.arange(noisy.size) / RATE)
    alone = enhancer(EngineName.ONNX).enhance(noisy, RATE)
    assert si_sdr(alone, enhancer(EngineName.ONNX).enhance((noisy + wave).astype(np.float32), RATE)) > 25


@pytest.mark.parametrize(("pitch_hz", "syllable_s"), [(450.0, 0.15), (550.0, 0.4)])
def test_voices_as_high_as_shouts_are_not_taken_for_noise(pitch_hz: float, syllable_s: float) -> None:
    """A version that had learned to remove calls from 400 Hz left 11 dB of the first, a later one none of the other."""
    made = runpy.run_path(str(ROOT / "docs" / "formant_voices.py"))
    left = []
    for seed in range(4):
        draw = np.random.default_rng(seed)
        voice = made["Voice"](draw)
        voice.pitch_hz, voice.size, voice.liveliness, voice.syllable_s = pitch_hz, 1.3, 0.12, syllable_s
        clean = voice.says(draw, 4.0).astype(np.float32)
        left.append(si_sdr(clean, enhancer(EngineName.ONNX).enhance(clean, RATE)))
    assert np.median(left) > 15


def test_chunks_leave_no_trace() -> None:
    noisy, _ = clip()
    engine = open_engine("default", "cpu", 1)
    long = np.tile(noisy, 4)
    whole = enhancer(EngineName.ONNX).enhance(long, RATE, EnhanceOptions(chunk_seconds=60.0))
    pieces = Enhancer(engine).enhance(long, RATE, EnhanceOptions(chunk_seconds=1.0))
    np.testing.assert_allclose(pieces, whole, rtol=0, atol=1e-5)


def test_a_clean_synthetic_voice_passes() -> None:
    _, clean = clip()
    assert si_sdr(clean, enhancer(EngineName.ONNX).enhance(clean, RATE)) > 15


def test_silence_stays() -> None:
    assert not enhancer(EngineName.ONNX).enhance(np.zeros(RATE, np.float32), RATE).any()


def test_it_says_what_it_is_and_is_small() -> None:
    folder = read_model("default")
    assert folder.weights.stat().st_size < 24e6
    card = (folder.path / "README.md").read_text(encoding="utf-8")
    for needed in ("license:", "Training data", "benchmark --noisy"):
        assert needed in card
    assert {"stage", "step", "minutes", "corpus"} <= folder.trained_with.keys()
    assert folder.trained_with.keys() & {"dev_scores", "average_of"}


if __name__ == "__main__":
    GOLDEN.parent.mkdir(exist_ok=True)
    GOLDEN.write_text(json.dumps(golden_values(), indent=2) + "\n", encoding="utf-8")
