"""Generators small enough for tests."""

from denoise_cli.config import FrontEndConfig, GeneratorConfig, PostNetConfig, WaveNetConfig

SMALL_WAVENET = WaveNetConfig(channels=8, stacks=2, layers=3, head_channels=(8,))
SAMPLE_DOMAIN = GeneratorConfig(wavenet=SMALL_WAVENET, postnet=PostNetConfig(layers=3, channels=8, kernel=4))
SUB_BAND = GeneratorConfig(
    front_end=FrontEndConfig(n_fft=64, hop_length=32, channels=(6, 8)),
    wavenet=WaveNetConfig(channels=8, stacks=2, layers=2, band_kernel=5, head_channels=()),
    postnet=PostNetConfig(layers=2, channels=6, kernel=3, band_kernel=3),
)
FLAT = GeneratorConfig(
    front_end=FrontEndConfig(n_fft=64, hop_length=32, channels=(6, 8), flatten=True),
    wavenet=WaveNetConfig(channels=8, stacks=2, layers=2, head_channels=()),
    postnet=PostNetConfig(layers=2, channels=6, kernel=3, band_kernel=3),
)
NORMALISED = GeneratorConfig(
    front_end=FrontEndConfig(n_fft=64, hop_length=32, channels=(6, 8), time_kernel=3, filter_frames=3, batch_norm=True),
    wavenet=WaveNetConfig(channels=8, stacks=2, layers=2, band_kernel=5, head_channels=(), batch_norm=True),
    postnet=PostNetConfig(layers=2, channels=6, kernel=3, band_kernel=3),
)
HIGH_PASSED = GeneratorConfig(
    front_end=FrontEndConfig(
        n_fft=64,
        hop_length=32,
        high_pass_hz=80.0,
        channels=(6, 8),
        fine_dilations=(1, 2),
        post_filter=0.01,
        pause_filter=0.3,
    ),
    wavenet=WaveNetConfig(channels=8, stacks=2, layers=2, band_kernel=3, full_band_channels=2, head_channels=()),
    postnet=PostNetConfig(layers=2, channels=6, kernel=3, band_kernel=3),
)
ALL = {
    "sample domain": SAMPLE_DOMAIN,
    "sub-band": SUB_BAND,
    "flat": FLAT,
    "normalised": NORMALISED,
    "high-passed, fine levels, full band, both filters": HIGH_PASSED,
}
