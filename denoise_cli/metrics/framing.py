"""Overlapping frames of a signal, as several metrics cut it."""

import numpy as np

from denoise_cli.errors import MetricUndefined
from denoise_cli.metrics.validation import Signal


def frames(signal: Signal, length: int, hop: int) -> Signal:
    """All whole frames: (frames, length), a read-only view. What is left at the end is not used.

    Raises MetricUndefined when there is no whole frame.
    """
    if signal.size < length:
        raise MetricUndefined(f"shorter than one frame of {length} samples")
    return np.lib.stride_tricks.sliding_window_view(signal, length)[::hop]
