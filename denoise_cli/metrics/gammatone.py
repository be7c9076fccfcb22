"""A gammatone filter bank: what the ear's place-frequency analysis is modelled by."""

import numpy as np
import numpy.typing as npt

EAR_Q, MINIMUM_BANDWIDTH_HZ = 9.26449, 24.7  # Glasberg and Moore 1990
Array = npt.NDArray[np.float64]


def centre_frequencies(count: int, lowest_hz: float, sample_rate: int) -> Array:
    """`count` frequencies in Hz, evenly spaced in ERB from below half the sample rate down to `lowest_hz`: (count,).

    Source: Slaney 1993, Apple technical report 35.
    """
    offset = EAR_Q * MINIMUM_BANDWIDTH_HZ
    highest, lowest = sample_rate / 2 + offset, lowest_hz + offset
    return -offset + highest * (lowest / highest) ** (np.arange(1, count + 1) / count)


def bandwidths(centres_hz: Array) -> Array:
    """Equivalent rectangular bandwidths in Hz."""
    return centres_hz / EAR_Q + MINIMUM_BANDWIDTH_HZ


def second_order_sections(centre_hz: float, sample_rate: int) -> Array:
    """A fourth-order gammatone filter with gain 1 at its centre, as scipy's sections: (4, 6).

    Source: Slaney 1993, Apple technical report 35: four zeros, and four times the same pair of poles.
    """
    decay = np.exp(-2 * np.pi * 1.019 * bandwidths(np.asarray(centre_hz)) / sample_rate)
    angle = 2 * np.pi * centre_hz / sample_rate
    poles = [1.0, -2 * decay * np.cos(angle), decay**2]
    outer, inner = np.sqrt(3 + 2**1.5), np.sqrt(3 - 2**1.5)
    tilts = (outer, -outer, inner, -inner)
    sections = np.array([[1.0, -decay * (np.cos(angle) + t * np.sin(angle)), 0.0, *poles] for t in tilts])
    powers = np.exp(-1j * angle * np.arange(3))
    responses = (sections[:, :3] @ powers) / (sections[:, 3:] @ powers)
    sections[:, :3] /= np.abs(responses)[:, None]
    return sections
