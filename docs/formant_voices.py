"""Voices of a plain formant synthesiser, for training: python docs/formant_voices.py FOLDER [--high]

120 voices, 3 files of 6 to 10 s each at 16 kHz: harmonics of a pitch that moves, shaped by three to five formants, with
hiss between, and nothing in the pauses. They say drawn syllables, no words: they teach that such a sound is a voice.
With --high they are 60 that shout or cry, as high as some animals call.
"""

import sys
from pathlib import Path

import numpy as np
import soundfile

from denoise_cli.data.synthetic_noise import log_uniform

RATE = 16_000
FILES_OF_A_VOICE = 3
FORMANTS_HZ = np.array([(250, 850), (700, 2500), (2000, 3200), (3000, 4000), (3800, 4900)], float)  # of a grown man


def track(values: np.ndarray, lengths: np.ndarray, glide_s: float) -> np.ndarray:
    """Each value for its length [samples], gliding into the next."""
    kernel = np.hanning(max(3, round(2 * glide_s * RATE)))
    return np.convolve(np.repeat(values, lengths), kernel / kernel.sum(), mode="same")


def pitch_of(draw: np.random.Generator, samples: int, mean_hz: float, liveliness: float) -> np.ndarray:
    seconds = np.arange(samples) / RATE
    octaves = np.zeros(samples)
    for hertz in (0.3, 1.0, 2.5):
        depth = liveliness * draw.uniform(0.2, 1.0)
        octaves += depth * np.sin(2 * np.pi * hertz * draw.uniform(0.7, 1.4) * seconds + draw.uniform(0, 6.3))
    return mean_hz * 2**octaves


class Voice:
    """What is the same in all that one voice says."""

    seed, count = 11, 120

    def __init__(self, draw: np.random.Generator) -> None:
        self.pitch_hz = log_uniform(draw, 70.0, 330.0)
        self.liveliness = draw.uniform(0.0, 0.15)  # octaves; 0: a monotonous machine
        self.size = draw.uniform(0.9, 1.3)  # of the formants: of men, women and children
        self.formants = int(draw.integers(3, 6))
        self.width_hz = draw.uniform(40.0, 120.0) * np.linspace(1.0, draw.uniform(1.5, 3.5), self.formants)
        self.weight = 10 ** (-draw.uniform(2.0, 9.0) * np.arange(self.formants) / 20)
        self.tilt = draw.uniform(0.3, 1.4)  # harmonic n is n ** -tilt as strong
        self.parallel = draw.random() < 0.5  # formants add up; else they multiply
        self.syllable_s = draw.uniform(0.09, 0.2)
        self.glide_s = draw.uniform(0.01, 0.05)
        self.breath = draw.uniform(0.0, 0.05) if draw.random() < 0.3 else 0.0

    def says(self, draw: np.random.Generator, seconds: float) -> np.ndarray:
        """So many seconds of syllables; (samples,), RMS 0.07."""
        sounds = int(seconds / self.syllable_s)
        lengths = (self.syllable_s * RATE * draw.uniform(0.5, 1.5, sounds)).astype(int)
        kind = draw.choice(4, sounds, p=(0.6, 0.17, 0.15, 0.08))  # vowel, soft consonant, hiss, pause
        lengths[kind == 3] = (lengths[kind == 3] * draw.uniform(0.5, 4.0, (kind == 3).sum())).astype(int)
        voicing = np.choose(kind, (draw.uniform(0.7, 1.0, sounds), draw.uniform(0.15, 0.5, sounds), 0.0, 0.0))
        hiss = np.where(kind == 2, draw.uniform(0.05, 0.5, sounds), 0.0)
        low, high = self.size * FORMANTS_HZ[: self.formants].T
        centres = draw.uniform(low[:, None], high[:, None], (self.formants, sounds))
        voicing, hiss = (track(values, lengths, self.glide_s) for values in (voicing, hiss))
        centres = [track(values, lengths, self.glide_s) for values in centres]
        speech = voicing * self._voiced(draw, centres) + hiss * self._hiss(draw, len(hiss))
        return 0.07 * speech / np.sqrt(np.mean(speech**2))

    def _voiced(self, draw: np.random.Generator, centres: list[np.ndarray]) -> np.ndarray:
        pitch = pitch_of(draw, len(centres[0]), self.pitch_hz, self.liveliness)
        phase = 2 * np.pi * np.cumsum(pitch) / RATE
        result = np.zeros(len(pitch))
        for harmonic in range(1, int(7800 / pitch.min()) + 1):
            hertz = harmonic * pitch
            gains = [1 / np.sqrt(1 + ((hertz - f) / w) ** 2) for f, w in zip(centres, self.width_hz, strict=True)]
            if self.parallel:
                gain = sum(w * g for w, g in zip(self.weight, gains, strict=True))
            else:
                gain = np.exp(np.mean(np.log(gains), axis=0) * 2)
            result += np.where(hertz < 7800, gain, 0.0) * np.sin(harmonic * phase) * harmonic**-self.tilt
        result /= np.sqrt(np.mean(result**2))
        return result + self.breath * draw.standard_normal(len(result))

    def _hiss(self, draw: np.random.Generator, samples: int) -> np.ndarray:
        spectrum = np.fft.rfft(draw.standard_normal(samples))
        centre_hz, octaves = draw.uniform(2500.0, 6500.0), draw.uniform(0.3, 1.0)
        away = np.log2(np.maximum(np.fft.rfftfreq(samples, 1 / RATE), 20.0) / centre_hz) / octaves
        shaped = np.fft.irfft(spectrum * np.exp(-(away**2)), samples)
        return shaped / np.sqrt(np.mean(shaped**2))


class HighVoice(Voice):
    """Of a child or of somebody who shouts: high, and what is high is held."""

    seed, count = 12, 60

    def __init__(self, draw: np.random.Generator) -> None:
        super().__init__(draw)
        self.pitch_hz = log_uniform(draw, 330.0, 650.0)
        self.liveliness = draw.uniform(0.03, 0.2)
        self.size = draw.uniform(1.1, 1.45)
        self.syllable_s = log_uniform(draw, 0.1, 0.45)


def main(folder: Path, kind: type[Voice]) -> None:
    for number in range(kind.count):
        draw = np.random.default_rng([kind.seed, number])
        voice = kind(draw)
        speaker = folder / f"{number:03d}"
        speaker.mkdir(parents=True, exist_ok=True)
        for file in range(FILES_OF_A_VOICE):
            samples = voice.says(draw, draw.uniform(6.0, 10.0))
            soundfile.write(speaker / f"{file}.flac", samples * min(1.0, 0.9 / np.abs(samples).max()), RATE)


if __name__ == "__main__":
    main(Path(sys.argv[1]), HighVoice if "--high" in sys.argv[2:] else Voice)
