"""The filter behind the network for pauses: which frames are lowered, and how far."""

import math

import pytest
import torch
from torch import Tensor

from denoise_cli.models.pause_filter import REACH, pause_filter

STRENGTH = 0.3
BINS = 257  # 16 bands of 16 bins, and 0 Hz
FRAMES = 12


def noise(frames: int = FRAMES) -> Tensor:
    return torch.randn(1, 2, frames, BINS, generator=torch.Generator().manual_seed(0))


def lowered(estimate: Tensor, spectrum: Tensor) -> list[float]:
    """Decibels that the filter takes from each frame, from all its bins alike."""
    ratio = pause_filter(estimate, spectrum, STRENGTH) / estimate
    assert float((ratio.amax(dim=(1, 3)) - ratio.amin(dim=(1, 3))).max()) < 1e-5
    return [-20 * math.log10(value) for value in ratio[0, 0, :, 0].tolist()]


@pytest.mark.parametrize(("gain_db", "loss_db"), [(6, 0), (0, 0), (-3, 1.8), (-6, 4.5), (-20, 10), (-60, 10)])
def test_frames_with_little_left_become_lower(gain_db: float, loss_db: float) -> None:
    spectrum = noise()
    assert lowered(spectrum.flip(1) * 10 ** (gain_db / 20), spectrum) == pytest.approx([loss_db] * FRAMES, abs=0.5)


def test_one_band_of_speech_keeps_the_frame_and_those_near() -> None:
    spectrum = noise()
    estimate = 0.01 * spectrum
    estimate[:, :, 6, 33:49] = spectrum[:, :, 6, 33:49]
    expected = [0.0 if abs(frame - 6) <= REACH else 10.0 for frame in range(FRAMES)]
    assert lowered(estimate, spectrum) == pytest.approx(expected, abs=1e-3)


def test_a_band_without_anything_is_not_taken_for_speech() -> None:
    """A recording of a telephone has nothing above 4 kHz, and of nothing all is kept."""
    spectrum = noise()
    spectrum[..., 129:] *= 1e-4
    estimate = torch.cat([0.01 * spectrum[..., :129], spectrum[..., 129:]], dim=-1)
    assert lowered(estimate, spectrum) == pytest.approx([10.0] * FRAMES, abs=1e-3)


def test_a_louder_input_is_filtered_alike() -> None:
    spectrum = noise()
    estimate = 0.3 * spectrum
    assert lowered(30 * estimate, 30 * spectrum) == pytest.approx(lowered(estimate, spectrum), abs=1e-3)


def test_silence_stays_silent() -> None:
    zeros = torch.zeros(1, 2, 3, BINS)
    assert torch.equal(pause_filter(zeros, zeros, STRENGTH), zeros)
