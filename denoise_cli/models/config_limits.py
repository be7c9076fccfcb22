"""Limits of what a generator's config may ask for: it may come from anywhere, and is checked before anything is built.

They are far above every sensible model; what they keep out is a config that fills the memory or hangs.
"""

import reprlib

from denoise_cli.config import FINE_LEVELS, FrontEndConfig, GeneratorConfig, PostNetConfig, WaveNetConfig

MAX_CONTEXT_SECONDS = 60  # a chunk holds several contexts
WIDTH = (1, 2048)
DEPTH = (1, 64)
KERNEL = (1, 63)
DILATION = (1, 64)
LOWEST_HIGH_PASS_HZ = 5
SHORTEST_HIGH_PASS_PERIOD = 160  # samples of a period at the cutoff: 100 Hz at 16 kHz
SAMPLE_RATE_HZ = (4_000, 192_000)


def find_violation(config: GeneratorConfig) -> str | None:
    """The first thing in a config that is out of its limits, in words; None when all is well."""
    found = _outside("sample_rate", config.sample_rate, SAMPLE_RATE_HZ)
    if config.front_end is not None:
        found = found or _front_end(config.front_end) or _high_pass(config.front_end, config.sample_rate)
    found = found or _wavenet(config.wavenet) or _postnet(config.postnet)
    if found is None and context_seconds(config) > MAX_CONTEXT_SECONDS:
        return f"an output sample depends on {context_seconds(config):.0f} s of input; at most {MAX_CONTEXT_SECONDS} s"
    return found


def context_seconds(config: GeneratorConfig) -> float:
    """About how much input to each side an output sample depends on; `models.generator` has the exact number."""
    wavenet, postnet = config.wavenet, config.postnet
    dilated = (wavenet.kernel - 1) // 2 * wavenet.stacks * ((1 << wavenet.layers) - 1)
    head = (wavenet.head_kernel - 1) // 2 * len(wavenet.head_channels)
    hop = config.front_end.hop_length if config.front_end is not None else 1
    fine = FINE_LEVELS * sum(config.front_end.fine_dilations) if config.front_end is not None else 0
    return (dilated + head + fine + postnet.layers * (postnet.kernel // 2)) * hop / config.sample_rate


def _front_end(config: FrontEndConfig) -> str | None:
    if config.hop_length * 2 != config.n_fft:
        return f"front_end.hop_length is {config.hop_length}; it must be half of n_fft, {config.n_fft}"
    return (
        _outside("front_end.n_fft", config.n_fft, (4, 2048))
        or _outside("front_end.compression", config.compression, (0.05, 1))
        or _outside("front_end.channels, their number,", len(config.channels), (1, 10))
        or _any_outside("front_end.channels", config.channels)
        or _even("front_end.kernel", config.kernel)
        or _even("front_end.time_kernel", config.time_kernel)
        or _even("front_end.filter_frames", config.filter_frames)
        or _outside("front_end.fine_dilations, their number,", len(config.fine_dilations), (0, 10))
        or _any_outside("front_end.fine_dilations", config.fine_dilations, DILATION)
        or _outside("front_end.post_filter", config.post_filter, (0, 1))
        or _outside("front_end.pause_filter", config.pause_filter, (0, 1))
    )


def _wavenet(config: WaveNetConfig) -> str | None:
    return (
        _outside("wavenet.channels", config.channels, WIDTH)
        or _outside("wavenet.stacks", config.stacks, DEPTH)
        or _outside("wavenet.layers", config.layers, (1, 16))
        or _outside("wavenet.full_band_channels", config.full_band_channels, (0, 256))
        or _outside("wavenet.head_channels, their number,", len(config.head_channels), (0, 10))
        or _any_outside("wavenet.head_channels", config.head_channels)
        or _even("wavenet.kernel", config.kernel)
        or _even("wavenet.band_kernel", config.band_kernel)
        or _even("wavenet.head_kernel", config.head_kernel)
    )


def _postnet(config: PostNetConfig) -> str | None:
    return (
        _outside("postnet.layers", config.layers, DEPTH)
        or _outside("postnet.channels", config.channels, WIDTH)
        or _outside("postnet.kernel", config.kernel, (1, 1024))
        or _outside("postnet.band_kernel", config.band_kernel, KERNEL)
    )


def _high_pass(config: FrontEndConfig, sample_rate: int) -> str | None:
    if config.high_pass_hz == 0:
        return None
    limits = (LOWEST_HIGH_PASS_HZ, sample_rate / SHORTEST_HIGH_PASS_PERIOD)
    return _outside("front_end.high_pass_hz", config.high_pass_hz, limits)


def _outside(name: str, value: float, limits: tuple[float, float]) -> str | None:
    if limits[0] <= value <= limits[1]:  # not so for NaN
        return None
    return f"{name} is {reprlib.repr(value)}; it must be in {limits[0]:g}-{limits[1]:g}"


def _any_outside(name: str, values: tuple[int, ...], limits: tuple[float, float] = WIDTH) -> str | None:
    return next((found for value in values if (found := _outside(name, value, limits))), None)


def _even(name: str, kernel: int) -> str | None:
    """A kernel that keeps length and alignment by padding alike on both sides is odd."""
    return _outside(name, kernel, KERNEL) or (None if kernel % 2 else f"{name} is {kernel}; it must be odd")
