"""The losses by name, as a stage's config weighs them."""

from collections.abc import Callable, Mapping

from torch import Tensor

from denoise_cli.errors import UsageConflict
from denoise_cli.losses.bark_loudness import BarkLoudnessLoss
from denoise_cli.losses.compressed_spectrum import compressed_spectrum_loss
from denoise_cli.losses.intelligibility import StoiLoss
from denoise_cli.losses.log_spectrogram import log_spectrogram_loss
from denoise_cli.losses.over_suppression import over_suppression_loss
from denoise_cli.losses.pesq_disturbance import PesqDisturbanceLoss
from denoise_cli.losses.waveform import l1_loss, si_sdr_loss, snr_loss
from denoise_cli.losses.whisper_features import WhisperFeaturesLoss

Loss = Callable[[Tensor, Tensor], Tensor]  # estimate and target, (batch, samples) -> a scalar

LOSSES: Mapping[str, Callable[[], Loss]] = {
    "l1": lambda: l1_loss,
    "log_spectrogram": lambda: log_spectrogram_loss,
    "compressed_spectrum": lambda: compressed_spectrum_loss,
    "over_suppression": lambda: over_suppression_loss,
    "si_sdr": lambda: si_sdr_loss,
    "snr": lambda: snr_loss,
    "bark_loudness": BarkLoudnessLoss,
    "pesq_disturbance": PesqDisturbanceLoss,
    "stoi": StoiLoss,
    "whisper_features": WhisperFeaturesLoss,
}


def make_losses(weights: Mapping[str, float]) -> dict[str, Loss]:
    """The losses that a stage weighs above zero.

    Raises UsageConflict for a name that does not exist.
    """
    for name in weights:
        if name not in LOSSES:
            raise UsageConflict(f"losses: unknown name {name}; there are {', '.join(LOSSES)}")
    return {name: LOSSES[name]() for name, weight in weights.items() if weight > 0}
