"""The count from the config is the count of what is built."""

import pytest

from denoise_cli.config import FrontEndConfig, GeneratorConfig, PostNetConfig, WaveNetConfig
from denoise_cli.config_io import load_config, preset_names
from denoise_cli.models.generator import Generator
from denoise_cli.models.weight_count import count_weights
from tests.models.small_configs import ALL

WITH_HEAD = GeneratorConfig(
    front_end=FrontEndConfig(n_fft=32, hop_length=16, channels=(3, 4, 5), kernel=3),
    wavenet=WaveNetConfig(channels=6, stacks=3, layers=2, kernel=5, band_kernel=3, head_channels=(7, 9), head_kernel=3),
    postnet=PostNetConfig(layers=1, channels=8, kernel=2, band_kernel=5),
)
CONFIGS = {**ALL, "with a head": WITH_HEAD, **{name: load_config(name).generator for name in preset_names()}}


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())
def test_the_count_is_that_of_the_network(config: GeneratorConfig) -> None:
    assert count_weights(config) == sum(value.numel() for value in Generator(config).state_dict().values())
