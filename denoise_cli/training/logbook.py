"""Writes what happens in a run: log.jsonl always, TensorBoard where it is installed, and lines to who wants them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import Tensor

from denoise_cli.losses.log_spectrogram import magnitude_spectrogram

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

PICTURE_FFT, PICTURE_HOP = 512, 256


class Logbook:
    """Appends to the run's log; a resumed run goes on in the same files. on_line gets what log.jsonl gets."""

    def __init__(self, folder: Path, on_line: Callable[[str], None] | None = None) -> None:
        self.on_line = on_line
        self.file = (folder / "log.jsonl").open("a", encoding="utf-8")
        self.board = _open_board(folder / "tensorboard")

    def write(self, kind: str, step: int, values: dict[str, float]) -> None:
        rounded = {name: float(f"{value:.6g}") for name, value in values.items()}
        line = json.dumps({"kind": kind, "step": step, **rounded})
        self.file.write(line + "\n")
        self.file.flush()
        if self.on_line is not None:
            self.on_line(line)
        if self.board is not None:
            for name, value in values.items():
                self.board.add_scalar(f"{kind}/{name}", value, step)

    def write_sound(self, step: int, name: str, waveform: Tensor, sample_rate: int) -> None:
        """Audio and spectrogram for TensorBoard. waveform: (samples,) in [-1, 1]."""
        if self.board is not None:
            self.board.add_audio(name, waveform[None], step, sample_rate=sample_rate)
            self.board.add_image(f"{name}/spectrogram", spectrogram_picture(waveform), step)

    def close(self) -> None:
        self.file.close()
        if self.board is not None:
            self.board.close()


def spectrogram_picture(waveform: Tensor) -> Tensor:
    """(samples,) -> (1, bins, frames) in [0, 1]: -100 to 0 dB of full scale, low frequencies at the bottom."""
    magnitude = magnitude_spectrogram(waveform[None], PICTURE_FFT, PICTURE_HOP)[0]
    decibel = 20 * (magnitude / (PICTURE_FFT / 4)).clamp(min=1e-5).log10()  # a sine's peak under a Hann window is n / 4
    return (1 + decibel / 100).clamp(0, 1).flip(0)[None]


def _open_board(folder: Path) -> "SummaryWriter | None":
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    writer: Any = SummaryWriter
    return writer(str(folder))  # type: ignore[no-any-return]
