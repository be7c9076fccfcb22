"""Pictures and sounds for a page that needs no other file: PNG spectrograms and FLAC audio as data URIs."""

import base64
import io
import struct
import zlib

import numpy as np
import numpy.typing as npt
import soundfile

from denoise_cli.audio.samples import Samples

N_FFT = 512
WIDTH, HEIGHT = 480, 128
RANGE_DB = 70.0
# Dark blue over red to light yellow, evenly spaced; brightness rises throughout, so that it reads in grey as well
COLOURS = ((8, 8, 24), (46, 16, 92), (122, 28, 109), (190, 55, 82), (237, 105, 37), (251, 180, 60), (252, 252, 190))
Levels = npt.NDArray[np.float64]


def flac_uri(waveform: Samples, sample_rate: int) -> str:
    """A recording as a 16-bit FLAC data URI. waveform: (channels, samples); samples beyond full scale are cut off."""
    stream = io.BytesIO()
    soundfile.write(stream, np.clip(waveform.T, -1.0, 1.0), sample_rate, format="FLAC", subtype="PCM_16")
    return _uri("audio/flac", stream.getvalue())


def spectrogram_levels(waveform: Samples) -> Levels:
    """Power of the first channel in dB, low frequencies first: (bands, columns) = (HEIGHT, WIDTH or less)."""
    signal = np.pad(waveform[0].astype(np.float64), (N_FFT // 2, N_FFT))
    hop = max(N_FFT // 4, signal.size // WIDTH)
    framed = np.lib.stride_tricks.sliding_window_view(signal, N_FFT)[::hop][:WIDTH]
    power = np.abs(np.fft.rfft(framed * np.hanning(N_FFT + 1)[:-1])) ** 2  # (columns, bins)
    grouped = power[:, 1:].reshape(len(power), HEIGHT, -1).mean(axis=2)
    return np.asarray(10.0 * np.log10(grouped.T + 1e-12))


def spectrogram_uri(levels: Levels, loudest_db: float) -> str:
    """A PNG data URI of `spectrogram_levels`, low frequencies at the bottom; black is RANGE_DB below loudest_db."""
    shade = np.clip((levels - loudest_db + RANGE_DB) / RANGE_DB, 0.0, 1.0)
    return _uri("image/png", _png(np.round(shade[::-1] * 255).astype(np.uint8)))


def _png(indices: npt.NDArray[np.uint8]) -> bytes:
    """A picture of palette indices, (rows, columns), as a PNG file. Source: PNG specification, ISO/IEC 15948."""
    height, width = indices.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), indices], axis=1)  # filter type 0 before each row
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", _palette()),
        (b"IDAT", zlib.compress(rows.tobytes(), 9)),
        (b"IEND", b""),
    )
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def _palette() -> bytes:
    positions = np.linspace(0, len(COLOURS) - 1, 256)
    channels = [np.interp(positions, np.arange(len(COLOURS)), np.array(COLOURS)[:, i]) for i in range(3)]
    return np.round(np.stack(channels, axis=1)).astype(np.uint8).tobytes()


def _uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
