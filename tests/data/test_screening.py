import dataclasses

import numpy as np
import pytest

from denoise_cli.data import screening
from denoise_cli.data.screening import (
    ClippingMeter,
    Measurements,
    SpectrumSurvey,
    Thresholds,
    judge_noise,
    judge_response,
    judge_speech,
)
from tests.data.recordings import RATE, speech

GOOD = Measurements(source_rate=48_000, seconds=3.0, peak=0.5, clipped_share=0.0, snr_db=40.0, bandwidth_hz=8000.0)


def surveyed(signal, blocks=1):
    survey = SpectrumSurvey()
    for block in np.array_split(signal.astype(np.float32), blocks):
        survey.update(block)
    return survey


def flat_share(signal, blocks=1):
    meter = ClippingMeter()
    for block in np.array_split(signal.astype(np.float32), blocks):
        meter.update(block)
    return meter.share


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"seconds": 0.0}, screening.EMPTY),
        ({"seconds": 0.49}, screening.TOO_SHORT),
        ({"peak": 0.0009}, screening.SILENT),
        ({"peak": 0.0}, screening.SILENT),
        ({"source_rate": 8000}, screening.BELOW_RATE),
        ({"bandwidth_hz": 5750.0}, screening.BAND_LIMITED),
        ({"clipped_share": 0.001}, screening.CLIPPED),
        ({"snr_db": 14.9}, screening.NOISY),
        ({"snr_db": None}, None),
    ],
)
def test_each_reason_to_refuse_speech(change, reason):
    assert judge_speech(dataclasses.replace(GOOD, **change), Thresholds()) == reason


def test_noise_is_refused_for_length_and_silence_alone():
    poor = dataclasses.replace(GOOD, source_rate=8000, clipped_share=0.5, snr_db=0.0, bandwidth_hz=500.0)
    assert judge_noise(poor, Thresholds()) is None
    assert judge_noise(dataclasses.replace(poor, seconds=0.09), Thresholds()) == screening.TOO_SHORT
    assert judge_noise(dataclasses.replace(poor, peak=1e-6), Thresholds()) == screening.SILENT


def test_responses_are_refused_by_limits_of_their_own():
    quiet = dataclasses.replace(GOOD, peak=1e-4, seconds=0.1, snr_db=None, bandwidth_hz=None)
    assert judge_response(quiet, Thresholds()) is None
    assert judge_response(dataclasses.replace(quiet, seconds=0.01), Thresholds()) == screening.TOO_SHORT
    assert judge_response(dataclasses.replace(quiet, peak=1e-6), Thresholds()) == screening.SILENT
    assert judge_response(dataclasses.replace(quiet, source_rate=8000), Thresholds()) == screening.BELOW_RATE


@pytest.mark.parametrize("snr_db", [5, 10, 15, 20, 25, 30])
def test_snr_of_speech_in_stationary_noise_is_told_within_five_decibel(snr_db):
    for seed in range(4):
        voice = speech(seed, 4.0)
        loud = voice[np.abs(voice) > 0.02]
        noise = np.random.default_rng(100 + seed).standard_normal(len(voice))
        level = np.sqrt(np.mean(loud**2)) * 10 ** (-snr_db / 20)
        assert surveyed(voice + level * noise).snr_db() == pytest.approx(snr_db, abs=5)


def test_clean_speech_is_far_above_the_limit_and_its_level_does_not_matter():
    values = [surveyed(gain * speech(7, 3.0)).snr_db() for gain in (1.0, 0.05)]
    assert values[0] > 40
    assert values[0] == pytest.approx(values[1], abs=0.1)


def test_digital_silence_between_words_does_not_hide_the_noise():
    voice = speech(3, 3.0) + 0.03 * np.random.default_rng(0).standard_normal(3 * RATE)
    gated = np.concatenate([np.zeros(3 * RATE), voice, np.zeros(3 * RATE)])
    assert surveyed(gated).snr_db() == pytest.approx(surveyed(voice).snr_db(), abs=1.0)
    assert surveyed(np.zeros(RATE)).snr_db() is None


@pytest.mark.parametrize("edge_hz", [3400, 4000, 5000, 7000])
def test_bandwidth_of_low_passed_speech_is_told_within_one_band(edge_hz):
    for seed in range(3):
        spectrum = np.fft.rfft(speech(seed, 3.0))
        spectrum[int(edge_hz * 3.0) :] = 0
        voice = np.fft.irfft(spectrum) + 2e-5 * np.random.default_rng(9).standard_normal(3 * RATE)
        assert surveyed(voice).bandwidth_hz() == pytest.approx(edge_hz, abs=251)


def test_hiss_above_a_low_passed_voice_does_not_count_as_bandwidth():
    spectrum = np.fft.rfft(speech(0, 3.0))
    spectrum[4000 * 3 :] = 0
    voice = np.fft.irfft(spectrum) + 0.003 * np.random.default_rng(1).standard_normal(3 * RATE)
    assert surveyed(voice).bandwidth_hz() < 4600
    assert surveyed(speech(0, 3.0)).bandwidth_hz() == 8000


def test_blocks_of_any_size_give_the_same_survey():
    voice = speech(2, 2.0)
    whole, parts = surveyed(voice), surveyed(voice, blocks=77)
    assert parts.snr_db() == pytest.approx(whole.snr_db(), abs=1e-3)
    assert parts.bandwidth_hz() == whole.bandwidth_hz()
    assert flat_share(np.clip(voice, -0.2, 0.2), 77) == pytest.approx(flat_share(np.clip(voice, -0.2, 0.2)))


def test_memory_does_not_grow_with_the_recording(monkeypatch):
    long = np.concatenate([speech(seed, 2.0) for seed in range(5)])
    whole = surveyed(long)
    monkeypatch.setattr(screening, "KEPT_FRAMES", 256)
    survey = surveyed(long, blocks=20)
    assert survey._kept <= 256 and survey._stride == 4
    assert survey.snr_db() == pytest.approx(whole.snr_db(), abs=2)


def test_blocks_of_which_no_frame_is_kept_do_no_harm(monkeypatch):
    monkeypatch.setattr(screening, "KEPT_FRAMES", 32)
    assert surveyed(speech(0, 3.0), blocks=300).snr_db() is not None


@pytest.mark.parametrize(("ceiling", "gain"), [(0.25, 1.0), (0.25, 0.3), (0.1, 1.0)])
def test_clipping_is_seen_at_full_scale_and_below(ceiling, gain):
    for seed in range(4):
        assert flat_share(gain * np.clip(speech(seed, 2.0), -ceiling, ceiling)) > Thresholds().max_clipped_share


def test_unclipped_speech_has_no_flat_tops():
    for seed in range(6):
        assert flat_share(speech(seed, 2.0)) < Thresholds().max_clipped_share
    assert flat_share(np.zeros(100)) == 0 and ClippingMeter().share == 0


def test_flat_tops_below_a_later_peak_are_forgotten():
    assert flat_share(np.concatenate([np.full(50, 0.1), speech(1)]), blocks=9) < 1e-4
