"""The Python interface: load a model once, enhance arrays and files with it."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, overload

import numpy as np
import numpy.typing as npt

from denoise_cli.audio.samples import Samples
from denoise_cli.errors import UsageConflict
from denoise_cli.inference.arrays import Handed
from denoise_cli.inference.channels import ChannelChoice
from denoise_cli.inference.engine import Engine
from denoise_cli.inference.engine_choice import open_engine
from denoise_cli.inference.enhance_file import Enhanced, enhance_file
from denoise_cli.inference.options import EngineName, EnhanceOptions
from denoise_cli.inference.stream import EnhancerStream
from denoise_cli.inference.survey import survey

if TYPE_CHECKING:
    import torch


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

        device, threads, engine, and what is raised: see `inference.engine_choice.open_engine`.
        """
        return cls(open_engine(model, device, threads, engine), options)

    @overload
    def enhance(
        self, waveform: "torch.Tensor", sample_rate: int, options: EnhanceOptions | None = None
    ) -> "torch.Tensor": ...

    @overload
    def enhance(self, waveform: npt.ArrayLike, sample_rate: int, options: EnhanceOptions | None = None) -> Samples: ...

    def enhance(
        self, waveform: "npt.ArrayLike | torch.Tensor", sample_rate: int, options: EnhanceOptions | None = None
    ) -> "Samples | torch.Tensor":
        """Enhance a whole recording at any rate.

        waveform: floats, full scale at 1, (samples,) or (channels, samples), an array or a tensor. Returns float32 of
        the same kind and shape, a tensor on its device, aligned to the sample, at the input's level; fewer channels
        where the options say so. options: instead of those given to `load`; those about files do nothing here.
        Raises ValueError for another layout or for integers, UnusableAudio for samples that are no numbers.
        """
        handed = Handed(waveform)
        channels = handed.channels
        _check_layout(channels)
        asked = options or self._options
        choice = ChannelChoice(asked.channels, len(channels), "waveform")
        blocks = [channels[:, start : start + sample_rate] for start in range(0, channels.shape[1], sample_rate)]
        kept = list(choice.kept(blocks))
        if not channels.size:
            return handed.back(np.zeros((choice.count, 0), np.float32))  # type: ignore[no-any-return]
        found = survey(choice.heard(kept), choice.heard_count, sample_rate, self._engine.sample_rate, "waveform")
        pieces = list(choice.process(kept, self._engine, sample_rate, found, asked))
        return handed.back(np.concatenate(pieces, axis=1))  # type: ignore[no-any-return]

    def stream(self, sample_rate: int, channels: int = 1, options: EnhanceOptions | None = None) -> EnhancerStream:
        """Enhance a recording while it arrives; see `EnhancerStream`. options: instead of those given to `load`."""
        return EnhancerStream(self._engine, sample_rate, channels, options or self._options)

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


@overload
def enhance(
    waveform: "torch.Tensor", sample_rate: int, model: str = "default", device: str = "auto"
) -> "torch.Tensor": ...


@overload
def enhance(waveform: npt.ArrayLike, sample_rate: int, model: str = "default", device: str = "auto") -> Samples: ...


def enhance(
    waveform: "npt.ArrayLike | torch.Tensor", sample_rate: int, model: str = "default", device: str = "auto"
) -> "Samples | torch.Tensor":
    """Enhance one recording; loads the model each time, so for several use an `Enhancer`. See `Enhancer.enhance`."""
    return Enhancer.load(model, device).enhance(waveform, sample_rate)


def _check_layout(channels: Samples) -> None:
    if channels.shape[0] > channels.shape[1] > 0:
        turned = channels.shape[::-1]
        raise ValueError(
            f"waveform has shape {channels.shape}; (channels, samples) is wanted, which would be {turned}: transpose it"
        )
