"""The one layout of sound in this package."""

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]  # (channels, samples), full scale at 1


def counted_channels(channels: int) -> str:
    """ "1 channel", "2 channels"."""
    return f"{channels} channel{'' if channels == 1 else 's'}"
