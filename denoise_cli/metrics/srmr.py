"""Speech-to-reverberation modulation energy ratio: how reverberant a recording is, without a reference."""

import numpy as np
import numpy.typing as npt

from denoise_cli.errors import MetricUndefined, MissingPackage
from denoise_cli.metrics.framing import frames
from denoise_cli.metrics.gammatone import bandwidths, centre_frequencies, second_order_sections
from denoise_cli.metrics.validation import at_rate, is_silent, validate

RATE = 16_000
CHANNELS, LOWEST_HZ = 23, 125.0
MODULATION_HZ = 4.0 * 32.0 ** (np.arange(8) / 7)  # 4 to 128 Hz
MODULATION_Q = 2.0
WINDOW, HOP = round(0.256 * RATE), round(0.064 * RATE)
ENERGY_SHARE = 0.9
Array = npt.NDArray[np.float64]


def srmr(estimate: npt.ArrayLike, sample_rate: int) -> float:
    """SRMR, higher is drier; typically 2 to 15. Noise lowers it as well, so it is no pure measure of reverberation.

    estimate: (samples,) at `sample_rate` Hz; measured at 16 kHz. Energy of the envelopes' modulation in the four lower
    bands (4-14 Hz, syllables) over that in the higher ones, up to what the speech's bandwidth can carry. Without the
    normalisation of the later variant.

    Source: Falk, Zheng, Chan 2010, doi 10.1109/TASL.2010.2052247.
    Raises MissingPackage without scipy; MetricUndefined for a silent signal or less than 0.256 s.
    """
    output = validate(estimate)
    if is_silent(output):
        raise MetricUndefined("SRMR: the estimate is silent")
    energy = _modulation_energy(at_rate(output, sample_rate, RATE))  # (channels, modulation bands)
    highest = _highest_band(energy)
    upper = float(energy[:, 4:highest].sum())
    if upper <= 0.0:
        raise MetricUndefined("SRMR: no modulation above 14 Hz")
    return float(energy[:, :4].sum()) / upper


def _modulation_energy(signal: Array) -> Array:
    """Mean over windows of the energy in each acoustic channel, from high to low, and modulation band."""
    try:
        from scipy.signal import hilbert, lfilter, sosfilt
        from scipy.signal.windows import hamming
    except ImportError as error:
        raise MissingPackage("SRMR needs the package scipy: pip install 'hifidenoise[metrics]'") from error
    window = hamming(WINDOW, sym=False)
    padding = -signal.size % 16  # the analytic signal is that of the original code, which pads to 16
    energy = np.zeros((CHANNELS, MODULATION_HZ.size))
    for channel, centre_hz in enumerate(centre_frequencies(CHANNELS, LOWEST_HZ, RATE)):
        filtered = sosfilt(second_order_sections(centre_hz, RATE), signal)
        envelope = np.abs(hilbert(np.pad(filtered, (0, padding))))[: signal.size]
        for band, (forward, backward) in enumerate(_modulation_filters()):
            modulation = lfilter(forward, backward, envelope)
            energy[channel, band] = np.mean(np.sum((frames(modulation, WINDOW, HOP) * window) ** 2, axis=1))
    return energy


def _modulation_filters() -> list[tuple[Array, Array]]:
    """Second-order band passes, numerator and denominator of each."""
    warped = np.tan(np.pi * MODULATION_HZ / RATE)
    width = warped / MODULATION_Q
    return [
        (np.array([b, 0.0, -b]), np.array([1 + b + w**2, 2 * w**2 - 2, 1 - b + w**2]))
        for w, b in zip(warped, width, strict=True)
    ]


def _highest_band(energy: Array) -> int:
    """How many modulation bands count, 5 to 8: those below the bandwidth of the channel that holds the 90 % point."""
    share = np.cumsum(energy.sum(axis=1)[::-1]) / energy.sum()  # from the lowest channel up
    channel = int(np.argmax(share > ENERGY_SHARE))
    widest_hz = bandwidths(centre_frequencies(CHANNELS, LOWEST_HZ, RATE))[::-1][channel]
    half_width = np.tan(np.pi * MODULATION_HZ / RATE) / MODULATION_Q * RATE / (2 * np.pi)
    lower_edges = MODULATION_HZ - half_width
    return max(5, int(np.sum(widest_hz > lower_edges)))
