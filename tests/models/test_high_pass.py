"""The high-pass filter: what goes, what stays where it was, and that chunks come out as the whole."""

import numpy as np
import pytest
import torch

from denoise_cli.models.high_pass import HighPass

RATE = 16_000


def gain_db(frequency_hz: float, cutoff_hz: float = 40.0) -> float:
    """Of the part that is in phase, away from the ends."""
    tone = torch.cos(2 * torch.pi * frequency_hz * torch.arange(RATE) / RATE)[None]
    inner = slice(4_000, 12_000)
    output, tone = HighPass(cutoff_hz, RATE, 256)(tone)[0, inner], tone[0, inner]
    difference, passed = (output - tone).norm() / tone.norm(), output.norm() / tone.norm()
    if frequency_hz > cutoff_hz:  # what passes is where it was
        assert difference < 0.002
    return float(20 * torch.log10(passed))


@pytest.mark.parametrize("frequency_hz", [0.0, 2.0, 10.0, 20.0])
def test_rumble_and_offset_go(frequency_hz: float) -> None:
    assert gain_db(frequency_hz) < -45


@pytest.mark.parametrize("frequency_hz", [60.0, 80.0, 100.0, 440.0, 7_900.0])
def test_what_lies_above_stays_with_its_phase(frequency_hz: float) -> None:
    assert gain_db(frequency_hz) == pytest.approx(0, abs=0.02)


def test_it_is_the_filter_that_its_taps_say() -> None:
    """Against numpy's convolution at the full rate: the lower rate inside changes nothing that is heard."""
    high_pass = HighPass(40.0, RATE, 256)
    noise = torch.randn(1, 8_000, generator=torch.Generator().manual_seed(0))
    taps = high_pass.kernel[0, 0].double().numpy()
    whole = np.convolve(noise[0].double().numpy(), np.convolve(taps, taps))[high_pass.context :][:8_000]
    expected = noise[0].numpy() - whole
    error = high_pass(noise)[0].numpy() - expected
    assert np.sqrt(np.mean(error**2)) < 1e-3  # -60 dB


@pytest.mark.parametrize("hop_length", [256, 96, 25])
def test_a_chunk_with_its_context_equals_the_whole(hop_length: int) -> None:
    high_pass = HighPass(50.0, RATE, hop_length)
    noise = torch.randn(2, 9_000, generator=torch.Generator().manual_seed(1))
    whole, start = high_pass(noise), 3 * hop_length
    chunk = high_pass(noise[:, start:])
    torch.testing.assert_close(chunk[:, high_pass.context :], whole[:, start + high_pass.context :], atol=1e-6, rtol=0)


@pytest.mark.parametrize("samples", [1, 63, 64, 65, 1_000])
def test_length_is_kept(samples: int) -> None:
    assert HighPass(40.0, RATE, 256)(torch.randn(3, samples)).shape == (3, samples)


@pytest.mark.parametrize("cutoff_hz", [0.0, -1.0, 101.0, float("nan")])
def test_a_cutoff_that_it_cannot_have_is_refused(cutoff_hz: float) -> None:
    with pytest.raises(ValueError, match="cutoff_hz"):
        HighPass(cutoff_hz, RATE, 256)
