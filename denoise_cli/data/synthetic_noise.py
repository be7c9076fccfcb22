"""Noise made of nothing: coloured noise, textures, mains hum, clicks, calls, and babble summed from clean voices.

They stand in where no recorded noise is at hand, and add to it where there is. All return float32 of the length asked
for, with an RMS of `LEVEL` (clicks: over the whole segment) and no mean; single samples may exceed 1, so the caller
sets the level that it needs. Shapes, slopes and spacings are our own choice.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

LEVEL = 0.1  # RMS, -20 dB re full scale
LOWEST_HZ = 20.0  # coloured noise is flat below: a steep slope would otherwise be nothing but rumble
CALL_HZ = (700.0, 3500.0)
MAX_HARMONICS = 30  # of a call
SILENT = 1e-8  # RMS under which a voice says nothing


def coloured_noise(rng: np.random.Generator, samples: int, slope_db_per_octave: float, sample_rate: int) -> Samples:
    """Gaussian noise whose power spectral density falls (negative) or rises by a slope in dB per octave.

    0 is white, -3 pink, -6 brown. Returns (samples,); RMS `LEVEL`.

    Raises ValueError if there are no samples to make.
    """
    _check_length(samples)
    spectrum = np.fft.rfft(rng.standard_normal(samples))
    frequencies = np.maximum(np.fft.rfftfreq(samples, 1 / sample_rate), LOWEST_HZ)
    gain_db = slope_db_per_octave * np.log2(frequencies / 1000.0)
    spectrum *= 10 ** (gain_db / 20)
    return _at_level(np.fft.irfft(spectrum, samples))


def texture(rng: np.random.Generator, samples: int, sample_rate: int) -> Samples:
    """What machines, water and crowds are from afar: noise with some resonances that beats .3 to 40 times a second.

    Returns (samples,); RMS `LEVEL`.

    Raises ValueError if there are no samples to make.
    """
    _check_length(samples)
    frequencies = np.maximum(np.fft.rfftfreq(samples, 1 / sample_rate), LOWEST_HZ)
    gain_db = rng.uniform(-6.0, 1.0) * np.log2(frequencies / 1000.0)
    for _ in range(int(rng.integers(1, 6))):
        centre_hz, octaves = log_uniform(rng, 60.0, 0.45 * sample_rate), log_uniform(rng, 0.05, 1.5)
        gain_db += rng.uniform(-15.0, 25.0) * np.exp(-((np.log2(frequencies / centre_hz) / octaves) ** 2))
    spectrum = np.fft.rfft(rng.standard_normal(samples)) * 10 ** (gain_db / 20)
    seconds = np.arange(samples) / sample_rate
    beat_hz, sharpness = log_uniform(rng, 0.3, 40.0), rng.uniform(0.0, 6.0)
    wander = rng.uniform(0.0, 2.0) * np.sin(2 * np.pi * beat_hz * rng.uniform(0.05, 0.3) * seconds)
    beat = np.exp(sharpness * (np.cos(2 * np.pi * beat_hz * seconds + wander + rng.uniform(0, 2 * np.pi)) - 1))
    return _at_level(np.fft.irfft(spectrum, samples) * beat)


def calls(rng: np.random.Generator, samples: int, sample_rate: int) -> Samples:
    """What birds, sirens and brakes have in common with a voice: harmonics of a gliding pitch, with pauses.

    The pitch is above that of speech, of shouts and of children (700 Hz and more): lower ones, with a resonance, are
    what a formant synthesiser says or a woman shouts, and a network that is taught to remove them removes such voices
    (docs/experiments.md, sections 10 and 17).
    One source a segment: its calls are alike in pitch, length, colour and breath, and each glides on its own.
    Returns (samples,); RMS `LEVEL`; there is at least one call.

    Raises ValueError if there are no samples to make.
    """
    _check_length(samples)
    pitch_hz, call_s = log_uniform(rng, *CALL_HZ), log_uniform(rng, 0.03, 2.0)
    pause_s = log_uniform(rng, 0.02, 1.5)
    colour = _Colour(
        tilt_db_per_octave=rng.uniform(-18.0, 0.0), resonance_hz=log_uniform(rng, 300.0, 5000.0),
        resonance_db=rng.uniform(0.0, 25.0), breath=rng.uniform(0.0, 0.7) ** 2,
    )  # fmt: skip
    result = np.zeros(samples)
    start = -int(rng.uniform(0.0, 0.6 * call_s) * sample_rate)  # the first call has begun and is not over yet
    while start < samples:
        length = max(16, int(call_s * rng.uniform(0.6, 1.5) * sample_rate))
        call = _one_call(rng, length, pitch_hz * rng.uniform(0.9, 1.1), colour, sample_rate)
        first, last = max(start, 0), min(start + length, samples)
        result[first:last] += call[first - start : last - start]
        start += length + int(pause_s * rng.uniform(0.3, 2.0) * sample_rate)
    return _at_level(result)


def grains(rng: np.random.Generator, recording: Samples) -> Samples:
    """A recording cut into overlapping grains of 40 to 400 ms, from random places, half of them backwards.

    The sound keeps its colour and loses its order: a few recordings become many textures.
    recording: (samples,). Returns (samples,), at about the same level.
    """
    samples = recording.size
    length = min(int(rng.uniform(640, 6400)) // 2 * 2, samples // 2 * 2)
    if length < 64:
        return recording
    window = np.sin(np.pi * (np.arange(length) + 0.5) / length)  # powers of neighbours add up to one
    hop = length // 2
    result = np.zeros(samples + 2 * length)
    for place in range(0, samples + hop, hop):
        start = int(rng.integers(0, samples - length + 1))
        grain = recording[start : start + length]
        result[place : place + length] += window * (grain if rng.random() < 0.5 else grain[::-1])
    return result[hop : hop + samples].astype(np.float32)


def rumble(rng: np.random.Generator, samples: int, sample_rate: int) -> Samples:
    """What traffic, wind and handling leave below the voice: noise up to 25-100 Hz that swells and fades.

    Returns (samples,); RMS `LEVEL`.

    Raises ValueError if there are no samples to make.
    """
    _check_length(samples)
    frequencies = np.fft.rfftfreq(samples, 1 / sample_rate)
    corner_hz, steepness = 10 ** rng.uniform(1.4, 2.0), rng.uniform(3.0, 8.0)
    spectrum = np.fft.rfft(rng.standard_normal(samples)) / (1 + (frequencies / corner_hz) ** steepness)
    seconds = np.arange(samples) / sample_rate
    swell_hz, phase = rng.uniform(0.1, 1.0), rng.uniform(0, 2 * np.pi)
    swell = 1 + rng.uniform(0.0, 0.8) * np.sin(2 * np.pi * swell_hz * seconds + phase)
    return _at_level(np.fft.irfft(spectrum, samples) * swell)


def mains_hum(rng: np.random.Generator, samples: int, sample_rate: int) -> Samples:
    """50 or 60 Hz with 3 to 40 harmonics, a slow wander of the frequency, and a random tilt from hum to buzz.

    Returns (samples,); RMS `LEVEL`.

    Raises ValueError if there are no samples to make.
    """
    _check_length(samples)
    seconds = np.arange(samples) / sample_rate
    mains_hz = rng.choice([50.0, 60.0]) + rng.uniform(-0.2, 0.2)
    wander_hz, wander_phase = rng.uniform(0.1, 0.5), rng.uniform(0, 2 * np.pi)
    depth = rng.uniform(0.0, 0.05) / wander_hz  # up to 0.05 Hz either way
    phase = 2 * np.pi * mains_hz * seconds + depth * np.sin(2 * np.pi * wander_hz * seconds + wander_phase)
    tilt_db_per_octave = rng.uniform(-12.0, -3.0)
    hum = np.zeros(samples)
    for harmonic in range(1, int(rng.integers(3, 41)) + 1):
        if harmonic * (mains_hz + 1.0) >= sample_rate / 2:
            break
        gain_db = tilt_db_per_octave * np.log2(harmonic) + rng.uniform(-10.0, 4.0)
        hum += 10 ** (gain_db / 20) * np.sin(harmonic * phase + rng.uniform(0, 2 * np.pi))
    return _at_level(hum)


def clicks(rng: np.random.Generator, samples: int, sample_rate: int) -> Samples:
    """Short decaying bursts at random moments: single clicks (one a second) up to crackle (two hundred a second).

    Each lasts 0.1-4 ms and has its own colour, sign and strength; there is at least one.
    Returns (samples,); RMS `LEVEL`.

    Raises ValueError if there are no samples to make.
    """
    _check_length(samples)
    rate_hz = 10 ** rng.uniform(0.0, 2.3)
    count = max(1, int(rng.poisson(rate_hz * samples / sample_rate)))
    result = np.zeros(samples)
    for start in rng.integers(0, samples, count):
        burst = _one_click(rng, sample_rate)[: samples - start]
        result[start : start + burst.size] += burst
    return _at_level(result)


def babble(voices: Sequence[NDArray[np.float32]], samples: int, rng: np.random.Generator) -> Samples:
    """Several people talking at once: each voice at equal level but for +-3 dB, from a random place, repeated if short.

    voices: (n,) each, of any lengths and levels, 6 to 20 for babble proper; silent ones are left out.
    Returns (samples,); RMS `LEVEL`, or silence if all voices are silent.

    Raises ValueError if there are no samples to make, or no voices.
    """
    _check_length(samples)
    if not voices:
        raise ValueError("babble needs at least one voice")
    total = np.zeros(samples)
    for voice in voices:
        rms = _rms(voice.astype(np.float64))
        if rms < SILENT:
            continue
        start = int(rng.integers(0, voice.size))
        place = (start + np.arange(samples)) % voice.size
        total += voice[place] * (10 ** (rng.uniform(-3.0, 3.0) / 20) / rms)
    return _at_level(total)


@dataclass(frozen=True)
class _Colour:
    """Of a source of calls. breath: share of noise in its amplitude."""

    tilt_db_per_octave: float
    resonance_hz: float
    resonance_db: float
    breath: float


def _one_call(
    rng: np.random.Generator, samples: int, pitch_hz: float, colour: _Colour, sample_rate: int
) -> NDArray[np.float64]:
    place = np.linspace(0.0, 1.0, samples)
    glide = rng.uniform(-0.7, 0.7) * (place - 0.5) + rng.uniform(-0.5, 0.5) * np.sin(np.pi * place)  # octaves
    vibrato = rng.uniform(0.0, 0.06) * np.sin(2 * np.pi * rng.uniform(3.0, 20.0) * place * samples / sample_rate)
    hertz = pitch_hz * 2 ** (glide + vibrato)
    phase = 2 * np.pi * np.cumsum(hertz) / sample_rate
    call = np.zeros(samples)
    for harmonic in range(1, MAX_HARMONICS + 1):
        if harmonic * hertz.min() >= sample_rate / 2:
            break
        away = np.log2(harmonic * pitch_hz / colour.resonance_hz)
        gain_db = colour.tilt_db_per_octave * np.log2(harmonic) + colour.resonance_db * np.exp(-4 * away**2)
        audible = harmonic * hertz < sample_rate / 2
        call += 10 ** (gain_db / 20) * audible * np.sin(harmonic * phase)
    call /= _rms(call) + SILENT
    call = (1 - colour.breath) * call + colour.breath * rng.standard_normal(samples)
    attack, decay = rng.uniform(0.02, 0.4), rng.uniform(0.1, 0.6)
    return np.asarray(call * np.minimum(1.0, np.minimum(place / attack, (1 - place) / decay)), np.float64)


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """A number of low to high, as likely in each octave."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _one_click(rng: np.random.Generator, sample_rate: int) -> NDArray[np.float64]:
    decay_s = 10 ** rng.uniform(-4.0, -2.4)
    seconds = np.arange(max(1, round(5 * decay_s * sample_rate))) / sample_rate
    ring = np.cos(2 * np.pi * rng.uniform(100.0, 0.45 * sample_rate) * seconds)
    mixture = rng.uniform(0.0, 1.0)  # between a resonance and a burst of noise
    burst = mixture * ring + (1 - mixture) * rng.standard_normal(seconds.size)
    strength = 10 ** (rng.uniform(-20.0, 0.0) / 20) * rng.choice([-1.0, 1.0])
    return np.asarray(strength * burst * np.exp(-seconds / decay_s), np.float64)


def _rms(signal: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(np.square(signal)))) if signal.size else 0.0


def _at_level(signal: NDArray[np.float64]) -> Samples:
    centred = signal - signal.mean() if signal.size > 1 else signal
    rms = _rms(centred)
    return (centred * (LEVEL / rms) if rms > 0.0 else centred).astype(np.float32)


def _check_length(samples: int) -> None:
    if samples < 1:
        raise ValueError(f"cannot make {samples} samples of noise")
