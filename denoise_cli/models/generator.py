"""The generator: WaveNet, then PostNet, on samples (the paper) or behind an STFT front end (compact)."""

from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from denoise_cli.audio.stft import ShortTimeFourier
from denoise_cli.config import FrontEndConfig, GeneratorConfig
from denoise_cli.config_io import to_mapping
from denoise_cli.models.front_end import Decoder, Encoder, compress, filter_frames
from denoise_cli.models.full_band import bands_to_channels, channels_to_bands
from denoise_cli.models.high_pass import HighPass
from denoise_cli.models.pause_filter import REACH, pause_filter
from denoise_cli.models.post_filter import post_filter
from denoise_cli.models.postnet import PostNet
from denoise_cli.models.wavenet import WaveNet

# Compressed magnitudes of speech at -25 dBFS reach about 3, and the last tanh must be linear there: what it takes from
# a peak, the expansion makes 1 / compression times as much. At 0.25 the PostNet's start was 15 dB from the identity,
# and two runs did not learn that back; at 0.05 it is 40 dB.
POSTNET_SCALE = 0.05


class Estimates(NamedTuple):
    """What the WaveNet says (y1) and what the PostNet makes of it (y2; y1 itself while there is no PostNet)."""

    y1: Tensor
    y2: Tensor


class Generator(nn.Module):
    """(batch, samples) -> Estimates of (batch, samples), aligned with the input.

    The input is expected at an RMS of about -25 dBFS over its active parts; `inference.level` sees to it.
    The post-filter and the pause filter work in evaluation mode alone. `use_postnet` is False in stage 1 and for models
    that stop there.
    """

    def __init__(self, config: GeneratorConfig, use_postnet: bool = True) -> None:
        super().__init__()
        self.config = config
        self.use_postnet = use_postnet
        if config.front_end is None:
            self.core: SampleDomain | SpectralDomain = SampleDomain(config)
        else:
            self.core = SpectralDomain(config)

    @classmethod
    def from_pretrained(
        cls, pretrained_model_name_or_path: str, *, revision: str | None = None, local_files_only: bool = False
    ) -> "Generator":
        """A bundled model, a model folder, or a model of the Hub, in evaluation mode; arguments as the Hub's mixin has.

        Raises ModelUnavailable, see `models.finding.read_model` and `models.loading.load_generator`.
        """
        from denoise_cli.models.finding import read_model
        from denoise_cli.models.loading import load_generator

        name = pretrained_model_name_or_path if revision is None else f"{pretrained_model_name_or_path}@{revision}"
        return load_generator(read_model(name, offline=local_files_only))

    def save_pretrained(self, save_directory: str | Path) -> None:
        """Write config.json and model.safetensors, which `from_pretrained` reads, into a folder, made if need be."""
        from denoise_cli.models.loading import save_weights
        from denoise_cli.models.model_folder import write_config

        folder = Path(save_directory)
        folder.mkdir(parents=True, exist_ok=True)
        save_weights(self.state_dict(), folder / "model.safetensors")
        write_config(folder, to_mapping(self.config), self.use_postnet, {})

    @property
    def sample_rate(self) -> int:
        return self.config.sample_rate

    @property
    def hop(self) -> int:
        """Chunks must start at multiples of this many samples."""
        return self.core.hop

    @property
    def context(self) -> tuple[int, int]:
        """Samples to the left and right that an output sample depends on, rounded up to whole hops."""
        return self.core.context(self.use_postnet)

    def forward(self, waveform: Tensor) -> Estimates:
        estimates: Estimates = self.core(waveform, self.use_postnet)
        return estimates

    def enhance(self, waveform: Tensor) -> Tensor:
        """(batch, samples) -> (batch, samples): the final estimate alone, as exported and run by `enhance`."""
        estimates: Estimates = self(waveform)
        return estimates.y2

    def wavenet_parameters(self) -> list[nn.Parameter]:
        """All but the PostNet's: the WaveNet and, where there is one, its front end."""
        postnet = {id(parameter) for parameter in self.core.postnet.parameters()}
        return [parameter for parameter in self.parameters() if id(parameter) not in postnet]

    def postnet_parameters(self) -> list[nn.Parameter]:
        return list(self.core.postnet.parameters())


