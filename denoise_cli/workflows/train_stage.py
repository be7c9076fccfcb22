"""What `train-stageN` does: config, corpus, generator and run folder into the loop."""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from denoise_cli.config import Config
from denoise_cli.data.shard_store import is_sharded
from denoise_cli.errors import ModelUnavailable, UsageConflict
from denoise_cli.inference.device import find_device
from denoise_cli.models.finding import read_model
from denoise_cli.models.generator import Generator
from denoise_cli.models.growth import can_grow, lay_into
from denoise_cli.models.loading import load_generator
from denoise_cli.training.batches import batches_from, lanes_of_run, open_corpus
from denoise_cli.training.loop import Loop, Progress
from denoise_cli.training.processes import Place, is_first, joined, process_count, state_of_first
from denoise_cli.training.run_folder import RunFolder
from denoise_cli.training.stages import Stage, groups_in_step
from denoise_cli.training.state import TrainState, new_state
from denoise_cli.training.validation import draw_dev_items


@dataclass(frozen=True)
class TrainOptions:
    """Where a run reads and writes, and how long it goes on."""

    corpus: Path | str  # a prepared corpus, or the address of shards
    output: Path
    init: Path | None = None
    resume: bool = True
    max_steps: int | None = None
    max_minutes: float | None = None
    device: str = "auto"
    threads: int | None = None
    place: Place = Place()  # of this process among those of the run


def train_stage(
    stage: Stage,
    config: Config,
    options: TrainOptions,
    on_progress: Callable[[Progress], None],
    on_line: Callable[[str], None] | None = None,
) -> dict[str, float]:
    """Run one stage, or go on with it. Returns the dev scores at the end; of several processes, in the first.

    on_line gets each line of the run's log.jsonl as it is written.

    Raises UsageConflict for a missing or wrong --init, a changed config, or a folder that would be overwritten;
    UnusableCorpus; ModelUnavailable; TrainingFailed.
    """
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    device = _device_of(options)
    folder = RunFolder(options.output)
    with ExitStack() as group:
        if options.place.rank:  # waits for the first: what all would fail at is then said once
            group.enter_context(joined(options.place, device))
        else:
            _check_start(stage, config, options, folder)
        corpus = open_corpus(options.corpus)
        torch.manual_seed(config.train.seed)
        generator = _make_generator(stage, config, options.init).to(device)
        state = new_state(stage, config, generator)
        if config.train.compile:
            generator.compile()
        dev_items = draw_dev_items(corpus, config)
        if not options.place.rank:
            group.enter_context(joined(options.place, device))
        _resume_or_create(stage, config, folder, state, corpus.describe(), _lanes(config, options))
        loop = Loop(stage, config, state, folder, dev_items, device, on_progress, on_line)
        _run(loop, options)
        return loop.scores


def _run(loop: Loop, options: TrainOptions) -> None:
    own = loop.stage.config(loop.config)
    last_step = options.max_steps if options.max_steps is not None else own.steps
    seconds = sys.float_info.max if options.max_minutes is None else 60 * options.max_minutes
    in_step = loop.config.train.accumulate * groups_in_step(own)
    batches = batches_from(options.corpus, loop.config, loop.state.step * in_step, last_step * in_step)
    loop.run(batches, last_step, seconds)


def _resume_or_create(
    stage: Stage, config: Config, folder: RunFolder, state: TrainState, corpus: dict[str, Any], lanes: int | None
) -> None:
    """Only the first process reads and writes the run folder; the others, maybe on other machines, start as it does."""
    if is_first() and folder.has_state:
        state.load_state_dict(folder.read_state())
    elif is_first():
        folder.create(stage, config, corpus, lanes)
    if process_count() > 1:
        state.load_state_dict(state_of_first(state.state_dict()))


def _lanes(config: Config, options: TrainOptions) -> int | None:
    """Between how many readers a corpus of shards is shared out; None for another, of which each reads all."""
    return lanes_of_run(config, options.place.count) if is_sharded(str(options.corpus)) else None


def _device_of(options: TrainOptions) -> torch.device:
    """Each process of a machine has a CUDA device of its own, unless one is named."""
    device = find_device(options.device)
    if device.type != "cuda" or options.place.count == 1:
        return device
    return find_device(f"cuda:{options.place.local_rank}")


def _check_start(stage: Stage, config: Config, options: TrainOptions, folder: RunFolder) -> None:
    if folder.has_state:
        if not options.resume:
            raise UsageConflict(f"{folder.path}: holds a run; give another -o, or leave out --no-resume to go on")
        folder.check_same(stage, config, _lanes(config, options))
    elif stage.starts_from is not None and options.init is None:
        raise UsageConflict(f"{stage.name} starts from a {stage.starts_from} model: give its folder with --init")


def _make_generator(stage: Stage, config: Config, init: Path | None) -> Generator:
    """A generator at its random start, or with the weights of `init`, grown where the config's WaveNet is larger."""
    generator = Generator(config.generator, stage.use_postnet)
    if init is None:
        return generator
    folder = read_model(str(init))
    if not can_grow(folder.generator, config.generator):
        raise ModelUnavailable(
            f"{init}: has another generator than the config, and not one that grows into it; "
            "use the preset it was trained with"
        )
    start = load_generator(folder)
    weights = start.state_dict()
    if not start.use_postnet:  # it was never trained: ours starts near the identity
        weights = {name: value for name, value in weights.items() if ".postnet." not in name}
    lay_into(generator, weights)
    return generator
