"""Writes what happens in a run: log.jsonl always, TensorBoard where it is installed."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import Tensor

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


class Logbook:
    """Appends to the run's log; a resumed run goes on in the same files."""

    def __init__(self, folder: Path) -> None:
        self.file = (folder / "log.jsonl").open("a", encoding="utf-8")
        self.board = _open_board(folder / "tensorboard")

    def write(self, kind: str, step: int, values: dict[str, float]) -> None:
        rounded = {name: float(f"{value:.6g}") for name, value in values.items()}
        self.file.write(json.dumps({"kind": kind, "step": step, **rounded}) + "\n")
        self.file.flush()
        if self.board is not None:
            for name, value in values.items():
                self.board.add_scalar(f"{kind}/{name}", value, step)

    def write_audio(self, step: int, name: str, waveform: Tensor, sample_rate: int) -> None:
        """waveform: (samples,) in [-1, 1]."""
        if self.board is not None:
            self.board.add_audio(name, waveform[None], step, sample_rate=sample_rate)

    def close(self) -> None:
        self.file.close()
        if self.board is not None:
            self.board.close()


def _open_board(folder: Path) -> "SummaryWriter | None":
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    writer: Any = SummaryWriter
    return writer(str(folder))  # type: ignore[no-any-return]
