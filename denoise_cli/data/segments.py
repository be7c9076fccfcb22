"""Draws what a batch is made of: speech, noises, rooms and the numbers of its degradation.

An item is a pure function of (corpus, config, seed, step, number): a resumed run draws what an unbroken one would have
drawn, and each process of a distributed run draws its own items of the joint batch. Nothing here imports torch.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from denoise_cli.config import DegradationConfig
from denoise_cli.data.corpus import Recordings, Samples
from denoise_cli.data.excerpts import at_speed, excerpt, pick, samples_at, to_length, unit_rms
from denoise_cli.data.noise_segments import NoiseSource
from denoise_cli.data.rooms import reshape_decay, with_drr
from denoise_cli.data.simulated_rooms import simulated_room
from denoise_cli.data.synthetic_noise import log_uniform
from denoise_cli.errors import UnusableCorpus

EQ_POINTS = 8  # one an octave, 62.5 Hz to 8 kHz
ROOM_SECONDS = 1.0
PAUSE_SECONDS = (0.05, 0.5)  # between two clips of one speaker
# Nothing of data.transmission.
NOT_SENT = {
    "suppressor_floor_db": np.float32(0),
    "suppressor_broadband": np.float32(0),
    "gain_control_ratio": np.float32(0),
    "gain_control_s": np.float32(1),
    "codec_snr_db": np.float32(0),
}


@dataclass(frozen=True)
class DrawnBatch:
    """What `data.degradation` applies; arrays over the batch.

    speech, noise, second_noise: (batch, samples). room, target_room: (batch, taps), (1, 0, 0, ...) where there is
    none. speech_eq_db, noise_eq_db: (batch, EQ_POINTS). The others: (batch,); band_limit_hz 0 and clip 0 mean none.
    """

    speech: Samples
    noise: Samples
    second_noise: Samples
    room: Samples
    target_room: Samples
    noise_room: Samples
    snr_db: Samples
    second_noise_db: Samples
    level_db: Samples
    speech_eq_db: Samples
    noise_eq_db: Samples
    band_limit_hz: Samples
    clip: Samples
    clean: Samples  # 1 where the input is the target
    as_recorded: Samples  # 1 where speech and noise are of a ready pair, at their own ratio
    suppressor_floor_db: Samples  # this and the next four: data.transmission; 0: none
    suppressor_broadband: Samples
    gain_control_ratio: Samples
    gain_control_s: Samples
    codec_snr_db: Samples


class SegmentSource:
    """Batches of one split of a corpus."""

    def __init__(self, corpus: Recordings, split: str, config: DegradationConfig, samples: int) -> None:
        self.corpus = corpus
        self.config = config
        self.samples = samples
        self.speech = corpus.select("speech", split)
        self.rooms = corpus.select("rir", split)
        self.pairs = corpus.select("pair", split)
        if len(self.speech) == 0 and len(self.pairs) == 0:
            raise UnusableCorpus(f"the corpus has no speech in its {split} split; give prepare-data more speakers")
        order = np.argsort(corpus.group[self.speech], kind="stable")
        self.speech = self.speech[order]
        _, self.first_of_speaker = np.unique(corpus.group[self.speech], return_index=True)
        self.speaker_weight = self._speaker_weights()
        self.noise = NoiseSource(corpus, split, self.speech, config, samples)

    def _pair_probability(self) -> float:
        """Ready pairs are half of what is drawn; all of it in a corpus without speech."""
        if len(self.pairs) == 0:
            return 0.0
        return 1.0 if len(self.speech) == 0 else 0.5

    def _speaker_weights(self) -> NDArray[np.float64]:
        """Speakers are drawn by the square root of their seconds: between equal speakers and equal seconds."""
        if len(self.speech) == 0:
            return np.zeros(0)
        seconds = np.add.reduceat(self.corpus.samples[self.speech].astype(np.float64), self.first_of_speaker)
        weight: NDArray[np.float64] = np.cumsum(np.sqrt(seconds))
        return weight

    def batch(self, size: int, seed: int, step: int, first: int = 0) -> DrawnBatch:
        """The items number `first` to `first + size - 1` of batch number `step`."""
        items = [self._item(np.random.default_rng([seed, step, first + number])) for number in range(size)]
        return DrawnBatch(**{name: np.stack([item[name] for item in items]) for name in items[0]})

    def _item(self, rng: np.random.Generator) -> dict[str, Samples | np.float32]:
        if rng.random() < self._pair_probability():
            return self._pair(rng)
        config = self.config
        room, target_room, noise_room = self._rooms(rng)
        noise_eq = rng.random() < config.noise_eq_probability
        speech_eq = rng.random() < config.speech_eq_probability
        second = rng.random() < config.second_noise_probability
        limited = rng.random() < config.band_limit_probability
        clipped = rng.random() < config.clipping_probability
        return {
            "speech": self._speech(rng),
            "noise": self.noise.draw(rng),
            "second_noise": self.noise.draw(rng) if second else np.zeros(self.samples, np.float32),
            "room": room,
            "target_room": target_room,
            "noise_room": noise_room,
            "snr_db": np.float32(rng.uniform(*config.snr_db)),
            "second_noise_db": np.float32(rng.uniform(-15, 0)),
            "level_db": np.float32(rng.uniform(*config.level_db)),
            "speech_eq_db": _equaliser(rng, config.speech_eq_db if speech_eq else 0.0),
            "noise_eq_db": _equaliser(rng, config.noise_eq_db if noise_eq else 0.0),
            "band_limit_hz": np.float32(rng.uniform(3000, 7000) if limited else 0.0),
            "clip": np.float32(rng.uniform(0.15, 0.7) if clipped else 0.0),
            "clean": np.float32(rng.random() < config.clean_probability),
            "as_recorded": np.float32(0),
            **self._transmission(rng),
        }

    def _transmission(self, rng: np.random.Generator) -> dict[str, np.float32]:
        config = self.config
        suppressor = rng.random() < config.suppressor_probability
        controlled = rng.random() < config.gain_control_probability
        coded = rng.random() < config.codec_probability
        return {
            "suppressor_floor_db": np.float32(rng.uniform(*config.suppressor_floor_db) if suppressor else 0.0),
            "suppressor_broadband": np.float32(rng.random() < 0.3),
            "gain_control_ratio": np.float32(rng.uniform(0.3, 0.9) if controlled else 0.0),
            "gain_control_s": np.float32(log_uniform(rng, 0.05, 1.0)),
            "codec_snr_db": np.float32(rng.uniform(*config.codec_snr_db) if coded else 0.0),
        }

    def _pair(self, rng: np.random.Generator) -> dict[str, Samples | np.float32]:
        """A part of a ready pair as it was recorded: its noise is what the noisy side has more than the clean one."""
        item = int(rng.choice(self.pairs))
        count = min(int(self.corpus.samples[item]), self.samples)
        start = int(rng.integers(0, int(self.corpus.samples[item]) - count + 1))
        noisy, clean = self.corpus.read_pair(item, start, count)
        room = _no_room(self.corpus.sample_rate)
        flat, nothing = np.zeros(EQ_POINTS, np.float32), np.float32(0)
        return {
            "speech": to_length(clean, self.samples),
            "noise": to_length(noisy - clean, self.samples),
            "second_noise": np.zeros(self.samples, np.float32),
            "room": room,
            "target_room": room,
            "noise_room": room,
            "snr_db": nothing,
            "second_noise_db": nothing,
            "level_db": np.float32(rng.uniform(*self.config.level_db)),
            "speech_eq_db": flat,
            "noise_eq_db": flat,
            "band_limit_hz": nothing,
            "clip": nothing,
            "clean": nothing,
            "as_recorded": np.float32(1),
            **NOT_SENT,
        }

    def _speech(self, rng: np.random.Generator) -> Samples:
        """Clips of one speaker with pauses between, until the segment is full."""
        speed = rng.uniform(*self.config.speed) if rng.random() < self.config.speed_probability else 1.0
        wanted = samples_at(self.samples, speed)
        clips = self._clips_of(rng)
        parts: list[Samples] = []
        filled = 0
        while filled < wanted:
            clip = excerpt(self.corpus, int(rng.choice(clips)), wanted - filled, rng)
            pause = np.zeros(int(rng.uniform(*PAUSE_SECONDS) * self.corpus.sample_rate), np.float32)
            parts += [unit_rms(clip), pause]
            filled += len(clip) + len(pause)
        speech = np.concatenate(parts)[:wanted]
        return at_speed(speech, speed, self.samples)

    def _clips_of(self, rng: np.random.Generator) -> NDArray[np.int64]:
        speaker = pick(self.speaker_weight, rng)
        bounds = np.append(self.first_of_speaker, len(self.speech))
        return self.speech[bounds[speaker] : bounds[speaker + 1]]

    def _rooms(self, rng: np.random.Generator) -> tuple[Samples, Samples, Samples]:
        """The room's response for input, target and noise."""
        none = _no_room(self.corpus.sample_rate)
        taps = len(none)
        if rng.random() >= self.config.reverb_probability:
            return none, none, none
        rate, config = self.corpus.sample_rate, self.config
        rt60, drr = rng.uniform(*config.rt60_s), rng.uniform(*config.drr_db)
        if len(self.rooms) and rng.random() < config.measured_room_share:
            response = self.corpus.read(int(rng.choice(self.rooms)))  # its direct path is at sample 0
            room = with_drr(reshape_decay(response, rt60, rate), drr, rate)
        else:
            room = simulated_room(rng, rt60, drr, rate)
        room = room / np.abs(room[:64]).max()
        target = reshape_decay(room, config.target_rt60_s, rate, known_rt60_s=rt60)
        noise = room if rng.random() < config.noise_reverb_probability else none
        return to_length(room, taps), to_length(target, taps), to_length(noise, taps)


def _no_room(sample_rate: int) -> Samples:
    response = np.zeros(int(ROOM_SECONDS * sample_rate), np.float32)
    response[0] = 1
    return response


def _equaliser(rng: np.random.Generator, deviation_db: float) -> Samples:
    """Gains at the octaves, in dB, smoothed over neighbours."""
    gains = rng.normal(0, 1, EQ_POINTS + 2) * deviation_db
    return np.convolve(gains, [0.4, 0.7, 0.4], mode="valid").astype(np.float32)
