"""How samples without a header are to be read; for flags, so without numpy."""

from dataclasses import dataclass
from enum import Enum


class RawEncoding(str, Enum):
    """Little-endian samples, by ffmpeg's names."""

    S16LE = "s16le"
    F32LE = "f32le"


@dataclass(frozen=True)
class RawFormat:
    """What nothing in the samples says. sample_rate: in Hz; channels: interleaved."""

    encoding: RawEncoding
    sample_rate: int
    channels: int

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample of all channels."""
        return self.channels * (2 if self.encoding is RawEncoding.S16LE else 4)
