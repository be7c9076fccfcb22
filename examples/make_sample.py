"""Make a noisy recording of a synthetic voice, to try the program on: python examples/make_sample.py noisy.wav

The voice is a small formant synthesiser: harmonics of a moving pitch through moving resonances, and hiss for s, f, t.
The noise is a fan, mains hum and a few clicks. Nothing is read; the same call gives the same samples.
"""

import argparse

import numpy as np
import soundfile

SAMPLE_RATE = 16_000
GLIDE_SECONDS = 0.045
# sound: (seconds, voicing, first three formants in Hz, hiss, centre of the hiss in Hz)
SOUNDS = {
    "a": (0.17, 1.0, (730, 1090, 2440), 0.0, 4000),
    "e": (0.14, 0.9, (530, 1840, 2480), 0.0, 4000),
    "i": (0.15, 0.8, (270, 2290, 3010), 0.0, 4000),
    "o": (0.16, 0.9, (570, 840, 2410), 0.0, 4000),
    "u": (0.15, 0.8, (300, 870, 2240), 0.0, 4000),
    "l": (0.08, 0.5, (360, 1300, 2700), 0.0, 4000),
    "m": (0.09, 0.4, (250, 1100, 2200), 0.0, 4000),
    "n": (0.08, 0.4, (250, 1600, 2500), 0.0, 4000),
    "w": (0.08, 0.5, (300, 650, 2200), 0.0, 4000),
    "s": (0.11, 0.0, (400, 1600, 2600), 0.30, 6000),
    "f": (0.09, 0.0, (400, 1400, 2500), 0.12, 5000),
    "h": (0.06, 0.0, (500, 1500, 2500), 0.10, 2000),
    "d": (0.05, 0.2, (300, 1700, 2600), 0.05, 3500),
    "t": (0.06, 0.0, (350, 1800, 2600), 0.18, 4500),
    ".": (0.45, 0.0, (500, 1500, 2500), 0.0, 4000),
    " ": (0.07, 0.0, (500, 1500, 2500), 0.0, 4000),
}
SENTENCES = "helo wolud. mi neim is motumo. tis is a sound wituut nois. nau lisen tu mi. it is onli a sinteseis. "


def speak(text: str, source: np.random.Generator) -> np.ndarray:
    """A voice saying `text` in the letters of SOUNDS; (samples,), RMS about 0.07."""
    rows = [SOUNDS[letter] for letter in text]
    lengths = [round(row[0] * SAMPLE_RATE) for row in rows]
    tracks = np.array([(row[1], *row[2], row[3], row[4]) for row in rows], dtype=float)
    kernel = np.hanning(round(2 * GLIDE_SECONDS * SAMPLE_RATE))
    kernel /= kernel.sum()
    smooth = [np.convolve(np.repeat(track, lengths), kernel, mode="same") for track in tracks.T]
    voicing, f1, f2, f3, hiss, hiss_centre = smooth
    time = np.arange(voicing.size) / SAMPLE_RATE
    pitch = 118 + 14 * np.sin(2 * np.pi * 0.9 * time) + 9 * np.sin(2 * np.pi * 0.31 * time + 1)
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    voice = np.zeros(voicing.size)
    for harmonic in range(1, 60):
        frequency = harmonic * pitch
        gain = sum(
            weight / np.sqrt(1 + ((frequency - formant) / width) ** 2)
            for formant, width, weight in ((f1, 60, 1.0), (f2, 90, 0.6), (f3, 140, 0.25))
        )
        voice += np.where(frequency < 7_800, gain, 0.0) * np.sin(harmonic * phase) / harmonic**0.6
    breath = source.standard_normal(voicing.size)
    carrier = np.cos(2 * np.pi * np.cumsum(hiss_centre) / SAMPLE_RATE)
    hissing = hiss * np.convolve(breath, np.hanning(9) / 4, mode="same") * carrier * 3
    speech = voicing * voice + hissing
    return 0.07 * speech / np.sqrt(np.mean(speech**2))


def room_noise(samples: int, source: np.random.Generator) -> np.ndarray:
    """A fan (pink noise with a slow swell), hum at 50 Hz, and a click now and then; RMS 1."""
    spectrum = np.fft.rfft(source.standard_normal(samples))
    frequencies = np.fft.rfftfreq(samples, 1 / SAMPLE_RATE)
    fan = np.fft.irfft(spectrum / np.sqrt(np.maximum(frequencies, 40)), samples)
    time = np.arange(samples) / SAMPLE_RATE
    fan *= (1 + 0.3 * np.sin(2 * np.pi * 0.4 * time)) / np.std(fan)
    hum = sum(np.sin(2 * np.pi * 50 * k * time + k) / k for k in range(1, 8))
    noise = fan + 0.25 * hum
    for start in source.integers(0, samples - 400, 12):
        noise[start : start + 400] += 6 * source.standard_normal(400) * np.exp(-np.arange(400) / 60)
    return noise / np.std(noise)


def main() -> None:
    """Write the noisy recording and, if asked, the clean one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("noisy", help="where to write the noisy recording")
    parser.add_argument("--clean", help="where to write the voice without the noise")
    parser.add_argument("--snr-db", type=float, default=8.0, help="voice over noise [dB] (default: 8)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    source = np.random.default_rng(options.seed)
    clean = speak(SENTENCES, source)
    noise = room_noise(clean.size, source) * np.sqrt(np.mean(clean**2)) * 10 ** (-options.snr_db / 20)
    soundfile.write(options.noisy, np.clip(clean + noise, -1, 1), SAMPLE_RATE)
    if options.clean:
        soundfile.write(options.clean, np.clip(clean, -1, 1), SAMPLE_RATE)


if __name__ == "__main__":
    main()
