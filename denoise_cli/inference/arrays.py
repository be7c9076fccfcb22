"""What a caller hands over as sound, numpy or torch, and the same kind of thing back."""

import sys
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np
import numpy.typing as npt

from denoise_cli.audio.samples import Samples

if TYPE_CHECKING:
    import torch


class Handed:
    """A waveform as it was handed over. channels: (channels, samples) float32, which may share the caller's memory."""

    def __init__(self, waveform: "npt.ArrayLike | torch.Tensor") -> None:
        """waveform: floats, full scale at 1, (samples,) or (channels, samples). Raises ValueError for anything else."""
        self._device: torch.device | None = None
        if _is_tensor(waveform):
            self._device = waveform.device
            waveform = waveform.detach().cpu()
            waveform = (waveform.float() if waveform.is_floating_point() else waveform).numpy()
        array = np.asarray(waveform)
        if not np.issubdtype(array.dtype, np.floating):
            raise ValueError(f"waveform holds {array.dtype}; floats with full scale at 1 are wanted")
        if array.ndim not in (1, 2):
            raise ValueError(f"waveform has shape {array.shape}; (samples,) or (channels, samples) is wanted")
        self._flat = array.ndim == 1
        self.channels: Samples = np.ascontiguousarray(np.atleast_2d(array), dtype=np.float32)

    def back(self, samples: Samples) -> Any:
        """(channels, samples) as what was handed over: an array or a tensor on its device, flat if that was."""
        result = samples[0] if self._flat and len(samples) == 1 else samples
        if self._device is None:
            return result
        import torch  # it is imported already: the caller has a tensor

        return torch.from_numpy(np.ascontiguousarray(result)).to(self._device)


def _is_tensor(waveform: Any) -> TypeGuard["torch.Tensor"]:
    """Without importing torch where nobody has."""
    return "torch" in sys.modules and isinstance(waveform, sys.modules["torch"].Tensor)
