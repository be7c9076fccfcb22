"""What a training step costs, and where the time goes, for each stage and preset on a device.

    python benchmarks/training.py --data CORPUS [--preset compact] [--stage stage1] [--steps 5] [--threads 1]
                                  [--device cpu] [--set train.batch_size=1]...

A row a preset and stage: audio-seconds a second, then the share of the step's time in data (drawing what a batch is
made of), augmentation (mixing it), discriminators, generator, and optimisers (with the moving average). All runs in
this process, so that data is not hidden behind a worker; in training, workers take it off the step. On a CPU with one
thread the clock is processor time: other work on the machine does not count. On CUDA it is the wall's, waiting for the
device after each part, and a last column says how busy the device is in steps that do not wait.
"""

import argparse
import dataclasses
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from denoise_cli.config import Config
from denoise_cli.config_io import load_config
from denoise_cli.data.degradation import DrawnTensors, degrade, to_device
from denoise_cli.inference.device import find_device
from denoise_cli.losses.table import Loss, make_losses
from denoise_cli.models.generator import Estimates, Generator
from denoise_cli.training.batches import batches_from
from denoise_cli.training.stages import STAGES, Stage, groups_in_step
from denoise_cli.training.state import TrainState, new_state, update_ema
from denoise_cli.training.steps import Batch, discriminator_step, estimates_for_both, generator_step, training_step

PARTS = ("data", "augmentation", "discriminators", "generator", "optimizer")


class Stopwatch:
    """Adds up the time of named parts; a part within a part counts as its own alone."""

    def __init__(self, device: torch.device, threads: int) -> None:
        self.device = device
        self.clock: Callable[[], float] = time.perf_counter
        if device.type == "cpu" and threads == 1:
            self.clock = time.process_time
        self.seconds = dict.fromkeys(PARTS, 0.0)
        self._running: list[tuple[str, float]] = []

    def now(self) -> float:
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        return self.clock()

    def start(self, name: str) -> None:
        now = self.now()
        if self._running:
            outer, since = self._running[-1]
            self.seconds[outer] += now - since
        self._running.append((name, now))

    def stop(self) -> None:
        now = self.now()
        name, since = self._running.pop()
        self.seconds[name] += now - since
        if self._running:
            self._running[-1] = (self._running[-1][0], now)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        self.start(name)
        try:
            yield
        finally:
            self.stop()


@dataclasses.dataclass
class Run:
    """One stage of one preset, ready to take steps."""

    stage: Stage
    config: Config
    state: TrainState
    losses: dict[str, Loss]
    batches: Iterator[DrawnTensors]
    device: torch.device

    def timed_step(self, watch: Stopwatch) -> None:
        """As `training_step`, part by part."""
        groups = [self.group(watch) for _ in range(groups_in_step(self.stage.config(self.config)))]
        state = self.state
        estimates: Estimates | None = None
        if state.adversary is not None:
            for update, group in enumerate(groups):
                if update == len(groups) - 1:
                    with watch.part("generator"):
                        estimates = estimates_for_both(state, group, self.config)
                with watch.part("discriminators"):
                    discriminator_step(state, state.adversary, group, self.stage, self.config, update, estimates)
        with watch.part("generator"):
            generator_step(state, groups[-1], self.stage, self.config, self.losses, estimates)
        state.step += 1
        with watch.part("optimizer"):
            update_ema(state, self.config.train.ema_decay)

    def group(self, watch: Stopwatch) -> list[Batch]:
        batches = []
        for _ in range(self.config.train.accumulate):
            with watch.part("data"):
                drawn = next(self.batches)
            with watch.part("augmentation"), torch.no_grad():
                drawn = to_device(drawn, self.device)
                batches.append(Batch(*degrade(drawn, self.config.generator.sample_rate)))
        return batches

    def watch_optimizers(self, watch: Stopwatch) -> None:
        optimizers = [self.state.optimizer]
        if self.state.adversary is not None:
            optimizers.append(self.state.adversary.optimizer)
        for optimizer in optimizers:
            optimizer.register_step_pre_hook(lambda *_: watch.start("optimizer"))
            optimizer.register_step_post_hook(lambda *_: watch.stop())

    def audio_seconds(self) -> float:
        train = self.config.train
        return groups_in_step(self.stage.config(self.config)) * train.accumulate * train.batch_size * train.crop_seconds


def prepare(stage: Stage, config: Config, data: Path, device: torch.device, steps: int) -> Run:
    config = dataclasses.replace(config, train=dataclasses.replace(config.train, loader_workers=0))
    torch.manual_seed(0)
    generator = Generator(config.generator, stage.use_postnet).to(device)
    if config.train.compile:
        generator.compile()
    own = stage.config(config)
    if own.adversarial is not None:  # the generator learns from the first step on, as it does later
        own = dataclasses.replace(own, adversarial=dataclasses.replace(own.adversarial, generator_frozen_steps=0))
        config = dataclasses.replace(config, **{stage.name: own})
    losses = make_losses(own.losses)
    for loss in losses.values():
        if isinstance(loss, torch.nn.Module):
            loss.to(device)
    in_step = config.train.accumulate * groups_in_step(own)
    batches = batches_from(data, config, 0, steps * in_step)
    return Run(stage, config, new_state(stage, config, generator), losses, batches, device)


def device_busy(run: Run, steps: int) -> float:
    """Share of the wall's time in which the CUDA device computes, in steps that wait for nothing."""
    idle = Stopwatch(torch.device("cpu"), 0)
    groups = [run.group(idle) for _ in range(groups_in_step(run.stage.config(run.config)))]
    torch.cuda.synchronize()
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as profile:
        start = time.perf_counter()
        for _ in range(steps):
            training_step(run.state, groups, run.stage, run.config, run.losses)
        torch.cuda.synchronize()
        wall = time.perf_counter() - start
    return sum(event.self_device_time_total for event in profile.key_averages()) / 1e6 / wall


def measure(run: Run, steps: int, warm_up: int, threads: int) -> str:
    """A row of the table."""
    watch = Stopwatch(run.device, threads)
    run.watch_optimizers(watch)
    for _ in range(warm_up):
        run.timed_step(watch)
    watch.seconds = dict.fromkeys(PARTS, 0.0)
    for _ in range(steps):
        run.timed_step(watch)
    total = sum(watch.seconds.values())
    shares = " | ".join(f"{100 * watch.seconds[name] / total:.1f} %" for name in PARTS)
    row = f"{steps * run.audio_seconds() / total:.2f} | {total / steps:.3f} | {shares}"
    if run.device.type == "cuda":
        return f"{row} | {torch.cuda.max_memory_allocated() / 1e9:.2f} | {100 * device_busy(run, steps):.0f} %"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return f"{row} | {peak / 1e9:.2f} | -"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--preset", nargs="+", default=["compact"])
    parser.add_argument("--stage", nargs="+", default=list(STAGES), choices=list(STAGES))
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--warm-up", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--set", action="append", default=[], dest="assignments")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    device = find_device(options.device)
    print(f"{device}, {options.threads} CPU threads, torch {torch.__version__}")
    print("| preset | stage | audio s/s | s/step | " + " | ".join(PARTS) + " | peak GB | device busy |")
    print("|---" * (len(PARTS) + 6) + "|")
    for preset in options.preset:
        for name in options.stage:
            config = load_config(preset, None, options.assignments)
            run = prepare(STAGES[name], config, options.data, device, options.steps + options.warm_up + 1)
            row = measure(run, options.steps, options.warm_up, options.threads)
            print(f"| {preset} | {name} | {row} |", flush=True)


if __name__ == "__main__":
    main()
