"""Every container, subtype, channel count and rate that libsndfile writes, through `enhance`: it stays what it is."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from denoise_cli.audio.samples import Samples
from denoise_cli.inference.enhance_file import enhance_file
from denoise_cli.inference.options import EnhanceOptions
from tests.inference.engines import Passing

RATES, CHANNELS = (8_000, 16_000, 44_100, 48_000), (1, 2, 6)
SHAPES = [(rate, channels) for rate in RATES for channels in CHANNELS]
WITHOUT_HEADER, OF_TWO_FILES = "RAW", "SD2"
# libsndfile's own faults: another length each time that it writes and reads them; noise in place of several channels.
FAULTY = {("PAF", "PCM_24"), ("VOC", "ULAW"), ("VOC", "ALAW"), ("CAF", "ALAC_20")}
ENCODINGS = [
    (container, subtype)
    for container in sorted(set(soundfile.available_formats()) - {WITHOUT_HEADER, OF_TWO_FILES})
    for subtype in soundfile.available_subtypes(container)
    if (container, subtype) not in FAULTY
]
ONLY_READ = {"MPEG_LAYER_I", "MPEG_LAYER_II", "DWVW_12", "DWVW_16", "DWVW_24"}
STEPS = {"PCM_S8": 2**-6, "PCM_U8": 2**-6, "PCM_16": 2**-14, "PCM_24": 2**-22, "PCM_32": 1e-6, "FLOAT": 1e-6}


def recording(sample_rate: int, channels: int) -> Samples:
    """0.2 s of noise below a quarter of the rate, every channel another: its correlation has one sharp peak."""
    noise = np.random.default_rng(sample_rate + channels).standard_normal((channels, sample_rate // 5))
    smooth = sum(np.roll(noise, shift, axis=1) for shift in range(4))
    return (0.12 * smooth).clip(-0.9, 0.9).astype(np.float32)


def lags(reference: Samples, other: Samples) -> list[int]:
    """Of each channel, (samples, channels)."""
    size = 2 * len(reference)
    spectrum = np.fft.rfft(other, size, axis=0) * np.conj(np.fft.rfft(reference, size, axis=0))
    peaks = np.argmax(np.fft.irfft(spectrum, size, axis=0), axis=0)
    return [int(peak) if peak < size // 2 else int(peak) - size for peak in peaks]


def round_trip(folder: Path, container: str, subtype: str, sample_rate: int, channels: int) -> bool:
    """Whether libsndfile writes this at all; asserts that `enhance` keeps it then."""
    source, target = folder / "a.sound", folder / "b.sound"
    try:
        soundfile.write(source, recording(sample_rate, channels).T, sample_rate, subtype, format=container)
        before = soundfile.read(source, always_2d=True)[0]
    except (soundfile.LibsndfileError, ValueError):
        return False
    enhance_file(source, target, Passing(), EnhanceOptions())
    old, new = soundfile.info(source), soundfile.info(target)
    for aspect in ("samplerate", "channels", "frames", "format", "subtype", "endian"):
        assert getattr(new, aspect) == getattr(old, aspect), (sample_rate, channels, aspect)
    after = soundfile.read(target, always_2d=True)[0]
    assert lags(before, after) == [0] * channels, (sample_rate, channels)
    assert np.argmax(np.abs(before.T @ after), axis=1).tolist() == list(range(channels))
    if subtype in STEPS:
        np.testing.assert_allclose(after, before, rtol=0, atol=STEPS[subtype])
    return True


@pytest.mark.parametrize("number", range(len(ENCODINGS)), ids=[f"{c}-{s}" for c, s in ENCODINGS])
def test_a_file_stays_what_it_is(tmp_path: Path, number: int) -> None:
    """The first two shapes that the encoding takes, from another one on for each encoding; all shapes: see below."""
    container, subtype = ENCODINGS[number]
    kept = 0
    for place in range(len(SHAPES)):
        kept += round_trip(tmp_path, container, subtype, *SHAPES[(number + 5 * place) % len(SHAPES)])
        if kept == 2:
            break
    assert kept or subtype in ONLY_READ or (container, subtype) == ("WAV", "MPEG_LAYER_III")


@pytest.mark.slow
@pytest.mark.parametrize(("container", "subtype"), ENCODINGS)
def test_a_file_of_any_shape_stays_what_it_is(tmp_path: Path, container: str, subtype: str) -> None:
    for sample_rate, channels in SHAPES:
        round_trip(tmp_path, container, subtype, sample_rate, channels)
