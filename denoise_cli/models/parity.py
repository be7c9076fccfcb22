"""Whether another form of a generator computes what torch does."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from denoise_cli.errors import CannotStart
from denoise_cli.models.generator import Generator

PARITY = 1e-4  # largest difference that an export may show, for audio in [-1, 1]
SHAPES_AND_LEVELS = (((1, 16_000), 0.056), ((2, 4_001), 0.056), ((1, 37), 0.056), ((1, 1_000), 0.0))

Samples = NDArray[np.float32]


def largest_difference(generator: Generator, run: Callable[[Samples], Samples]) -> float:
    """Largest absolute difference of `run` from torch on noise at -25 dBFS and on silence; NaN if any output is.

    run: (batch, samples) -> (batch, samples).
    """
    source = np.random.default_rng(0)
    differences = []
    for shape, level in SHAPES_AND_LEVELS:
        noisy = (level * source.standard_normal(shape)).astype(np.float32)
        with torch.inference_mode():
            expected = generator.enhance(torch.from_numpy(noisy)).numpy()
        differences.append(np.abs(run(noisy) - expected).max())
    return float(np.max(differences))


def keep_if_equal(temporary: Path, file: Path, difference: float) -> float:
    """Give an export its name if it differs by no more than PARITY, else remove it. Returns the difference.

    Raises CannotStart when the difference exceeds PARITY or is not a number.
    """
    if not difference <= PARITY:
        temporary.unlink()
        raise CannotStart(f"{file}: the export differs from torch by {difference:.1e}; nothing was written")
    temporary.replace(file)
    return difference
