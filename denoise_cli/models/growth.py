"""A trained generator grows into a larger one that computes the same at first (Chen et al. 2016, "Net2Net").

The WaveNet may become wider, deeper (more layers at the end of each stack) and get full-band maps or more channels of
them; the levels around it may become wider, and the decoder may get convolutions over many frames at its fine ones.
What is new starts at random and what was there does not listen to it yet, or it starts at zero. So nothing is learned
twice.
"""

from dataclasses import replace

import torch
from torch import Tensor, nn

from denoise_cli.config import GeneratorConfig
from denoise_cli.models.dilated_residual import DilatedResidual
from denoise_cli.models.full_band import FullBand
from denoise_cli.models.generator import Generator
from denoise_cli.models.wavenet import GatedLayer, WaveNet

LAYERS = "core.wavenet.layers."
HALVED = (".gated.", "core.decoder.convolutions.")  # filter and gate; even and odd bands: each half grows


def can_grow(small: GeneratorConfig, large: GeneratorConfig) -> bool:
    """Whether `large` is `small` but for channels, the WaveNet's layers and maps, fine levels, and the filters."""
    return (
        _what_must_be_equal(small) == _what_must_be_equal(large)
        and small.wavenet.channels <= large.wavenet.channels
        and small.wavenet.layers <= large.wavenet.layers
        and small.wavenet.full_band_channels <= large.wavenet.full_band_channels
        and _fine_dilations(small) in (_fine_dilations(large), ())
        and all(narrow <= wide for narrow, wide in zip(_level_channels(small), _level_channels(large), strict=True))
    )


def _what_must_be_equal(config: GeneratorConfig) -> GeneratorConfig:
    front_end = config.front_end
    if front_end is not None:
        # where the bands of all channels are one sequence's channels, `lay_into` does not know their order
        channels = front_end.channels if front_end.flatten else (1,) * len(front_end.channels)
        front_end = replace(
            front_end, high_pass_hz=0.0, post_filter=0.0, pause_filter=0.0, fine_dilations=(), channels=channels
        )
    wavenet = replace(config.wavenet, channels=1, layers=1, full_band_channels=0)
    return replace(config, front_end=front_end, wavenet=wavenet)


def _fine_dilations(config: GeneratorConfig) -> tuple[int, ...]:
    return config.front_end.fine_dilations if config.front_end is not None else ()


def _level_channels(config: GeneratorConfig) -> tuple[int, ...]:
    return config.front_end.channels if config.front_end is not None else ()


@torch.no_grad()
def lay_into(generator: Generator, weights: dict[str, Tensor]) -> None:
    """Put the weights of a smaller generator into one it can grow to, trained or not, so that it computes the same.

    Names that are not there keep their values, but for those that would be heard.
    """
    wavenet = generator.core.wavenet
    origins = _origins(wavenet, sum(name.startswith(LAYERS) and name.endswith(".skip.bias") for name in weights))
    for module in generator.modules():
        if isinstance(module, DilatedResidual | FullBand):
            module.silence()
    for number, layer in enumerate(wavenet.layers):
        if number not in origins and isinstance(layer, GatedLayer):
            _silence(layer)
    for name, value in generator.state_dict().items():
        small = weights.get(_origin_of(name, origins))
        if small is None:
            continue
        if value.shape == small.shape:
            value.copy_(small)
        elif any(part in name for part in HALVED):
            for half, small_half in zip(value.chunk(2), small.chunk(2), strict=True):
                _lay(half, small_half)
        else:
            _lay(value, small)


def _origins(wavenet: WaveNet, small_count: int) -> dict[int, int]:
    """Numbers of the layers that were there, and their old ones; new ones are the last of each stack."""
    stacks, per_stack = wavenet.config.stacks, wavenet.config.layers
    before = small_count // stacks
    return {s * per_stack + layer: s * before + layer for s in range(stacks) for layer in range(before)}


def _origin_of(name: str, origins: dict[int, int]) -> str:
    if not name.startswith(LAYERS):
        return name
    number, rest = name.removeprefix(LAYERS).split(".", 1)
    return f"{LAYERS}{origins.get(int(number), 'new')}.{rest}"


def _silence(layer: GatedLayer) -> None:
    """Zero what the layer adds: of the residual the last module, as a batch norm before a zero gain still learns."""
    residual = layer.residual[-1] if isinstance(layer.residual, nn.Sequential) else layer.residual
    for parameter in (*residual.parameters(), *layer.skip.parameters()):
        nn.init.zeros_(parameter)


def _lay(large: Tensor, small: Tensor) -> None:
    """`small` into the first rows of `large`; what these rows would take from new columns is zero."""
    rows = large[: small.shape[0]]
    if rows.ndim > 1:
        rows.zero_()
        rows = rows[:, : small.shape[1]]
    rows.copy_(small)
