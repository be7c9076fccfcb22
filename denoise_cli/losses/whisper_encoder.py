"""The encoder of Whisper, a speech recogniser, in torch: its first layers, without the silence that it pads with.

Source: Radford et al. 2022, "Robust Speech Recognition via Large-Scale Weak Supervision", section 2.2.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from denoise_cli.audio.mel import triangles
from denoise_cli.errors import ModelUnavailable
from denoise_cli.losses.ctranslate2_weights import read_half_precision

LAYERS = 3  # those behind cost as much and are further from the sound
SAMPLE_RATE = 16_000
N_FFT = 400
HOP_LENGTH = 160
BANDS = 80
HEAD_WIDTH = 64  # of all sizes of Whisper
DYNAMIC_RANGE = 8.0  # in decades of power


class WhisperEncoder(nn.Module):
    """(batch, samples) at 16 kHz -> the output of each of the first LAYERS layers, (batch, frames of 20 ms, width).

    folder holds a CTranslate2 model in half precision; its weights get no gradient. At most 30 s.
    Raises ModelUnavailable for a folder without such a model.
    """

    window: Tensor
    mel: Tensor

    def __init__(self, folder: Path) -> None:
        super().__init__()
        arrays = read_half_precision(folder / "model.bin", "encoder/")
        if not {"conv1/weight", f"layer_{LAYERS - 1}/ffn/linear_1/weight"} <= arrays.keys():
            raise ModelUnavailable(f"{folder}: not a Whisper model in half precision")
        self.weights = nn.ParameterDict(
            {name: nn.Parameter(torch.from_numpy(value), requires_grad=False) for name, value in arrays.items()}
        )
        self.register_buffer("window", torch.hann_window(N_FFT), persistent=False)
        self.register_buffer("mel", _mel_bands(), persistent=False)

    def forward(self, waveform: Tensor) -> Iterator[Tensor]:
        hidden = self._convolved(self.log_mel(waveform), "conv1", stride=1)
        hidden = self._convolved(hidden, "conv2", stride=2).transpose(1, 2)
        hidden = hidden + self.weights["position_encodings/encodings"][: hidden.shape[1]]
        for number in range(LAYERS):
            hidden = hidden + self._attention(hidden, f"layer_{number}/self_attention/")
            hidden = hidden + self._feed_forward(hidden, f"layer_{number}/ffn/")
            yield hidden

    def log_mel(self, waveform: Tensor) -> Tensor:
        """(batch, samples) -> (batch, 80, frames of 10 ms): what Whisper hears."""
        with torch.autocast(waveform.device.type, enabled=False):
            spectrum = torch.stft(waveform.float(), N_FFT, HOP_LENGTH, window=self.window, return_complex=True)
            power = (spectrum.real.square() + spectrum.imag.square())[..., :-1]
            decades = (self.mel @ power).clamp(min=1e-10).log10()
            loudest = decades.detach().amax(dim=(1, 2), keepdim=True)
            return (torch.maximum(decades, loudest - DYNAMIC_RANGE) + 4) / 4

    def _convolved(self, hidden: Tensor, name: str, stride: int) -> Tensor:
        weight, bias = self.weights[f"{name}/weight"], self.weights[f"{name}/bias"]
        return functional.gelu(functional.conv1d(hidden, weight, bias, stride=stride, padding=1))

    def _attention(self, hidden: Tensor, name: str) -> Tensor:
        batch, frames, width = hidden.shape
        joint = self._linear(self._normalised(hidden, name), f"{name}linear_0")
        heads = joint.view(batch, frames, 3, width // HEAD_WIDTH, HEAD_WIDTH).permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(heads[0], heads[1], heads[2])
        return self._linear(attended.transpose(1, 2).reshape(batch, frames, width), f"{name}linear_1")

    def _feed_forward(self, hidden: Tensor, name: str) -> Tensor:
        wide = functional.gelu(self._linear(self._normalised(hidden, name), f"{name}linear_0"))
        return self._linear(wide, f"{name}linear_1")

    def _normalised(self, hidden: Tensor, name: str) -> Tensor:
        gamma, beta = self.weights[f"{name}layer_norm/gamma"], self.weights[f"{name}layer_norm/beta"]
        return functional.layer_norm(hidden, gamma.shape, gamma, beta)

    def _linear(self, hidden: Tensor, name: str) -> Tensor:
        return functional.linear(hidden, self.weights[f"{name}/weight"], self.weights[f"{name}/bias"])


def _mel_bands() -> Tensor:
    """(80, 201): triangles of equal area, linear below 1 kHz and logarithmic above (Slaney 1998)."""
    mel = np.linspace(0, 15 + 27 * np.log(8.0) / np.log(6.4), BANDS + 2)
    corners = np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * np.log(6.4) / 27))
    width = (corners[2:] - corners[:-2])[:, None]
    return torch.from_numpy(2 / width * triangles(corners, N_FFT, SAMPLE_RATE)).float()
