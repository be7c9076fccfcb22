import pytest

from denoise_cli.config import FrontEndConfig, GeneratorConfig, PostNetConfig, WaveNetConfig
from denoise_cli.models.generator import Generator
from denoise_cli.models.multiply_adds import count_multiply_adds, count_parameters

WAVENET = WaveNetConfig(channels=4, stacks=1, layers=2, kernel=3, band_kernel=1, head_channels=(6,), head_kernel=3)
POSTNET = PostNetConfig(layers=2, channels=5, kernel=8)
SAMPLES = GeneratorConfig(front_end=None, wavenet=WAVENET, postnet=POSTNET)


def test_a_small_network_on_samples_is_what_the_hand_counts() -> None:
    ends = 1 * 4 + 6 * 1
    layer = 4 * 8 * 3 + 4 * 4 + 4 * 4  # filter and gate, residual, skip
    head = 4 * 6 * 3
    a_sample = ends + 2 * layer + head
    postnet = 1 * 5 * 8 + 5 * 1 * 8
    rate = SAMPLES.sample_rate
    assert count_multiply_adds(Generator(SAMPLES, use_postnet=False)) == rate * a_sample
    assert count_multiply_adds(Generator(SAMPLES, use_postnet=True)) == rate * (a_sample + postnet)


def test_transforms_of_a_front_end_count() -> None:
    front_end = FrontEndConfig(n_fft=64, hop_length=32, channels=(6,), kernel=3)
    generator = Generator(GeneratorConfig(front_end=front_end, wavenet=WAVENET, postnet=POSTNET), use_postnet=False)
    frames, bins, bands = generator.sample_rate // 32, 33, 17
    transforms = 2 * 64 * 66  # analysis and synthesis, real and imaginary rows
    encoder = bands * 3 * 6 * 3
    wavenet = bands * (6 * 4 + 2 * (4 * 8 * 3 + 4 * 4 + 4 * 4) + 4 * 6 * 3 + 6 * 6)
    decoder = bands * (6 * 6 + 6 * 4 * 3)  # the skip, and twice the two channels of the mask
    assert bins == 2 * bands - 1
    assert count_multiply_adds(generator) == frames * (transforms + encoder + wavenet + decoder)


@pytest.mark.parametrize("use_postnet", [True, False])
def test_what_does_not_run_is_no_parameter(use_postnet: bool) -> None:
    postnet = (1 * 5 * 8 + 5) + (5 * 1 * 8 + 1)
    generator = Generator(SAMPLES, use_postnet)
    total = sum(parameter.numel() for parameter in generator.parameters())
    assert count_parameters(generator) == total - (0 if use_postnet else postnet)
