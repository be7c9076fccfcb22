"""Distances between spectrograms: log-spectral distance and multi-resolution STFT error."""

import numpy as np
import numpy.typing as npt

from denoise_cli.metrics.framing import frames
from denoise_cli.metrics.validation import Signal, validate_pair

LSD_FFT, LSD_HOP, LSD_FLOOR = 2048, 512, 1e-10
# FFT size, hop, window length: the defaults of auraloss 0.4
RESOLUTIONS = ((1024, 120, 600), (2048, 240, 1200), (512, 50, 240))
MAGNITUDE_FLOOR = 1e-4  # the square root of auraloss' eps of 1e-8
Spectrum = npt.NDArray[np.float64]


def log_spectral_distance(reference: npt.ArrayLike, estimate: npt.ArrayLike) -> float:
    """LSD, 0 is best: mean over frames of the root over bins of the mean squared difference of log10 powers.

    reference, estimate: (samples,) at whatever rate. FFT 2048, hop 512, Hann; powers |X|^2 floored at 1e-10. Times ten
    it would be in dB. Silence in one and not in the other weighs much: mind it where a system gates pauses.

    Source: Gray and Markel 1976; sizes as usual in bandwidth extension.
    Raises MetricUndefined for a silent reference, ValueError when the lengths differ.
    """
    clean, output = validate_pair(reference, estimate)
    powers = [np.maximum(_magnitudes(x, LSD_FFT, LSD_HOP, LSD_FFT) ** 2, LSD_FLOOR) for x in (clean, output)]
    difference = np.log10(powers[0]) - np.log10(powers[1])
    return float(np.mean(np.sqrt(np.mean(difference**2, axis=1))))


def multi_resolution_stft_error(reference: npt.ArrayLike, estimate: npt.ArrayLike) -> float:
    """M-STFT, 0 is best: spectral convergence plus mean absolute difference of ln magnitudes, mean of three sizes.

    reference, estimate: (samples,) at whatever rate; the FFT sizes are in samples, so scores at different rates do not
    compare. Equals auraloss' MultiResolutionSTFTLoss with its defaults.

    Source: Yamamoto et al. 2020, "Parallel WaveGAN"; Steinmetz and Reiss 2020, "auraloss".
    Raises MetricUndefined for a silent reference, ValueError when the lengths differ.
    """
    clean, output = validate_pair(reference, estimate)
    errors = []
    for n_fft, hop, window in RESOLUTIONS:
        wanted = np.maximum(_magnitudes(clean, n_fft, hop, window), MAGNITUDE_FLOOR)
        found = np.maximum(_magnitudes(output, n_fft, hop, window), MAGNITUDE_FLOOR)
        convergence = np.linalg.norm(wanted - found) / np.linalg.norm(wanted)
        errors.append(convergence + np.mean(np.abs(np.log(wanted) - np.log(found))))
    return float(np.mean(errors))


def _magnitudes(signal: Signal, n_fft: int, hop: int, window_length: int) -> Spectrum:
    """Centred STFT with reflected ends (zeros for a signal too short for that), periodic Hann: (frames, bins)."""
    half = n_fft // 2
    padded = np.pad(signal, half, mode="reflect" if signal.size > half else "constant")
    window = np.zeros(n_fft)
    start = (n_fft - window_length) // 2
    window[start : start + window_length] = np.hanning(window_length + 1)[:-1]
    return np.abs(np.fft.rfft(frames(padded, n_fft, hop) * window))
