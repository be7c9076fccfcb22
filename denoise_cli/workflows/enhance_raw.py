"""Raw samples from standard input to standard output, as they arrive."""

import sys
import time
from collections.abc import Callable
from typing import cast

import numpy as np

from denoise_cli.audio.raw_format import RawEncoding, RawFormat
from denoise_cli.audio.raw_pcm import ByteSource, raw_bytes, read_raw
from denoise_cli.audio.samples import Samples, counted_channels
from denoise_cli.errors import DenoiseError
from denoise_cli.inference.engine import Engine
from denoise_cli.inference.enhance_file import Enhanced
from denoise_cli.inference.live import LiveStream
from denoise_cli.inference.options import EnhanceOptions
from denoise_cli.workflows.enhance_files import BatchListener, Outcome, Report
from denoise_cli.workflows.plan_jobs import STANDARD_JOB


def enhance_raw(
    raw: RawFormat, load_engine: Callable[[], Engine], options: EnhanceOptions, listener: BatchListener | None = None
) -> Report:
    """Enhance standard input until it ends; samples of the same format go to standard output as soon as they can.

    The clipping rule can only be to cut off, in s16le, as there is no whole whose peak could be known.
    What goes wrong with the sound is in the outcome. Raises what load_engine raises, BrokenPipeError.
    """
    hears = listener or BatchListener()
    started = time.perf_counter()
    stream = LiveStream(load_engine(), raw.sample_rate, raw.channels, options)
    hears.notes(
        f"standard input: {raw.encoding.value}, {raw.sample_rate} Hz, {counted_channels(raw.channels)}; "
        f"comes out {stream.delay_seconds:.2f} s after it went in, besides the time it takes to compute"
    )
    sink = _RawOutput(raw)
    try:
        for block in read_raw(cast(ByteSource, sys.stdin.buffer), raw):
            sink.write(stream.push(block))
            hears.advances(block.shape[1] / raw.sample_rate)
        sink.write(stream.flush())
        wall = time.perf_counter() - started
        outcome = Outcome(STANDARD_JOB, Enhanced(sink.frames / raw.sample_rate, wall, sink.peak))
    except DenoiseError as error:
        outcome = Outcome(STANDARD_JOB, error=error)
    if sink.clipped:
        hears.notes(f"standard output: {sink.clipped} samples beyond full scale were cut off; f32le holds them")
    hears.ends(outcome)
    return Report((outcome,), time.perf_counter() - started)


class _RawOutput:
    def __init__(self, raw: RawFormat) -> None:
        self._encoding = raw.encoding
        self.frames = 0
        self.peak = 0.0
        self.clipped = 0

    def write(self, samples: Samples) -> None:
        if not samples.shape[1]:
            return
        self.frames += samples.shape[1]
        self.peak = max(self.peak, float(np.abs(samples).max()))
        if self._encoding is RawEncoding.S16LE:
            self.clipped += int(np.count_nonzero(np.abs(samples) > 1))
        sys.stdout.buffer.write(raw_bytes(samples, self._encoding))
        sys.stdout.buffer.flush()
