"""Samples without a header, as they go through pipes between programs."""

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from denoise_cli.audio.raw_format import RawEncoding, RawFormat
from denoise_cli.audio.samples import Samples

_READ_SECONDS = 0.5  # at most that much at a time; less where less has arrived
_FULL_SCALE = 32_768


class ByteSource(Protocol):
    """A binary stream that can give what has arrived without waiting for more."""

    def read1(self, size: int, /) -> bytes: ...


def read_raw(stream: ByteSource, raw: RawFormat) -> Iterator[Samples]:
    """What arrives, as (channels, samples) with full scale at 1, without waiting for more; bytes of half a frame at
    the very end are dropped.
    """
    most = max(1, int(_READ_SECONDS * raw.sample_rate)) * raw.frame_bytes
    left_over = b""
    while content := stream.read1(most):
        content = left_over + content
        whole = len(content) // raw.frame_bytes * raw.frame_bytes
        left_over = content[whole:]
        if whole:
            yield _samples(content[:whole], raw)


def raw_bytes(samples: Samples, encoding: RawEncoding) -> bytes:
    """Interleave (channels, samples); in s16le what is beyond full scale is cut off, never wrapped around."""
    if encoding is RawEncoding.F32LE:
        return np.ascontiguousarray(samples.T, dtype="<f4").tobytes()
    scaled = np.clip(np.rint(samples.T * np.float32(_FULL_SCALE)), -_FULL_SCALE, _FULL_SCALE - 1)
    return np.ascontiguousarray(scaled, dtype="<i2").tobytes()


def _samples(content: bytes, raw: RawFormat) -> Samples:
    if raw.encoding is RawEncoding.S16LE:
        samples = np.frombuffer(content, "<i2").astype(np.float32) / np.float32(_FULL_SCALE)
    else:
        samples = np.frombuffer(content, "<f4").astype(np.float32)
    return np.ascontiguousarray(samples.reshape(-1, raw.channels).T)
