"""The Python interface: load a model once, enhance arrays and files with it."""

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

from denoise_cli.audio.samples import Samples
from denoise_cli.errors import UsageConflict
from denoise_cli.inference.engine import Engine, open_engine
from denoise_cli.inference.enhance_file import Enhanced, enhance_file
from denoise_cli.inference.enhancement import EnhancementStream
from denoise_cli.inference.options import EngineName, EnhanceOptions
from denoise_cli.inference.survey import survey


class Enhancer:
    """A loaded model.

        enhancer = Enhancer.load()
        clean = enhancer.enhance(waveform, sample_rate)

    Runs exactly what the command runs.
    """

    def __init__(self, engine: Engine, options: EnhanceOptions | None = None) -> None:
        self._engine = engine
        self._options = options or EnhanceOptions()

    @classmethod
    def load(
        cls,
        model: str = "default",
        device: str = "auto",
        threads: int | None = None,
        options: EnhanceOptions | None = None,
        engine: EngineName = EngineName.AUTO,
    ) -> "Enhancer":
        """Load a bundled model by name, or a model folder.

        device, threads, engine, and what is raised: see `inference.engine.open_engine`.
        """
        return cls(open_engine(model, device, threads, engine), options)

    def enhance(self, waveform: npt.ArrayLike, sample_rate: int, options: EnhanceOptions | None = None) -> Samples:
        """Enhance a whole recording at any rate.

        waveform: floats, full scale at 1, (samples,) or (channels, samples). Returns float32 of the same shape, aligned
        to the sample, at the input's level. options: instead of those given to `load`.
        Raises ValueError for another layout or for integers, UnusableAudio for samples that are no numbers.
        """
        array = np.asarray(waveform)
        channels = _as_channels(array)
        if not channels.size:
            return np.zeros(array.shape, np.float32)
        blocks = [channels[:, start : start + sample_rate] for start in range(0, channels.shape[1], sample_rate)]
        found = survey(blocks, len(channels), sample_rate, self._engine.sample_rate, "waveform")
        stream = EnhancementStream(self._engine, sample_rate, found, options or self._options)
        return np.concatenate(list(stream.process(blocks)), axis=1).reshape(array.shape)

    def enhance_file(
        self, source: str | os.PathLike[str], target: str | os.PathLike[str], overwrite: bool = False
    ) -> Enhanced:
        """Enhance a file into another, see `inference.enhance_file`.

        Raises UsageConflict when the target exists and may not be overwritten, and what `enhance_file` raises.
        """
        if not overwrite and os.path.lexists(target):
            raise UsageConflict(f"{os.fspath(target)}: exists; say overwrite=True to replace it")
        return enhance_file(Path(source), Path(target), self._engine, self._options)


def load_model(name: str = "default", device: str = "auto", threads: int | None = None) -> Enhancer:
    """A bundled model by its name, or a model folder, ready to enhance; the same as `Enhancer.load`."""
    return Enhancer.load(name, device, threads)


def enhance(waveform: npt.ArrayLike, sample_rate: int, model: str = "default", device: str = "auto") -> Samples:
    """Enhance one recording; loads the model each time, so for several use an `Enhancer`. See `Enhancer.enhance`."""
    return Enhancer.load(model, device).enhance(waveform, sample_rate)


def _as_channels(array: npt.NDArray[np.generic]) -> Samples:
    if not np.issubdtype(array.dtype, np.floating):
        raise ValueError(f"waveform holds {array.dtype}; floats with full scale at 1 are wanted")
    if array.ndim not in (1, 2):
        raise ValueError(f"waveform has shape {array.shape}; (samples,) or (channels, samples) is wanted")
    if array.ndim == 2 and array.shape[0] > array.shape[1] > 0:
        turned = array.shape[::-1]
        raise ValueError(
            f"waveform has shape {array.shape}; (channels, samples) is wanted, which would be {turned}: transpose it"
        )
    return np.ascontiguousarray(np.atleast_2d(array), dtype=np.float32)
