"""Scale-invariant signal-to-distortion ratio."""

import numpy as np
import numpy.typing as npt

from denoise_cli.metrics.validation import validate_pair

CAP_DB = 100.0  # an exact copy would be infinite; nothing that went through 16 bits gets above 98 dB


def si_sdr(reference: npt.ArrayLike, estimate: npt.ArrayLike) -> float:
    """SI-SDR in dB, higher is better, limited to +-CAP_DB.

    reference, estimate: (samples,), same length and alignment. With a = <estimate, reference> / <reference, reference>,
    10 log10(|a reference|^2 / |estimate - a reference|^2). Means are not removed: a constant offset counts as an error.
    An exact copy, at whatever level, gives CAP_DB; a silent or orthogonal estimate gives -CAP_DB.

    Source: Le Roux et al. 2019, "SDR - half-baked or well done?", eq. 3-5.
    Raises MetricUndefined for a silent reference, ValueError when the lengths differ.
    """
    clean, output = validate_pair(reference, estimate)
    scale = np.dot(output, clean) / np.dot(clean, clean)
    target = scale * clean
    target_power = float(np.sum(target**2))
    error_power = float(np.sum((output - target) ** 2))
    floor = 10.0 ** (-CAP_DB / 10.0)
    if target_power <= floor * error_power or target_power == 0.0:
        return -CAP_DB
    if error_power <= floor * target_power:
        return CAP_DB
    return 10.0 * float(np.log10(target_power / error_power))
