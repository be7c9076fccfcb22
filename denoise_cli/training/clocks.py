"""When a run is over, and when validation and checkpoint are due: by the first process' clock, the same in all."""

import time
from dataclasses import dataclass

from denoise_cli.config import TrainConfig
from denoise_cli.training.processes import any_of, is_first


@dataclass(frozen=True)
class Due:
    """What is due after a step."""

    interrupted: bool = False
    end: bool = False
    validation: bool = False
    checkpoint: bool = False


class Clocks:
    """Started with the training; `seconds_before` were spent on it before a resumption."""

    def __init__(self, config: TrainConfig, max_seconds: float, seconds_before: float) -> None:
        self.config = config
        self.max_seconds = max_seconds
        self.seconds_before = seconds_before
        self._begin = self._validated = self._saved = time.monotonic()

    @property
    def seconds(self) -> float:
        """Of training so far, over all resumptions."""
        return self.seconds_before + time.monotonic() - self._begin

    def due(self, interrupted: bool) -> Due:
        """What all processes do next; each says whether it was interrupted. A message between processes."""
        now, first = time.monotonic(), is_first()
        return Due(
            *any_of(
                (
                    interrupted,
                    first and now - self._begin >= self.max_seconds,
                    first and now - self._validated > 60 * self.config.validate_minutes,
                    first and now - self._saved > 60 * self.config.checkpoint_minutes,
                )
            )
        )

    def validated(self) -> None:
        self._validated = time.monotonic()

    def saved(self) -> None:
        self._saved = time.monotonic()
