"""Room impulse responses as they are kept in a corpus: from the direct path on, at a common scale."""

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

LONGEST_SECONDS = 2.0
FADE_SECONDS = 0.02  # at the end of a response that is cut


def direct_path(response: Samples) -> int:
    """Position of the direct path: the first local maximum that comes within 6 dB of the largest magnitude.

    response: (taps,), not all zero.
    """
    magnitude = np.abs(response)
    place = int(np.argmax(magnitude >= 0.5 * magnitude.max()))
    while place + 1 < len(magnitude) and magnitude[place + 1] > magnitude[place]:
        place += 1
    return place


def prepared_response(response: Samples, sample_rate: int) -> Samples:
    """The response from its direct path on, which becomes +1.0 at sample 0; at most `LONGEST_SECONDS`, faded if cut.

    Convolution then adds no delay, and speech keeps its level on the direct path. What came before (travel time,
    pre-ringing of a band limit) is dropped. response: (taps,), not all zero; returns (fewer taps,).
    """
    place = direct_path(response)
    result: Samples = (response[place:] / response[place]).astype(np.float32)
    longest = int(LONGEST_SECONDS * sample_rate)
    if len(result) <= longest:
        return result
    result = result[:longest].copy()
    fade = int(FADE_SECONDS * sample_rate)
    result[-fade:] *= (0.5 + 0.5 * np.cos(np.pi * np.arange(1, fade + 1) / fade)).astype(np.float32)
    return result
