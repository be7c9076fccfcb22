"""The discriminators: their sizes, what they hear, and that real and generated signals are judged alike."""

import math

import pytest
import torch
from torch import Tensor, nn

from denoise_cli.config import DiscriminatorConfig, four_discriminators
from denoise_cli.errors import UsageConflict
from denoise_cli.models.discriminators import Discriminators
from denoise_cli.models.spectrogram_discriminator import LogMel, SpectrogramDiscriminator, mel_filters, shortest_input
from denoise_cli.models.waveform_discriminator import Downsampler, WaveformDiscriminator, shuffle_phase
from tests.models.reference_torchaudio import import_torchaudio

RATE = 16_000
SMALL = tuple(DiscriminatorConfig("waveform", rate, channels=4) for rate in (16_000, 8_000, 4_000))


def noise(batch: int, samples: int, seed: int = 0) -> Tensor:
    return 0.1 * torch.randn(batch, samples, generator=torch.Generator().manual_seed(seed))


def weights_and_biases(network: nn.Module) -> int:
    """Without the lengths that weight normalisation keeps apart."""
    convolutions = [part for part in network.modules() if isinstance(part, nn.Conv1d)]
    biases = [part.bias.numel() for part in convolutions if part.bias is not None]
    return sum(part.weight.numel() for part in convolutions) + sum(biases)


def test_the_waveform_discriminator_has_the_papers_size_and_lengths() -> None:
    for rate, frames in ((16_000, 125), (8_000, 63), (4_000, 32)):
        network = WaveformDiscriminator(DiscriminatorConfig("waveform", rate), RATE)
        assert weights_and_biases(network) == 5_637_953
        scores, features = network(noise(1, 32_000))
        assert scores.shape == (1, frames)
        assert [layer.shape[1] for layer in features] == [16, 64, 256, 1024, 1024, 1024]
        assert len(features) == 6  # all layers but the score


def test_the_waveform_discriminator_has_melgans_slope_and_weight_norm() -> None:
    network = WaveformDiscriminator(SMALL[0], RATE)
    first = network.layers[0]
    assert isinstance(first, nn.Conv1d)
    waveform = noise(1, 4_000)
    plain = first(waveform[:, None])
    torch.testing.assert_close(network(waveform)[1][0], torch.where(plain > 0, plain, 0.2 * plain))
    assert all(hasattr(layer, "parametrizations") for layer in network.layers)


def test_the_three_waveform_discriminators_share_no_weights() -> None:
    members = Discriminators(four_discriminators(), RATE, 32_000).members
    parameters = [id(parameter) for member in members.values() for parameter in member.parameters()]
    assert len(members) == 4 and len(set(parameters)) == len(parameters)


