"""What a user can ask of an enhancement, whichever way it is run."""

from dataclasses import dataclass
from enum import Enum

from denoise_cli.audio.output_format import OutputFormat
from denoise_cli.errors import UsageConflict


class HighBandRule(str, Enum):
    """What becomes of the band that the model cannot hear."""

    FOLLOW = "follow"  # goes down as the model takes the octave below it down
    KEEP = "keep"
    DROP = "drop"


class ClipRule(str, Enum):
    """What becomes of samples beyond full scale where the file cannot hold them."""

    SCALE = "scale"  # one gain for the whole file, told to the user
    CLAMP = "clamp"  # cut off, told to the user
    NONE = "none"  # left to the file's encoding


class ChannelRule(str, Enum):
    """Which channels are enhanced; a number in its place is that channel alone, counted from 1."""

    KEEP = "keep"  # all, each for itself
    MONO = "mono"  # their mean, which is all that comes out
    MID = "mid"  # their mean; what they differ in stays as it is


class EngineName(str, Enum):
    """What runs the model."""

    AUTO = "auto"
    ONNX = "onnx"
    TORCH = "torch"


class ClusterName(str, Enum):
    """Which machines do the work."""

    NONE = "none"  # this one
    RAY = "ray"


class Precision(str, Enum):
    """Numbers that torch computes convolutions in; the transforms around them stay in float32."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    FLOAT16 = "float16"


@dataclass(frozen=True)
class EnhanceOptions:
    """Defaults change nothing but noise and reverberation.

    mix: 0 gives the input, 1 the enhanced. attenuation_limit_db: nothing goes down by more; None: no limit.
    chunk_seconds: what is run through the model at a time; None: chosen by the model's reach. written: how files are.
    channels: see ChannelRule. loudness_lufs: files are brought to it, as BS.1770 measures; None: no file is.
    measures_loudness: whether it is measured, before and after, where no file is brought to one.
    cycle_spins: grids of frames that the mean is taken over, see `inference.cycle_spinning`.
    """

    high_band: HighBandRule = HighBandRule.FOLLOW
    clip: ClipRule = ClipRule.SCALE
    mix: float = 1.0
    attenuation_limit_db: float | None = None
    chunk_seconds: float | None = None
    written: OutputFormat = OutputFormat()
    channels: ChannelRule | int = ChannelRule.KEEP
    loudness_lufs: float | None = None
    measures_loudness: bool = False
    cycle_spins: int = 1


def parse_channels(text: str) -> ChannelRule | int:
    """ "keep", "mono", "mid" or a number from 1 on. Raises UsageConflict for anything else."""
    if text in [rule.value for rule in ChannelRule]:
        return ChannelRule(text)
    if text.isdecimal() and int(text) > 0:
        return int(text)
    raise UsageConflict(f"--channels {text}: there are keep, mono, mid, or the number of a channel from 1 on")