class SampleDomain(nn.Module):
    """The paper's generator: both networks on the samples."""

    hop = 1

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.wavenet = WaveNet(config.wavenet, 1, 1)
        self.postnet = PostNet(config.postnet, 1)

    def context(self, use_postnet: bool) -> tuple[int, int]:
        left, right = self.postnet.reach if use_postnet else (0, 0)
        return self.wavenet.reach + left, self.wavenet.reach + right

    def forward(self, waveform: Tensor, use_postnet: bool) -> Estimates:
        y1 = self.wavenet(waveform[:, None, :, None])
        y2 = self.postnet(y1) if use_postnet else y1
        return Estimates(y1[:, 0, :, 0], y2[:, 0, :, 0])


class SpectralDomain(nn.Module):
    """The WaveNet on sub-bands (or on one flat sequence) of an STFT; the PostNet on the compressed spectrum."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        front_end = config.front_end
        if front_end is None:
            raise ValueError("SpectralDomain needs a front end")
        self.exponent = front_end.compression
        self.post_filter = front_end.post_filter
        self.pause_filter = front_end.pause_filter
        self.high_pass = _high_pass(front_end, config.sample_rate)
        self.fourier = ShortTimeFourier(front_end.n_fft, front_end.hop_length)
        self.encoder = Encoder(front_end)
        self.decoder = Decoder(front_end, front_end.n_fft // 2 + 1)
        reach = front_end.time_kernel // 2 + self.decoder.reach
        self.front_end_reach = max(reach, front_end.filter_frames // 2)  # frames
        bands = self.decoder.bands[-1]
        self.flat_bands = bands if front_end.flatten else 0
        width = front_end.channels[-1] * max(self.flat_bands, 1)
        self.wavenet = WaveNet(config.wavenet, width, width, 1 if front_end.flatten else bands)
        self.postnet = PostNet(config.postnet, 2)

    @property
    def hop(self) -> int:
        return self.fourier.hop_length

    def context(self, use_postnet: bool) -> tuple[int, int]:
        left, right = self.postnet.reach if use_postnet else (0, 0)
        # A frame reaches one hop to each side, in the analysis and again in the synthesis.
        around = self.wavenet.reach + self.front_end_reach + 2 + (REACH if self.pause_filter else 0)
        if self.high_pass is not None:
            around += -(-self.high_pass.context // self.hop)
        return (around + left) * self.hop, (around + right) * self.hop

    def forward(self, waveform: Tensor, use_postnet: bool) -> Estimates:
        samples = waveform.shape[-1]
        if self.high_pass is not None:
            waveform = self.high_pass(waveform)
        spectrum = self.fourier(waveform)
        planes = torch.cat(compress(spectrum, self.exponent), dim=1)
        levels = self.encoder(planes)
        weights = self.decoder(self._run_wavenet(levels[-1]), levels)
        estimate = filter_frames(weights, spectrum)
        if not self.training:  # losses would teach the decoder to undo them
            estimate = self._filtered(estimate, spectrum)
        y1 = self.fourier.inverse(estimate, samples)
        y2 = self.fourier.inverse(self._refine(estimate), samples) if use_postnet else y1
        return Estimates(y1, y2)

    def _filtered(self, estimate: Tensor, spectrum: Tensor) -> Tensor:
        if self.post_filter:
            estimate = post_filter(estimate, spectrum, self.post_filter)
        if self.pause_filter:
            estimate = pause_filter(estimate, spectrum, self.pause_filter)
        return estimate

    def _run_wavenet(self, features: Tensor) -> Tensor:
        if self.flat_bands:
            return channels_to_bands(self.wavenet(bands_to_channels(features)), self.flat_bands)
        output: Tensor = self.wavenet(features)
        return output

    def _refine(self, estimate: Tensor) -> Tensor:
        """PostNet on the compressed spectrum; its output is expanded again."""
        compressed, _ = compress(estimate, self.exponent)
        refined = self.postnet(POSTNET_SCALE * compressed) / POSTNET_SCALE
        power = (refined * refined).sum(dim=1, keepdim=True).clamp(min=1e-12)
        expanded: Tensor = refined * power ** ((1 / self.exponent - 1) / 2)
        return expanded


def _high_pass(front_end: FrontEndConfig, sample_rate: int) -> HighPass | None:
    if not front_end.high_pass_hz:
        return None
    return HighPass(front_end.high_pass_hz, sample_rate, front_end.hop_length)
