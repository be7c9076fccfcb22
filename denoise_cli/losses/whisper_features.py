"""Distance of what the encoder of a speech recogniser, Whisper, makes of estimate and target.

Errors of the spectrum count alike wherever they are; a recogniser's features say which of them change what was said.
Its weights are not part of this package: the environment variable HIFIDENOISE_WHISPER names the folder of a CTranslate2
Whisper model in half precision, as faster-whisper downloads it and as `benchmark --word-error whisper:FOLDER` takes it.
"""

import os
from pathlib import Path

import torch
from torch import Tensor, nn

from denoise_cli.errors import ModelUnavailable
from denoise_cli.losses.whisper_encoder import WhisperEncoder

FOLDER_VARIABLE = "HIFIDENOISE_WHISPER"


class WhisperFeaturesLoss(nn.Module):
    """forward(estimate, target): (batch, samples) at 16 kHz twice -> a scalar, 0 for equal signals; at most 30 s.

    The squared difference of what each of the encoder's first layers says, over the variance of what it says of the
    target; the mean over layers. Noisy speech of 0 to 15 dB has about 0.2, enhanced speech 0.1.

    Source: features of a recogniser as a loss for enhancement, Hsieh et al. 2021, "Improving Perceptual Quality by
    Phone-Fortified Perceptual Loss"; the distance is ours.
    Raises ModelUnavailable when HIFIDENOISE_WHISPER names no such model.
    """

    def __init__(self) -> None:
        super().__init__()
        self.encoder = WhisperEncoder(_folder())

    def forward(self, estimate: Tensor, target: Tensor) -> Tensor:
        with torch.autocast(estimate.device.type, dtype=torch.bfloat16):
            with torch.no_grad():
                wanted = list(self.encoder(target))
            pairs = zip(self.encoder(estimate), wanted, strict=True)
            distances = [
                (ours.float() - theirs.float()).square().mean() / theirs.float().var() for ours, theirs in pairs
            ]
        return torch.stack(distances).mean()


def _folder() -> Path:
    folder = os.environ.get(FOLDER_VARIABLE)
    if not folder:
        raise ModelUnavailable(
            f"the loss whisper_features needs a Whisper model: set {FOLDER_VARIABLE} to a folder of CTranslate2 weights"
        )
    return Path(folder)
