"""Offline speech recognisers, for counting words that a system changes.

pocketsphinx     PocketSphinx with the American English model of its package (extra `recogniser`). Needs no download,
                 but is an old GMM-HMM system: it mishears clean speech at times, accents more so.
whisper:FOLDER   Whisper by the package faster-whisper with a CTranslate2 model from a folder. Mishears little.
"""

import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from denoise_cli.errors import MissingPackage, ModelUnavailable, UsageConflict
from denoise_cli.metrics.validation import at_rate, is_silent, validate

POCKETSPHINX, WHISPER = "pocketsphinx", "whisper:"
WEIGHTS = "model.bin"
RATE = 16_000
PEAK = 0.5  # of what is recognised: a quiet recording would lose bits, a loud one be clipped
Hear = Callable[[npt.NDArray[np.float64]], str]


def recognise(waveform: npt.ArrayLike, sample_rate: int, recogniser: str = POCKETSPHINX) -> str:
    """What a recogniser hears in a recording of English speech; nothing in a silent one.

    waveform: (samples,) at `sample_rate` Hz; resampled to 16 kHz and brought to one peak level. The words depend on
    this recording alone, not on those before it. recogniser: see above.

    Source: Huggins-Daines et al. 2006, "PocketSphinx", doi 10.1109/ICASSP.2006.1659988; Radford et al. 2022, "Whisper",
    arXiv 2212.04356.
    Raises what `load_recogniser` raises, MetricUndefined for no samples or samples that are no numbers.
    """
    signal = at_rate(validate(waveform), sample_rate, RATE)
    if is_silent(signal):
        return ""
    return load_recogniser(recogniser)(signal * (PEAK / np.abs(signal).max()))


def weights_file(recogniser: str) -> Path | None:
    """The file that says which Whisper it is; None for what comes with its package."""
    return Path(recogniser[len(WHISPER) :]) / WEIGHTS if recogniser.startswith(WHISPER) else None


@functools.cache
def load_recogniser(name: str) -> Hear:
    """What turns samples at 16 kHz into words, loaded once a process.

    Raises MissingPackage, ModelUnavailable for a folder without a model, UsageConflict for a name that does not exist.
    """
    if name == POCKETSPHINX:
        return _pocketsphinx()
    weights = weights_file(name)
    if weights is None:
        raise UsageConflict(f"--word-error {name}: no such recogniser; there are {POCKETSPHINX} and {WHISPER}FOLDER")
    return _whisper(weights)


def _pocketsphinx() -> Hear:
    try:
        from pocketsphinx import Decoder
    except ImportError as error:
        raise MissingPackage("word errors need pocketsphinx: pip install 'hifidenoise[recogniser]'") from error
    decoder = Decoder(samprate=RATE, loglevel="FATAL")

    def hear(signal: npt.NDArray[np.float64]) -> str:
        decoder.reinit_feat()  # else its normalisation carries over from the recording before
        decoder.start_utt()
        decoder.process_raw(np.round(signal * 32_767).astype("<i2").tobytes(), full_utt=True)
        decoder.end_utt()
        hypothesis = decoder.hyp()
        return "" if hypothesis is None else str(hypothesis.hypstr)

    return hear


def _whisper(weights: Path) -> Hear:
    if not weights.is_file():
        raise ModelUnavailable(f"{weights}: no such file; give the folder of a CTranslate2 Whisper model")
    try:
        from faster_whisper import WhisperModel
    except ImportError as error:
        raise MissingPackage("word errors by Whisper need faster-whisper: pip install faster-whisper") from error
    model = WhisperModel(str(weights.parent), device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True)

    def hear(signal: npt.NDArray[np.float64]) -> str:
        segments, _ = model.transcribe(
            signal.astype(np.float32), language="en", temperature=0.0, condition_on_previous_text=False
        )
        return " ".join(segment.text.strip() for segment in segments)

    return hear
