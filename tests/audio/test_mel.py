"""Bands that share out a spectrum between their corners."""

import numpy as np
import pytest

from denoise_cli.audio.mel import mel_corners, triangles


def test_corners_are_even_on_the_scale_and_reach_both_ends() -> None:
    corners = mel_corners(20, 60.0, 7600.0)
    assert corners.shape == (22,)
    assert corners[[0, -1]] == pytest.approx([60.0, 7600.0])
    np.testing.assert_allclose(np.diff(2595 * np.log10(1 + corners / 700), 2), 0, atol=1e-9)
    assert 2595 * np.log10(1 + 1000 / 700) == pytest.approx(1000, abs=0.1)  # 1000 Hz are 1000 mel


def test_neighbours_share_each_bin_and_peak_at_their_corner() -> None:
    corners = np.array([0.0, 1000.0, 3000.0, 8000.0])
    bands = triangles(corners, 512, 16_000)
    assert bands.shape == (2, 257)
    assert bands[0, 32] == 1 and bands[1, 96] == 1  # 1 and 3 kHz
    np.testing.assert_allclose(bands[:, 32:97].sum(axis=0), 1)
    assert bands[0, 96:].max() == 0 and bands[1, :33].max() == 0
