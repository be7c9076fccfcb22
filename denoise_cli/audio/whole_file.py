"""Read a short recording at once. Long ones are read block by block, see `audio.opening`."""

from pathlib import Path

import numpy as np

from denoise_cli.audio.opening import open_sound
from denoise_cli.audio.samples import Samples


def read_whole(path: Path) -> tuple[Samples, int]:
    """All samples, (channels, samples) float32 with full scale at 1, and their rate in Hz.

    Raises UnreadableAudio, UnusableAudio for a video without sound.
    """
    with open_sound(path) as reader:
        blocks = list(reader.blocks())
        if not blocks:
            return np.zeros((reader.info.channels, 0), dtype=np.float32), reader.info.sample_rate
        return np.concatenate(blocks, axis=1), reader.info.sample_rate
