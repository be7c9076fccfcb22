"""The one layout of sound in this package."""

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]  # (channels, samples), full scale at 1
