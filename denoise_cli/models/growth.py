"""A trained generator grows into a larger one that computes the same at first (Chen et al. 2016, "Net2Net").

The WaveNet may become wider and get full-band maps. New channels start at random and what was there does not listen to
them yet; full-band maps start at zero. So nothing is learned twice.
"""

from dataclasses import replace

import torch
from torch import Tensor

from denoise_cli.config import GeneratorConfig
from denoise_cli.models.generator import Generator


def can_grow(small: GeneratorConfig, large: GeneratorConfig) -> bool:
    """Whether `large` is `small` but for more channels of the WaveNet, full-band maps, and the filters around it."""
    maps = small.wavenet.full_band_channels
    return (
        _what_must_be_equal(small) == _what_must_be_equal(large)
        and small.wavenet.channels <= large.wavenet.channels
        and maps in (0, large.wavenet.full_band_channels)
    )


def _what_must_be_equal(config: GeneratorConfig) -> GeneratorConfig:
    front_end = config.front_end and replace(config.front_end, high_pass_hz=0.0, post_filter=0.0)
    return replace(config, front_end=front_end, wavenet=replace(config.wavenet, channels=1, full_band_channels=0))


@torch.no_grad()
def lay_into(generator: Generator, weights: dict[str, Tensor]) -> None:
    """Put the weights of a smaller generator into one it can grow to; names that are not there keep their start."""
    for name, value in generator.state_dict().items():
        if name not in weights:
            continue
        small = weights[name]
        if value.shape == small.shape:
            value.copy_(small)
        elif ".gated." in name:  # filter and gate are the two halves of one convolution's output, and each half grows
            for half, small_half in zip(value.chunk(2), small.chunk(2), strict=True):
                _lay(half, small_half)
        else:
            _lay(value, small)


def _lay(large: Tensor, small: Tensor) -> None:
    """`small` into the first rows of `large`; what these rows would take from new columns is zero."""
    rows = large[: small.shape[0]]
    if rows.ndim > 1:
        rows.zero_()
        rows = rows[:, : small.shape[1]]
    rows.copy_(small)
