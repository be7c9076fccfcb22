"""How many weights a generator has, from its config alone: known before anything is built, and without torch."""

from denoise_cli.config import FINE_LEVELS, FrontEndConfig, GeneratorConfig, PostNetConfig, WaveNetConfig


def count_weights(config: GeneratorConfig) -> int:
    """Weights and biases of `models.generator.Generator(config)`, the PostNet's included."""
    front_end = config.front_end
    if front_end is None:
        return _wavenet(config.wavenet, 1, 1) + _postnet(config.postnet, 1)
    width, bands = front_end.channels[-1], front_end.n_fft // 2 + 1
    for _ in front_end.channels:
        bands = (bands + 1) // 2
    if front_end.flatten:
        width, bands = width * bands, 1
    return _front_end(front_end) + _wavenet(config.wavenet, width, bands) + _postnet(config.postnet, 2)


def _convolution(narrow: int, wide: int, taps: int, batch_norm: bool = False) -> int:
    return narrow * wide * taps + wide + (4 * wide + 1 if batch_norm else 0)


def _front_end(config: FrontEndConfig) -> int:
    widths = [3, *config.channels]
    frames = [config.time_kernel, *[1] * (len(config.channels) - 1)]
    encoder = sum(
        _convolution(a, b, time * config.kernel, config.batch_norm)
        for a, b, time in zip(widths[:-1], widths[1:], frames, strict=True)
    )
    widths = [*reversed(config.channels)]
    skips = sum(_convolution(width, width, 1) for width in config.channels)
    decoder = sum(_convolution(a, 2 * b, 3, config.batch_norm) for a, b in zip(widths[:-1], widths[1:], strict=True))
    last = _convolution(widths[-1], 4 * config.filter_frames, 3 * config.time_kernel)
    return encoder + skips + decoder + last + _fine_levels(config)


def _fine_levels(config: FrontEndConfig) -> int:
    count = len(config.fine_dilations)
    if not count:
        return 0
    return sum(
        (count - 1) * _convolution(width, width, 9, config.batch_norm) + _convolution(width, width, 9)
        for width in config.channels[:FINE_LEVELS]
    )


def _wavenet(config: WaveNetConfig, planes: int, bands: int) -> int:
    width = config.channels
    layer = _convolution(width, 2 * width, config.kernel, config.batch_norm)
    layer += _convolution(width, width, config.band_kernel, config.batch_norm) + _convolution(width, width, 1)
    if squeezed := config.full_band_channels:
        mixed = squeezed * bands
        layer += _convolution(width, squeezed, 1, config.batch_norm) + _convolution(squeezed, width, 1)
        layer += _convolution(mixed, mixed, 1, config.batch_norm)
    widths = [width, *config.head_channels]
    head = sum(_convolution(a, b, config.head_kernel) for a, b in zip(widths[:-1], widths[1:], strict=True))
    ends = _convolution(planes, width, 1) + _convolution(widths[-1], planes, 1)
    return ends + config.stacks * config.layers * layer + head


def _postnet(config: PostNetConfig, planes: int) -> int:
    widths = [planes, *[config.channels] * (config.layers - 1), planes]
    taps = config.kernel * config.band_kernel
    return sum(_convolution(a, b, taps) for a, b in zip(widths[:-1], widths[1:], strict=True))