@pytest.mark.parametrize("factor", [2, 4])
def test_downsampling_equals_windowed_sinc_resampling(factor: int) -> None:
    waveform = noise(2, 4_003)
    theirs = import_torchaudio().functional.resample(waveform, RATE, RATE // factor)
    torch.testing.assert_close(Downsampler(factor)(waveform), theirs, rtol=0, atol=1e-6)


def test_downsampling_keeps_what_is_below_and_stops_what_is_above_the_new_nyquist_frequency() -> None:
    time = torch.arange(8_000) / RATE
    low, high = (torch.sin(2 * math.pi * hz * time)[None] for hz in (1_000, 6_000))
    kept, stopped = Downsampler(2)(low)[0, 100:-100], Downsampler(2)(high)[0, 100:-100]
    torch.testing.assert_close(kept, low[0, ::2][100:-100], rtol=0, atol=0.01)
    assert stopped.abs().max() < 0.01  # average pooling leaves a third of it


def test_the_spectrogram_discriminator_has_the_papers_size_and_fits_two_seconds() -> None:
    network = SpectrogramDiscriminator(DiscriminatorConfig("spectrogram"), RATE)
    assert sum(parameter.numel() for parameter in network.parameters()) == 143_169
    scores, features = network(noise(2, 32_000))
    assert scores.shape == (2, 2 * 3)
    assert [tuple(layer.shape) for layer in features] == [(2, 32, 80, frames) for frames in (63, 31, 15, 7)]


def test_the_shortest_input_just_fits() -> None:
    config = DiscriminatorConfig("spectrogram")
    network = SpectrogramDiscriminator(config, RATE)
    assert network(noise(2, shortest_input(config)))[0].shape == (2, 2)
    with pytest.raises(RuntimeError):
        network(noise(2, shortest_input(config) - 1))


def test_the_mel_scale_is_that_of_torchaudio() -> None:
    theirs = import_torchaudio().functional.melscale_fbanks(1025, 20.0, 8000.0, 80, RATE)
    torch.testing.assert_close(mel_filters(80, 20.0, 8000.0, 2048, RATE), theirs, rtol=0, atol=1e-4)


def test_the_spectrogram_is_logarithmic() -> None:
    log_mel = LogMel(256, RATE)
    loud, quiet = log_mel(noise(1, 32_000)), log_mel(0.1 * noise(1, 32_000))
    torch.testing.assert_close(loud - quiet, torch.full_like(loud, math.log(10)), rtol=0, atol=1e-2)
    torch.testing.assert_close(log_mel(torch.zeros(1, 32_000)), torch.full((1, 80, 126), math.log(1e-5)))


def test_little_of_the_spectrogram_that_is_judged_is_padding() -> None:
    network = SpectrogramDiscriminator(DiscriminatorConfig("spectrogram"), RATE)
    convolutions = [part for part in network.blocks.modules() if isinstance(part, nn.Conv2d)]
    frames = 126
    for convolution in convolutions:
        (_, padding), (_, kernel) = convolution.padding, convolution.kernel_size
        assert 2 * int(padding) < 0.3 * frames
        frames = (frames + 2 * int(padding) - kernel) // 2 + 1


def test_real_and_generated_signals_share_their_batch_statistics() -> None:
    judged = Discriminators(four_discriminators()[3:], RATE, 32_000)
    network = next(iter(judged.members.values()))
    real, fake = noise(2, 32_000), 10 * noise(2, 32_000, 1)
    (judgement,) = judged(real, fake).values()
    torch.testing.assert_close(judgement.real, network(torch.cat([real, fake]))[0].mean(dim=1)[:2])
    apart = network(real)[0].mean(dim=1)
    assert (judgement.real - apart).abs().max() > 1e-3  # in batches of their own they would be told apart


def test_judging_leaves_nothing_behind() -> None:
    judged = Discriminators((*SMALL, DiscriminatorConfig("spectrogram")), RATE, 32_000)
    before = {name: value.clone() for name, value in judged.state_dict().items()}
    judged(noise(1, 32_000), noise(1, 32_000, 1))
    assert all(torch.equal(value, before[name]) for name, value in judged.state_dict().items())


def test_each_item_gets_one_score_and_a_batch_of_one_its_own() -> None:
    judged = Discriminators(SMALL, RATE, 8_000)
    real, fake = noise(3, 8_000), noise(3, 8_000, 1)
    for name, judgement in judged(real, fake).items():
        assert judgement.real.shape == judgement.fake.shape == (3,)
        assert all(
            one.shape == other.shape
            for one, other in zip(judgement.real_features, judgement.fake_features, strict=True)
        )
        alone = judged(real[1:2], fake[1:2])[name]
        torch.testing.assert_close(alone.real, judgement.real[1:2])


def test_the_waveform_discriminators_hear_their_own_rates() -> None:
    """One public implementation judged estimates at 16 kHz and targets at 8 and 4."""
    judged = Discriminators(SMALL, RATE, 8_000)
    lengths = [judgement.fake_features[0].shape[-1] for judgement in judged(noise(1, 8_000), noise(1, 8_000)).values()]
    assert lengths == [8_000, 4_000, 2_000]


def test_phase_shuffle_shifts_by_up_to_its_limit_and_reflects_at_the_edges() -> None:
    steps = torch.arange(10.0)[None, None]
    torch.manual_seed(0)
    seen = {tuple(shuffle_phase(steps, 2)[0, 0].tolist()) for _ in range(100)}
    assert len(seen) == 5
    assert (1.0, *range(9)) in seen and (*range(1, 10), 8.0) in seen


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (DiscriminatorConfig("wavform"), "unknown kind wavform; there are waveform, spectrogram"),
        (DiscriminatorConfig("waveform", 11_025), "no multiple of sample_rate 11025"),
        (DiscriminatorConfig("spectrogram", norm="layer"), "unknown norm layer"),
        (DiscriminatorConfig("spectrogram"), r"hop_length 256 needs train.crop_seconds of 1.25 or more, not 1.00"),
    ],
)
def test_what_cannot_be_made_is_said(config: DiscriminatorConfig, message: str) -> None:
    with pytest.raises(UsageConflict, match=message):
        Discriminators([config], RATE, 16_000)
