"""DNSMOS P.835: predicted listener scores without a reference (extra `metrics`).

The network is the ONNX file inside the package `speechmos` (MIT); it is run here directly, because the package's own
code imports librosa, requests and pandas without declaring them. Same windows and polynomials, so the same scores.
"""

import functools
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from denoise_cli.errors import MetricUndefined, MissingPackage
from denoise_cli.metrics.validation import Signal, at_rate, is_silent, validate

if TYPE_CHECKING:
    import onnxruntime

RATE = 16_000
WINDOW_SECONDS = 9.01
WINDOW = int(WINDOW_SECONDS * RATE)
HOP = RATE
# The network's raw outputs to the scale of the listeners: quadratic polynomials, highest power first
SIG_POLYNOMIAL = (-0.08397278, 1.22083953, 0.0052439)
BAK_POLYNOMIAL = (-0.13166888, 1.60915514, -0.39604546)
OVRL_POLYNOMIAL = (-0.06766283, 1.11546468, 0.04602535)


class Dnsmos(NamedTuple):
    """Mean opinion scores from 1 to 5: of the speech, of the background, of the whole."""

    sig: float
    bak: float
    ovrl: float


def dnsmos(estimate: npt.ArrayLike, sample_rate: int) -> Dnsmos:
    """DNSMOS P.835 (not the personalised one), mean over windows of 9.01 s with a hop of 1 s.

    estimate: (samples,) at `sample_rate` Hz; other rates than 16 kHz are resampled to it. Shorter ones are repeated to
    fill a window, as the original does. The network hears the level: scores change by some 0.1 over 20 dB.

    Source: Reddy, Gopal, Cutler 2022, "DNSMOS P.835", doi 10.1109/ICASSP43922.2022.9746108.
    Raises MissingPackage without `speechmos`, MetricUndefined for a silent or empty signal.
    """
    output = validate(estimate)
    if is_silent(output):
        raise MetricUndefined("DNSMOS: the estimate is silent")
    windows = _windows(at_rate(output, sample_rate, RATE))
    session = _session()
    raw = np.concatenate([session.run(None, {"input_1": window[None]})[0] for window in windows])  # (windows, 3)
    columns = (SIG_POLYNOMIAL, BAK_POLYNOMIAL, OVRL_POLYNOMIAL)
    return Dnsmos(*(float(np.mean(np.polyval(polynomial, raw[:, i]))) for i, polynomial in enumerate(columns)))


def _windows(signal: Signal) -> list[npt.NDArray[np.float32]]:
    while signal.size < WINDOW:
        signal = np.concatenate([signal, signal])
    # Whole seconds, as in the original: 10.9 s have one window, 11 s have two
    count = int(signal.size // RATE - WINDOW_SECONDS) + 1
    starts = [i * HOP for i in range(count) if i * HOP + WINDOW <= signal.size]
    return [signal[start : start + WINDOW].astype(np.float32) for start in starts]


@functools.cache
def _session() -> "onnxruntime.InferenceSession":
    import onnxruntime

    package = importlib.util.find_spec("speechmos")  # found, not imported
    if package is None or package.origin is None:
        raise MissingPackage("DNSMOS needs the package speechmos: pip install 'hifidenoise[metrics]'")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    weights = Path(package.origin).parent / "dnsmos_models" / "sig_bak_ovr.onnx"
    return onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])
