import io

import numpy as np
import pytest

from denoise_cli.audio.raw_format import RawEncoding, RawFormat
from denoise_cli.audio.raw_pcm import raw_bytes, read_raw


class Dripping:
    """Gives a few bytes at a time, as pipes do."""

    def __init__(self, content: bytes, size: int) -> None:
        self._stream = io.BytesIO(content)
        self._size = size

    def read1(self, size: int, /) -> bytes:
        return self._stream.read(min(size, self._size))


@pytest.mark.parametrize("encoding", RawEncoding)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_samples_survive_whatever_pieces_they_come_in(encoding: RawEncoding, size: int) -> None:
    values = np.random.default_rng(0).integers(-32_768, 32_768, (3, 50)).astype(np.float32) / 32_768
    content = raw_bytes(values, encoding)
    raw = RawFormat(encoding, 16_000, 3)
    assert len(content) == 50 * raw.frame_bytes
    blocks = list(read_raw(Dripping(content + b"x", size), raw))
    np.testing.assert_array_equal(np.concatenate(blocks, axis=1), values)


def test_bytes_are_little_endian_and_interleaved() -> None:
    samples = np.asarray([[0.5, 0], [-1, 1 / 32_768]], np.float32)
    assert raw_bytes(samples, RawEncoding.S16LE) == b"\x00\x40\x00\x80\x00\x00\x01\x00"


def test_what_is_beyond_full_scale_is_cut_off_and_never_wraps() -> None:
    loud = np.asarray([[1.0, 1.7, -1.7]], np.float32)
    assert np.frombuffer(raw_bytes(loud, RawEncoding.S16LE), "<i2").tolist() == [32_767, 32_767, -32_768]
    assert np.frombuffer(raw_bytes(loud, RawEncoding.F32LE), "<f4").tolist() == loud[0].tolist()
