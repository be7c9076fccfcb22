from pathlib import Path

import numpy as np
import pytest

from denoise_cli.audio.samples import Samples
from denoise_cli.inference import clipping
from denoise_cli.inference.clipping import Room, Written, write_within_scale
from denoise_cli.inference.options import ClipRule


class Heap:
    def __init__(self) -> None:
        self.blocks: list[Samples] = []

    def write(self, block: Samples) -> None:
        self.blocks.append(np.array(block))


def written(
    waveform: Samples, rule: ClipRule, bounded: bool, folder: Path, piece: int = 1000
) -> tuple[Samples, Written]:
    heap = Heap()
    pieces = (waveform[:, start : start + piece] for start in range(0, waveform.shape[1], piece))
    result = write_within_scale(pieces, heap, Room(len(waveform), bounded, folder), rule)
    return np.concatenate(heap.blocks, axis=1), result


def loud(peak: float) -> Samples:
    waveform = 0.5 * np.random.default_rng(0).uniform(-1, 1, (3, 9_500)).astype(np.float32)
    waveform[1, 9_000] = -peak
    return waveform


@pytest.mark.parametrize("in_memory", [8 * 2**20, 1000])
def test_one_gain_for_the_whole_file_where_it_would_clip(
    tmp_path: Path, in_memory: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clipping, "_IN_MEMORY", in_memory)
    waveform = loud(1.6)
    output, result = written(waveform, ClipRule.SCALE, True, tmp_path)
    np.testing.assert_allclose(output, waveform / 1.6, rtol=0, atol=1e-7)
    assert result == Written(9_500, pytest.approx(1.6), pytest.approx(1 / 1.6), 0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("rule", list(ClipRule))
@pytest.mark.parametrize("bounded", [True, False])
def test_what_fits_is_not_touched(tmp_path: Path, rule: ClipRule, bounded: bool) -> None:
    waveform = loud(1.0)
    output, result = written(waveform, rule, bounded, tmp_path)
    np.testing.assert_array_equal(output, waveform)
    assert result == Written(9_500, 1.0)


def test_float_files_are_scaled_by_nobody(tmp_path: Path) -> None:
    output, result = written(loud(3.0), ClipRule.SCALE, False, tmp_path)
    np.testing.assert_array_equal(output, loud(3.0))
    assert result.gain == 1 and result.peak == 3


@pytest.mark.parametrize("bounded", [True, False])
def test_clamping_cuts_and_counts(tmp_path: Path, bounded: bool) -> None:
    output, result = written(loud(1.6), ClipRule.CLAMP, bounded, tmp_path)
    np.testing.assert_array_equal(output, np.clip(loud(1.6), -1, 1))
    assert result.clamped == 1


def test_none_leaves_it_to_the_file(tmp_path: Path) -> None:
    output, result = written(loud(1.6), ClipRule.NONE, True, tmp_path)
    np.testing.assert_array_equal(output, loud(1.6))
    assert result.gain == 1


@pytest.mark.parametrize(("rule", "gain"), [(ClipRule.SCALE, 0.5), (ClipRule.CLAMP, 1.0)])
def test_channels_that_are_not_judged_share_the_gain_only(tmp_path: Path, rule: ClipRule, gain: float) -> None:
    heap = Heap()
    waveform = np.asarray([[0.5, 2.0], [0.1, 4.0]], np.float32)
    write_within_scale(iter([waveform]), heap, Room(2, True, tmp_path, judged=1), rule)
    np.testing.assert_array_equal(heap.blocks[0][1], gain * waveform[1])
    assert np.abs(heap.blocks[0][0]).max() == 1
