"""The band above the model's: carried over, with the gain that the model gave to the octave below it.

With x the input, l = down(x) what the model hears and e what it makes of it, the output is

    g * x + up(e - g * l)

which is up(e) plus g times the part of x that resampling loses: a slowly changing g and the resampler commute. A model
that changes nothing gives back x exactly, whatever the rates.
"""

from typing import Protocol

import numpy as np

from denoise_cli.audio.samples import Samples
from denoise_cli.inference.options import HighBandRule
from denoise_cli.inference.streaming import SampleQueue

FRAME_SECONDS = 0.016  # from one gain to the next; each is measured over twice that, under a Hann window
_ENERGY_FLOOR = 1e-10


class HighBand(Protocol):
    """Tells how much of the input's upper band goes into the output, as it hears what the model did."""

    def push(self, heard: Samples, enhanced: Samples) -> Samples:
        """Take l and e, (channels, samples) of one length; give e - g * l as far as g is known."""

    def flush(self) -> Samples:
        """The rest of e - g * l."""

    def gain(self, start: int, stop: int) -> Samples | float:
        """g at samples [start, stop) of the input, (channels, samples); starts must not go back."""


class FixedHighBand:
    """The same gain throughout: 1 keeps the band, 0 drops it."""

    def __init__(self, gain: float, channels: int) -> None:
        self._gain = gain
        self._channels = channels

    def push(self, heard: Samples, enhanced: Samples) -> Samples:
        return enhanced - np.float32(self._gain) * heard if self._gain else enhanced

    def flush(self) -> Samples:
        return np.zeros((self._channels, 0), np.float32)

    def gain(self, start: int, stop: int) -> Samples | float:
        return self._gain


class FollowingHighBand:
    """The gain of the top octave that the model hears (4-8 kHz in a wide-band file), never above 1."""

    def __init__(self, sample_rate: int, model_rate: int, channels: int) -> None:
        self._channels = channels
        self._hop = round(FRAME_SECONDS * model_rate)
        self._window = np.hanning(2 * self._hop + 1)[:-1].astype(np.float32)
        self._frames_per_sample = model_rate / sample_rate / self._hop
        top_hz = min(sample_rate, model_rate) / 2
        frequency = np.fft.rfftfreq(2 * self._hop, 1 / model_rate)
        self._octave = np.flatnonzero((frequency >= top_hz / 2) & (frequency <= top_hz))
        # Frame k is centred on sample k * hop: the queues hold one hop of silence before the recording.
        self._heard = SampleQueue(channels)
        self._enhanced = SampleQueue(channels)
        self._gains = SampleQueue(channels)
        self._done = 0
        self._append(*[np.zeros((channels, self._hop), np.float32)] * 2)

    def push(self, heard: Samples, enhanced: Samples) -> Samples:
        self._append(heard, enhanced)
        first = self._gains.end
        count = (self._heard.end - 2 * self._hop) // self._hop + 1 - first
        if count <= 0:
            return np.zeros((self._channels, 0), np.float32)
        start, stop = first * self._hop, (first + count + 1) * self._hop
        before = self._energy(self._heard.read(start, stop))
        after = self._energy(self._enhanced.read(start, stop))
        self._gains.append(np.sqrt(np.minimum((after + _ENERGY_FLOOR) / (before + _ENERGY_FLOOR), 1)))
        return self._difference((self._gains.end - 1) * self._hop)

    def flush(self) -> Samples:
        samples = self._heard.end - self._hop
        frames = -(-samples // self._hop) + 1
        silence = np.zeros((self._channels, (frames + 1) * self._hop - self._heard.end), np.float32)
        missing = samples - self._done
        return self.push(silence, silence)[:, :missing] if missing else silence[:, :0]

    def gain(self, start: int, stop: int) -> Samples | float:
        gains = self._interpolate(start, stop, self._frames_per_sample)
        self._gains.forget(int(start * self._frames_per_sample))
        return gains

    def _append(self, heard: Samples, enhanced: Samples) -> None:
        self._heard.append(heard)
        self._enhanced.append(enhanced)

    def _energy(self, samples: Samples) -> Samples:
        """(channels, samples) -> (channels, frames): energy of the octave."""
        frames = np.lib.stride_tricks.sliding_window_view(samples, 2 * self._hop, axis=1)[:, :: self._hop]
        octave = np.fft.rfft(frames * self._window)[..., self._octave[0] : self._octave[-1] + 1]
        energy: Samples = (np.square(octave.real) + np.square(octave.imag)).sum(axis=-1, dtype=np.float32)
        return energy

    def _difference(self, stop: int) -> Samples:
        """e - g * l from where the last one ended up to sample `stop`."""
        start = self._done
        place = (start + self._hop, stop + self._hop)
        gains = self._interpolate(start, stop, 1 / self._hop)
        difference = self._enhanced.read(*place) - gains * self._heard.read(*place)
        self._done = stop
        for queue in (self._heard, self._enhanced):
            queue.forget(min(place[1], self._gains.end * self._hop))
        return difference

    def _interpolate(self, start: int, stop: int, frames_per_sample: float) -> Samples:
        """(channels, stop - start): straight lines from frame to frame."""
        if stop <= start:
            return np.zeros((self._channels, 0), np.float32)
        first = int(start * frames_per_sample)
        last = min(int((stop - 1) * frames_per_sample) + 2, self._gains.end)
        frames = self._gains.read(first, last)
        places = np.arange(start, stop) * frames_per_sample
        known = np.arange(first, last)
        return np.asarray([np.interp(places, known, row) for row in frames], np.float32)


def open_high_band(rule: HighBandRule, sample_rate: int, model_rate: int, channels: int) -> HighBand:
    """What serves a rule at a file's rate.

    Below the model's rate there is no band to decide about, only the top of the file's own that resampling takes
    away: it follows. At the model's rate there is nothing.
    """
    if sample_rate == model_rate:
        return FixedHighBand(0.0, channels)
    if rule is HighBandRule.FOLLOW or sample_rate < model_rate:
        return FollowingHighBand(sample_rate, model_rate, channels)
    return FixedHighBand(1.0 if rule is HighBandRule.KEEP else 0.0, channels)
