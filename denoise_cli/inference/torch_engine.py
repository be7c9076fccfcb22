"""The model run by torch, on any of its devices."""

from typing import cast

import torch

from denoise_cli.audio.samples import Samples
from denoise_cli.errors import DeviceMemoryExhausted
from denoise_cli.inference.device import find_device
from denoise_cli.models.generator import Generator
from denoise_cli.models.loading import load_generator
from denoise_cli.models.model_folder import ModelFolder


class TorchEngine:
    """An `inference.engine.Engine` around a generator in evaluation mode."""

    def __init__(self, generator: Generator, device: torch.device) -> None:
        self._generator = generator
        self._device = device
        self.sample_rate = generator.sample_rate
        self.hop = generator.hop
        self.context = generator.context

    @classmethod
    def load(cls, folder: ModelFolder, device: str, threads: int | None) -> "TorchEngine":
        """Load a model folder's weights onto a device; threads sets torch's own, for the whole process.

        Raises ModelUnavailable and CannotStart.
        """
        if threads is not None:
            torch.set_num_threads(threads)
        found = find_device(device)
        return cls(load_generator(folder, found), found)

    def run(self, waveform: Samples) -> Samples:
        """(batch, samples) -> (batch, samples): the model's final estimate.

        Raises DeviceMemoryExhausted when the device's memory does not suffice.
        """
        try:
            with torch.inference_mode():
                output = self._generator.enhance(torch.from_numpy(waveform).to(self._device))
                return cast(Samples, output.float().cpu().numpy())
        except RuntimeError as error:  # torch's out-of-memory errors are of this kind: of CUDA by class, others by text
            if not any(sign in str(error) for sign in ("out of memory", "can't allocate memory")):
                raise
            if self._device.type == "cuda":
                torch.cuda.empty_cache()
            raise DeviceMemoryExhausted(f"{self._device}: not enough memory for one chunk; free some") from error
