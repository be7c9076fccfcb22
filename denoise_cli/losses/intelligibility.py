"""Short-time objective intelligibility (STOI: Taal et al. 2011), differentiable: what 1 minus the score is.

Where PESQ forgives the loss of weak consonants, this correlation of envelopes does not: each band counts alike, and
each moment of speech. As in the metric, frames where the target is silent are left out. It runs at 16 kHz, the metric
at 10.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

SAMPLE_RATE = 16_000
WINDOW = 410  # 25.6 ms, as 256 samples at the metric's 10 kHz
HOP_LENGTH = 205
N_FFT = 1024
BANDS = 15  # third octaves ...
LOWEST_HZ = 150.0  # ... the centre of the first
SEGMENT_FRAMES = 30  # 384 ms
SEGMENT_HOP = 5  # the metric has 1; neighbours say nearly the same
CLIPPING = 1 + 10 ** (15 / 20)  # an envelope exceeds the target's by a signal-to-distortion ratio of -15 dB at most
SILENT_DB = 40.0  # below the loudest frame
EPSILON = 1e-8


class StoiLoss(nn.Module):
    """forward(estimate, target): (batch, samples) at 16 kHz twice -> a scalar, 0 for equal signals, about 1 for noise.

    Items whose target is silent or shorter than a segment (0.4 s) count as zero.
    """

    window: Tensor
    bands: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("window", torch.hann_window(WINDOW))
        self.register_buffer("bands", _third_octaves())

    def forward(self, estimate: Tensor, target: Tensor) -> Tensor:
        if target.shape[-1] < N_FFT:
            return (0 * estimate).sum()
        distances = [
            self._distance(ours[:, speaks], theirs[:, speaks])
            for ours, theirs, speaks in zip(
                self._envelopes(estimate), self._envelopes(target), _speaks(target, self.window), strict=True
            )
        ]
        return torch.stack(distances).mean()

    def _envelopes(self, waveform: Tensor) -> Tensor:
        """(batch, bands, frames): magnitudes of third octaves."""
        spectrum = torch.view_as_real(
            torch.stft(waveform, N_FFT, HOP_LENGTH, WINDOW, self.window, center=False, return_complex=True)
        )
        power = self.bands @ spectrum.square().sum(dim=-1)
        return (power + EPSILON).sqrt()  # no root at zero, where its slope is infinite

    def _distance(self, ours: Tensor, theirs: Tensor) -> Tensor:
        """(bands, frames) of one item twice -> a scalar: 1 minus the correlation, the mean of segments and bands."""
        if theirs.shape[-1] < SEGMENT_FRAMES:
            return (0 * ours).sum()
        ours = ours.unfold(-1, SEGMENT_FRAMES, SEGMENT_HOP)  # (bands, segments, frames of a segment)
        theirs = theirs.unfold(-1, SEGMENT_FRAMES, SEGMENT_HOP)
        # each band of a segment comes to the target's energy, then is clipped: equation 3
        gain = theirs.norm(dim=-1, keepdim=True) / (ours.norm(dim=-1, keepdim=True) + EPSILON)
        clipped = torch.minimum(ours * gain, theirs * CLIPPING)
        return 1 - (_standardised(clipped) * _standardised(theirs)).sum(dim=-1).mean()


def _speaks(target: Tensor, window: Tensor) -> Tensor:
    """(batch, frames): whether a frame is within SILENT_DB of its item's loudest; nowhere in a silent item."""
    edge = (N_FFT - WINDOW) // 2  # the window lies in the middle of a frame
    frames = target[:, edge : target.shape[-1] - edge].unfold(-1, WINDOW, HOP_LENGTH)
    power = (frames * window).square().mean(dim=-1)
    return (power > 10 ** (-SILENT_DB / 10) * power.amax(dim=-1, keepdim=True)) & (power > EPSILON)


def _standardised(envelopes: Tensor) -> Tensor:
    """Mean removed and length 1, over the frames of each segment."""
    centred = envelopes - envelopes.mean(dim=-1, keepdim=True)
    return functional.normalize(centred, dim=-1, eps=1e-4)


def _third_octaves() -> Tensor:
    """(bands, bins): 1 where a bin of the STFT lies in a band."""
    centres = LOWEST_HZ * 2 ** (torch.arange(BANDS) / 3)
    bins = torch.arange(N_FFT // 2 + 1) * SAMPLE_RATE / N_FFT
    above = bins >= centres[:, None] * 2 ** (-1 / 6)
    below = bins < centres[:, None] * 2 ** (1 / 6)
    return (above & below).float()
