"""The STFT: exact inversion, agreement with torch.stft, no reflections."""

import pytest
import torch

from denoise_cli.audio.stft import ShortTimeFourier, square_root_hann


@pytest.mark.parametrize("samples", [1, 255, 256, 257, 5000])
def test_synthesis_inverts_analysis(samples: int) -> None:
    fourier = ShortTimeFourier(512, 256)
    waveform = torch.randn(2, samples, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(fourier.inverse(fourier(waveform), samples), waveform, rtol=0, atol=1e-5)


def test_it_is_the_centred_stft_of_torch() -> None:
    waveform = torch.randn(1, 2560, generator=torch.Generator().manual_seed(0))
    ours = ShortTimeFourier(512, 256)(waveform)
    theirs = torch.stft(
        waveform, 512, 256, window=square_root_hann(512).float(), pad_mode="constant", return_complex=True
    )
    expected = torch.view_as_real(theirs).permute(0, 3, 2, 1)
    torch.testing.assert_close(ours, expected, rtol=0, atol=1e-4)


def test_another_overlap_is_refused() -> None:
    with pytest.raises(ValueError, match="half"):
        ShortTimeFourier(512, 128)
