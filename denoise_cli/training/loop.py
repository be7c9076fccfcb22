"""The one training loop: all stages run through it."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from denoise_cli.config import Config
from denoise_cli.data.degradation import DrawnTensors, degrade, to_device
from denoise_cli.losses.table import make_losses
from denoise_cli.training.divergence import check_losses, mean_values
from denoise_cli.training.interrupts import interrupts_wait
from denoise_cli.training.logbook import Logbook
from denoise_cli.training.run_folder import RunFolder
from denoise_cli.training.stages import Stage, groups_in_step
from denoise_cli.training.state import TrainState
from denoise_cli.training.steps import Batch, training_step
from denoise_cli.training.validation import DevItems, score_of, validate

LOG_EVERY = 20  # steps: values wait on the device until then


@dataclass(frozen=True)
class Progress:
    """What a progress bar shows."""

    step: int
    last_step: int
    minutes: float
    loss: float
    audio_seconds_per_second: float
    scores: dict[str, float]


@dataclass
class Loop:
    """One run of one stage. The state is the caller's; the clocks are here."""

    stage: Stage
    config: Config
    state: TrainState
    folder: RunFolder
    dev_items: DevItems
    device: torch.device
    on_progress: Callable[[Progress], None]
    scores: dict[str, float] = field(default_factory=dict)

    def run(self, batches: Iterator[DrawnTensors], last_step: int, max_seconds: float) -> None:
        """Train until `last_step` or for `max_seconds` of this call; the state is saved however it ends.

        Raises TrainingFailed when a loss is not finite or explodes; the last good state stays on disk.
        """
        logbook = Logbook(self.folder.path)
        begin, seconds_before = time.monotonic(), self.state.seconds
        saved = validated = begin
        pending: list[dict[str, Tensor]] = []
        try:
            while self.state.step < last_step and time.monotonic() - begin < max_seconds:
                self._step(batches, pending)
                now = time.monotonic()
                self.state.seconds = seconds_before + now - begin
                validating = now - validated > 60 * self.config.train.validate_minutes
                saving = now - saved > 60 * self.config.train.checkpoint_minutes
                if len(pending) == LOG_EVERY or self.state.step == last_step or validating or saving:
                    self._log(logbook, pending, last_step)  # checks the losses: nothing bad is saved below
                    pending = []
                if validating:
                    self._validate(logbook)
                    validated = time.monotonic()
                if saving:
                    self.folder.save_state(self.state)
                    saved = time.monotonic()
            self._log(logbook, pending, last_step)
            self._validate(logbook)
        except KeyboardInterrupt:
            self._check(pending)
            self.folder.save_state(self.state)
            raise
        finally:
            logbook.close()
        self.folder.save_state(self.state)

    def _step(self, batches: Iterator[DrawnTensors], pending: list[dict[str, Tensor]]) -> None:
        groups = [
            [self._degraded(next(batches)) for _ in range(self.config.train.accumulate)]
            for _ in range(groups_in_step(self.stage.config(self.config)))
        ]
        with interrupts_wait():  # what is saved then is the state after whole steps, and their losses are known
            pending.append(training_step(self.state, groups, self.stage, self.config, self.losses))

    @torch.no_grad()
    def _degraded(self, drawn: DrawnTensors) -> Batch:
        return Batch(*degrade(to_device(drawn, self.device), self.config.generator.sample_rate))

    def _check(self, pending: list[dict[str, Tensor]]) -> None:
        check_losses(pending, self.state.step, self.state.first_losses, self.config.train.explosion_factor)

    def __post_init__(self) -> None:
        self.losses = make_losses(self.stage.config(self.config).losses)
        for loss in self.losses.values():
            if isinstance(loss, torch.nn.Module):
                loss.to(self.device)
        self._last_log = time.monotonic()

    def _log(self, logbook: Logbook, pending: list[dict[str, Tensor]], last_step: int) -> None:
        if not pending:
            return
        self._check(pending)
        means = mean_values(pending)
        now = time.monotonic()
        drawn = len(pending) * self.config.train.accumulate * groups_in_step(self.stage.config(self.config))
        audio = drawn * self.config.train.batch_size * self.config.train.crop_seconds
        speed = audio / max(now - self._last_log, 1e-9)
        self._last_log = now
        rates = {"learning_rate": self.state.optimizer.param_groups[0]["lr"]}
        if self.state.adversary is not None:
            rates["discriminator_learning_rate"] = self.state.adversary.optimizer.param_groups[0]["lr"]
        logbook.write("train", self.state.step, {**means, **rates, "audio_seconds_per_second": speed})
        loss = means.get("total", means.get("discriminator", 0.0))  # no total while the generator is frozen
        self.on_progress(Progress(self.state.step, last_step, self.state.seconds / 60, loss, speed, self.scores))

    def _validate(self, logbook: Logbook) -> None:
        generator = self.state.generator_to_keep()
        self.scores = validate(generator, self.dev_items, self.device)
        logbook.write("dev", self.state.step, {**self.scores, "minutes": self.state.seconds / 60})
        if score_of(self.scores) > self.state.best_score:
            self.state.best_score = score_of(self.scores)
            self.folder.save_model(self.state, self.stage, self.scores)
        with torch.no_grad():
            estimate = generator.enhance(self.dev_items.noisy[:1].to(self.device)).cpu()
        for name, waveform in (
            ("noisy", self.dev_items.noisy),
            ("clean", self.dev_items.target),
            ("estimate", estimate),
        ):
            logbook.write_audio(self.state.step, f"dev/{name}", waveform[0], self.dev_items.sample_rate)
        self._last_log = time.monotonic()
