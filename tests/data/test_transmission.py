"""What a recording goes through on its way: suppressors, gain control, codecs."""

import torch
from torch import Tensor

from denoise_cli.data.transmission import coded, control_gain, suppressed

RATE = 16_000
NO, YES = torch.zeros(1), torch.ones(1)


def noise(seconds: float = 1.0) -> Tensor:
    return torch.randn(1, int(seconds * RATE), generator=torch.Generator().manual_seed(0))


def tone(hertz: float, seconds: float = 1.0) -> Tensor:
    return torch.sin(2 * torch.pi * hertz * torch.arange(int(seconds * RATE)) / RATE)[None]


def level_db(waveform: Tensor) -> float:
    """Of all but what overlaps a border."""
    return 10 * float(waveform[:, 512:-512].square().mean().log10())


def test_what_is_not_drawn_changes_nothing() -> None:
    voice, background = tone(300), 0.1 * noise()
    assert torch.equal(coded(voice, NO), voice)
    assert torch.equal(suppressed(voice, background, NO, NO), voice + background)
    assert torch.equal(control_gain(voice, NO, YES, RATE), torch.ones_like(voice))


def test_a_coarser_codec_errs_more_and_stays_aligned() -> None:
    waveform = noise()
    error = [level_db(coded(waveform, torch.tensor([snr])) - waveform) for snr in (8.0, 20.0)]
    assert 8 < error[0] - error[1] < 14
    coarse = coded(waveform, torch.tensor([8.0]))[0]
    shifted = [float((waveform[0] * coarse.roll(lag)).sum()) for lag in (-1, 0, 1)]
    assert max(shifted) == shifted[1]


def test_a_codec_drops_what_is_weak_beside_the_strong() -> None:
    both = tone(2_000) + 0.01 * tone(2_120)

    def weak(waveform: Tensor) -> Tensor:
        return torch.fft.rfft(waveform[:, 2_000:-2_000] * torch.hann_window(12_000)).abs()[0, 1_590]

    assert float(weak(coded(both, torch.tensor([8.0])))) < 0.3 * float(weak(both))


def test_gain_control_evens_levels_out() -> None:
    mixture = torch.cat([noise(2), 0.1 * noise(2)], dim=-1)
    even = mixture * control_gain(mixture, torch.tensor([0.75]), torch.tensor([0.1]), RATE)
    difference = level_db(even[:, RATE : 2 * RATE]) - level_db(even[:, 3 * RATE :])
    assert 4 < difference < 6  # of 20 dB


def test_a_gate_lowers_pauses_to_its_floor_and_spares_speech() -> None:
    voice = torch.cat([tone(300), torch.zeros(1, RATE)], dim=-1)
    background = 0.01 * noise(2)
    out = suppressed(voice, background, torch.tensor([-12.0]), YES)
    assert abs(level_db(out[:, :RATE] - voice[:, :RATE]) - level_db(background)) < 1
    assert abs(level_db(out[:, RATE:]) - level_db(background) + 12) < 1


def test_a_suppressor_in_bands_lowers_noise_beside_speech_and_a_gate_does_not() -> None:
    voice, background = tone(300), 0.03 * tone(5_000)

    def left(broadband: Tensor) -> float:
        return level_db(suppressed(voice, background, torch.tensor([-12.0]), broadband) - voice)

    assert left(NO) < left(YES) - 10
