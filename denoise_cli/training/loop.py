"""The one training loop: all stages run through it."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

import torch
from torch import Tensor

from denoise_cli.config import Config
from denoise_cli.data.degradation import DrawnTensors, degrade, to_device
from denoise_cli.losses.table import make_losses
from denoise_cli.training.clocks import Clocks, Due
from denoise_cli.training.divergence import check_losses, mean_values
from denoise_cli.training.interrupts import interrupts_wait
from denoise_cli.training.logbook import Logbook
from denoise_cli.training.processes import average_values, is_first, process_count
from denoise_cli.training.run_folder import RunFolder
from denoise_cli.training.stages import Stage, groups_in_step
from denoise_cli.training.state import TrainState
from denoise_cli.training.steps import Batch, training_step
from denoise_cli.training.validation import DevItems, enhance_items, mean_scores, score_of

SHOWN_ITEMS = 3  # of the dev items, in TensorBoard
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
    on_line: Callable[[str], None] | None = None  # gets the lines of the log
    scores: dict[str, float] = field(default_factory=dict)

    def run(self, batches: Iterator[DrawnTensors], last_step: int, max_seconds: float) -> None:
        """Train until `last_step` or for `max_seconds` of this call; the state is saved however it ends.

        Raises TrainingFailed when a loss is not finite or explodes; the last good state stays on disk.
        """
        logbook = Logbook(self.folder.path, self.on_line) if is_first() else None
        pending: list[dict[str, Tensor]] = []
        # of several processes all must stop after the same step: a signal to one waits until the others know
        with ExitStack() as waiting:
            arrived = waiting.enter_context(interrupts_wait()) if process_count() > 1 else []
            try:
                self._train(batches, last_step, max_seconds, logbook, pending, arrived)
            except KeyboardInterrupt:
                self._check(pending)
                self._save()
                raise
            finally:
                if logbook is not None:
                    logbook.close()

    def _train(
        self, batches: Iterator[DrawnTensors], last_step: int, max_seconds: float, logbook: Logbook | None,
        pending: list[dict[str, Tensor]], arrived: list[int],
    ) -> None:  # fmt: skip
        clocks = Clocks(self.config.train, max_seconds, self.state.seconds)
        due = clocks.due(bool(arrived))
        while self.state.step < last_step and not (due.end or due.interrupted):
            self._step(batches, pending)
            self.state.seconds = clocks.seconds
            due = clocks.due(bool(arrived))
            if len(pending) == LOG_EVERY or self.state.step == last_step or due != Due():
                self._log(logbook, pending, last_step)  # checks the losses: nothing bad is saved below
                pending.clear()
            if due.validation and not due.interrupted:
                self._validate(logbook)
                clocks.validated()
            if due.checkpoint:
                self._save()
                clocks.saved()
        if not due.interrupted:
            self._validate(logbook)
        self._save()

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

    def _save(self) -> None:
        if is_first():
            self.folder.save_state(self.state)

    def _check(self, pending: Sequence[Mapping[str, Tensor]]) -> None:
        check_losses(pending, self.state.step, self.state.first_losses, self.config.train.explosion_factor)

    def __post_init__(self) -> None:
        self.losses = make_losses(self.stage.config(self.config).losses)
        for loss in self.losses.values():
            if isinstance(loss, torch.nn.Module):
                loss.to(self.device)
        self._last_log = time.monotonic()
        self._shown = False

    def _log(self, logbook: Logbook | None, pending: Sequence[Mapping[str, Tensor]], last_step: int) -> None:
        pending = average_values(pending)
        self._check(pending)  # in all processes alike
        if logbook is None:
            return
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

    def _validate(self, logbook: Logbook | None) -> None:
        if logbook is None:
            return
        generator, items = self.state.generator_to_keep(), self.dev_items
        outputs = enhance_items(generator, items, self.device)
        self.scores = mean_scores(items.target, outputs, items.sample_rate)
        logbook.write("dev", self.state.step, {**self.scores, "minutes": self.state.seconds / 60})
        if score_of(self.scores) > self.state.best_score:
            self.state.best_score = score_of(self.scores)
            self.folder.save_model(self.state, self.stage, self.scores)
        self._show_items(logbook, outputs)
        self._last_log = time.monotonic()

    def _show_items(self, logbook: Logbook, outputs: Tensor) -> None:
        """The first items for ears and eyes: estimates each time, what they are made of and should be once a call."""
        sounds = {"estimate": outputs}
        if not self._shown:
            sounds |= {"noisy": self.dev_items.noisy, "clean": self.dev_items.target}
            self._shown = True
        for name, waveforms in sounds.items():
            for number, waveform in enumerate(waveforms[:SHOWN_ITEMS]):
                logbook.write_sound(self.state.step, f"dev_{number}/{name}", waveform, self.dev_items.sample_rate)
