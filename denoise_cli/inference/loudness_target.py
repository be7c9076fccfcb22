"""A recording brought to a loudness, by one gain for all of it."""

import math
from collections.abc import Iterable

from denoise_cli.audio.loudness import LoudnessMeter, TruePeakMeter
from denoise_cli.audio.samples import Samples
from denoise_cli.inference.clipping import Room, Sink, Spool, Written, peak_of, write_within_scale
from denoise_cli.inference.options import ClipRule

HIGHEST_PEAK_DB = -1.0  # dBTP


def write_at_loudness(
    pieces: Iterable[Samples], sink: Sink, room: Room, rule: ClipRule, sample_rate: int, target_lufs: float
) -> Written:
    """Write all pieces, (channels, samples) each, at a loudness, or as near as a true peak of -1 dBTP allows.

    What has no loudness is written by the clipping rule. Constant memory but for ten numbers a second.
    Raises OSError when the recording does not fit where it has to wait.
    """
    judged = room.channels if room.judged is None else room.judged
    loudness, true_peak = LoudnessMeter(sample_rate, judged), TruePeakMeter(sample_rate, judged)
    frames, peak = 0, 0.0
    with Spool(room) as waiting:
        for piece in pieces:
            frames += piece.shape[1]
            heard = piece[:judged]
            peak = max(peak, peak_of(heard))
            loudness.push(heard)
            true_peak.push(heard)
            waiting.write(piece)
        found = loudness.integrated()
        if found is None:
            return write_within_scale(waiting.blocks(), sink, room, rule)
        gain = min(10 ** ((target_lufs - found) / 20), 10 ** (HIGHEST_PEAK_DB / 20) / true_peak.peak())
        for block in waiting.blocks(gain):
            sink.write(block)
    return Written(frames, peak, gain, lufs=found + 20 * math.log10(gain))
