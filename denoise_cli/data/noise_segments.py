"""Draws the noise of a segment: recorded, made or babble, at times with rumble below it."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from denoise_cli.config import DegradationConfig
from denoise_cli.data.corpus import Recordings, Samples
from denoise_cli.data.excerpts import at_speed, excerpt, pick, samples_at, unit_rms
from denoise_cli.data.synthetic_noise import (
    babble,
    calls,
    clicks,
    coloured_noise,
    grains,
    log_uniform,
    mains_hum,
    rumble,
    texture,
)

SyntheticNoise = Callable[[np.random.Generator, int, int], Samples]  # of so many samples at a sample rate


def _coloured(rng: np.random.Generator, samples: int, sample_rate: int) -> Samples:
    return coloured_noise(rng, samples, rng.uniform(-9, 3), sample_rate)


# Running sums of their shares.
SYNTHETIC_NOISES: tuple[tuple[float, SyntheticNoise], ...] = (
    (0.35, _coloured), (0.45, mains_hum), (0.55, clicks), (0.8, texture), (1.0, calls)
)  # fmt: skip


class NoiseSource:
    """Noises of one split of a corpus, each of `samples` samples at unit RMS."""

    def __init__(
        self, corpus: Recordings, split: str, speech: NDArray[np.int64], config: DegradationConfig, samples: int
    ) -> None:
        self.corpus = corpus
        self.config = config
        self.samples = samples
        self.speech = speech  # items, for babble
        self.noise = corpus.select("noise", split)
        # by their seconds: ambience is a few long recordings, events are many short ones
        self.noise_weight = np.cumsum(corpus.samples[self.noise].astype(np.float64))

    def draw(self, rng: np.random.Generator) -> Samples:
        """One noise of `samples` samples at unit RMS: recorded, synthetic, or babble; at times with rumble below it."""
        noise = self._plain_noise(rng)
        if rng.random() >= self.config.rumble_probability:
            return noise
        below = unit_rms(rumble(rng, self.samples, self.corpus.sample_rate))
        return unit_rms(noise + 10 ** (rng.uniform(-10, 20) / 20) * below)

    def _plain_noise(self, rng: np.random.Generator) -> Samples:
        kind = rng.random()
        if kind < self.config.babble_probability:
            return unit_rms(babble(self._voices(rng), self.samples, rng))
        synthetic = kind < self.config.babble_probability + self.config.synthetic_noise_probability
        if synthetic or len(self.noise) == 0:
            return unit_rms(self._synthetic_noise(rng))
        return unit_rms(self._recorded_noise(rng))

    def _voices(self, rng: np.random.Generator) -> list[Samples]:
        number = int(rng.integers(6, 21))
        return [excerpt(self.corpus, int(rng.choice(self.speech)), self.samples, rng) for _ in range(number)]

    def _synthetic_noise(self, rng: np.random.Generator) -> Samples:
        kind = rng.random()
        made = next(noise for share, noise in SYNTHETIC_NOISES if kind < share)
        return made(rng, self.samples, self.corpus.sample_rate)

    def _recorded_noise(self, rng: np.random.Generator) -> Samples:
        """A part of one recording, at times at another speed; a shorter one is repeated, with pauses or without."""
        item = int(self.noise[pick(self.noise_weight, rng)])
        part = self._noise_part(item, rng)
        if rng.random() < self.config.noise_grains_probability:
            part = grains(rng, part)
        if len(part) == self.samples:
            return part
        pause = int(rng.uniform(0, 1.0) * self.corpus.sample_rate) if rng.random() < 0.5 else 0
        period = np.concatenate([part, np.zeros(pause, np.float32)])
        start = int(rng.integers(0, len(period)))
        return np.resize(np.roll(period, -start), self.samples).astype(np.float32)

    def _noise_part(self, item: int, rng: np.random.Generator) -> Samples:
        """At most `samples` samples of one recording."""
        if rng.random() >= self.config.noise_speed_probability:
            return excerpt(self.corpus, item, self.samples, rng)
        speed = log_uniform(rng, *self.config.noise_speed)
        return at_speed(excerpt(self.corpus, item, samples_at(self.samples, speed), rng), speed, self.samples)
