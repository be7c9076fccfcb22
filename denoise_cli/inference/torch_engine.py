"""The model run by torch, on any of its devices."""

from contextlib import AbstractContextManager, nullcontext
from typing import cast

import torch

from denoise_cli.audio.samples import Samples
from denoise_cli.errors import DeviceMemoryExhausted
from denoise_cli.inference.options import Precision
from denoise_cli.models.generator import Generator
from denoise_cli.models.loading import load_generator
from denoise_cli.models.model_folder import ModelFolder

_DTYPES = {Precision.BFLOAT16: torch.bfloat16, Precision.FLOAT16: torch.float16}


class TorchEngine:
    """An `inference.engine.Engine` around a generator in evaluation mode."""

    def __init__(self, generator: Generator, device: torch.device, precision: Precision = Precision.FLOAT32) -> None:
        self._generator = generator
        self._device = device
        self._precision = precision
        self.sample_rate = generator.sample_rate
        self.hop = generator.hop
        self.context = generator.context

    @classmethod
    def load(
        cls, folder: ModelFolder, device: torch.device, threads: int | None, precision: Precision = Precision.FLOAT32
    ) -> "TorchEngine":
        """Load a model folder's weights onto a device; threads sets torch's own, for the whole process.

        Raises ModelUnavailable.
        """
        if threads is not None:
            torch.set_num_threads(threads)
        return cls(load_generator(folder, device), device, precision)

    def _chosen_precision(self) -> AbstractContextManager[object]:
        if self._precision is Precision.FLOAT32:
            return nullcontext()
        return torch.autocast(self._device.type, _DTYPES[self._precision])

    def run(self, waveform: Samples) -> Samples:
        """(batch, samples) -> (batch, samples): the model's final estimate.

        Raises DeviceMemoryExhausted when the device's memory does not suffice.
        """
        try:
            with torch.inference_mode(), self._chosen_precision():
                output = self._generator.enhance(torch.from_numpy(waveform).to(self._device))
                return cast(Samples, output.float().cpu().numpy())
        except RuntimeError as error:  # torch's out-of-memory errors are of this kind: of CUDA by class, others by text
            by_text = any(sign in str(error) for sign in ("out of memory", "can't allocate memory"))
            if not by_text and not isinstance(error, torch.cuda.OutOfMemoryError):
                raise
            if self._device.type == "cuda":
                torch.cuda.empty_cache()
            raise DeviceMemoryExhausted(f"{self._device}: not enough memory for one chunk; free some") from error
