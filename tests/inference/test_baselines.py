import sys
import types

import numpy as np
import pytest

from denoise_cli.errors import MissingPackage, UsageConflict
from denoise_cli.inference.baselines import NAMES, _signal, _spectrum, load_baseline
from tests.metrics.signals import SAMPLE_RATE, speech_like, with_noise


@pytest.mark.parametrize("samples", [1, 1_000, 1_024, 16_001])
def test_spectrum_and_signal_are_inverse(samples: int) -> None:
    signal = np.random.default_rng(0).standard_normal(samples)
    np.testing.assert_allclose(_signal(_spectrum(signal), samples), signal, atol=1e-9)


def test_griffin_lim_keeps_magnitudes_and_loses_phases() -> None:
    waveform = speech_like(1.0)[None].astype(np.float32)
    found = load_baseline("griffin-lim").enhance(waveform, SAMPLE_RATE)
    wanted, got = np.abs(_spectrum(waveform[0])), np.abs(_spectrum(found[0]))
    assert found.shape == waveform.shape and found.dtype == np.float32
    assert np.linalg.norm(wanted - got) / np.linalg.norm(wanted) < 0.12
    assert np.linalg.norm(waveform - found) / np.linalg.norm(waveform) > 0.3


def test_griffin_lim_gives_the_same_every_time() -> None:
    waveform = speech_like(0.3)[None].astype(np.float32)
    baseline = load_baseline("griffin-lim")
    np.testing.assert_array_equal(baseline.enhance(waveform, 16_000), baseline.enhance(waveform, 16_000))


def test_spectral_gating_takes_noise_away() -> None:
    pytest.importorskip("noisereduce")
    clean = np.concatenate([speech_like(2.0), np.zeros(16_000)])
    noisy = with_noise(clean, 5).astype(np.float32)[None]
    found = load_baseline("spectral-gating").enhance(noisy, SAMPLE_RATE)
    assert found.shape == noisy.shape and found.dtype == np.float32
    assert np.mean(found[0, 36_000:] ** 2) < 0.1 * np.mean(noisy[0, 36_000:] ** 2)


def test_spectral_gating_runs_the_package_with_its_own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = types.ModuleType("noisereduce")
    vars(stand_in)["reduce_noise"] = lambda y, sr: y * 0.5 if sr == SAMPLE_RATE else y
    monkeypatch.setitem(sys.modules, "noisereduce", stand_in)
    waveform = np.ones((2, 10), np.float32)
    np.testing.assert_array_equal(load_baseline("spectral-gating").enhance(waveform, SAMPLE_RATE), 0.5 * waveform)


def test_a_missing_package_is_said_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "noisereduce", None)
    with pytest.raises(MissingPackage, match=r"hifidenoise\[baselines\]"):
        load_baseline("spectral-gating")


def test_an_unknown_baseline_lists_those_there_are() -> None:
    with pytest.raises(UsageConflict, match=", ".join(NAMES)):
        load_baseline("magic")
