"""What a run writes down."""

import json
from pathlib import Path

import pytest
import torch

from denoise_cli.training.logbook import Logbook, spectrogram_picture


def test_lines_go_to_the_file_and_to_who_listens(tmp_path: Path) -> None:
    lines: list[str] = []
    logbook = Logbook(tmp_path, lines.append)
    logbook.write("train", 20, {"total": 1.23456789})
    logbook.close()
    assert (tmp_path / "log.jsonl").read_text().splitlines() == lines
    assert json.loads(lines[0]) == {"kind": "train", "step": 20, "total": 1.23457}


def test_a_tone_is_a_line_at_its_height_in_the_picture() -> None:
    tone = torch.sin(2 * torch.pi * 2_000 * torch.arange(16_000) / 16_000)
    picture = spectrogram_picture(tone)
    assert picture.shape == (1, 257, 63)
    middle = picture[0, :, 30]
    assert int(middle.argmax()) == 256 - 64  # 2 kHz is bin 64, counted from the bottom
    assert float(middle.max()) == pytest.approx(1.0, abs=0.01)
    assert float(spectrogram_picture(torch.zeros(16_000)).max()) == 0.0


def test_tensorboard_gets_values_sounds_and_pictures(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    logbook = Logbook(tmp_path)
    logbook.write("train", 3, {"gradient_norm": 0.5, "learning_rate": 1e-3})
    logbook.write_sound(3, "dev_0/noisy", 0.1 * torch.ones(4_000), 16_000)
    logbook.close()
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload().Tags()
    assert {"train/gradient_norm", "train/learning_rate"} <= set(events["scalars"])
    assert events["audio"] == ["dev_0/noisy"] and events["images"] == ["dev_0/noisy/spectrogram"]
