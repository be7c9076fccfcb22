from pathlib import Path

import numpy as np
import pytest
import soundfile

from denoise_cli.audio.whole_file import read_whole
from denoise_cli.errors import UnreadableAudio


def test_all_blocks_are_joined(tmp_path: Path) -> None:
    samples = np.random.default_rng(0).uniform(-1, 1, (20_001, 2)).astype(np.float32)
    soundfile.write(str(tmp_path / "a.wav"), samples, 8_000, subtype="FLOAT")
    read, sample_rate = read_whole(tmp_path / "a.wav")
    np.testing.assert_array_equal(read, samples.T)
    assert sample_rate == 8_000


def test_no_samples_give_an_empty_array_with_its_channels(tmp_path: Path) -> None:
    soundfile.write(str(tmp_path / "a.wav"), np.zeros((0, 3)), 8_000)
    assert read_whole(tmp_path / "a.wav")[0].shape == (3, 0)


def test_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("text")
    with pytest.raises(UnreadableAudio, match="a.wav"):
        read_whole(tmp_path / "a.wav")
