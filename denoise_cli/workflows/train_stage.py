"""What `train-stageN` does: config, corpus, generator and run folder into the loop."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from denoise_cli.config import Config
from denoise_cli.data.corpus import Corpus
from denoise_cli.errors import ModelUnavailable, UsageConflict
from denoise_cli.inference.device import find_device
from denoise_cli.models.generator import Generator
from denoise_cli.models.loading import load_generator
from denoise_cli.models.model_folder import find_model, read_model_folder
from denoise_cli.training.batches import batches_from
from denoise_cli.training.loop import Loop, Progress
from denoise_cli.training.run_folder import RunFolder
from denoise_cli.training.stages import Stage, groups_in_step
from denoise_cli.training.state import new_state
from denoise_cli.training.validation import draw_dev_items


@dataclass(frozen=True)
class TrainOptions:
    """Where a run reads and writes, and how long it goes on."""

    corpus: Path
    output: Path
    init: Path | None = None
    resume: bool = True
    max_steps: int | None = None
    max_minutes: float | None = None
    device: str = "auto"
    threads: int | None = None


def train_stage(
    stage: Stage, config: Config, options: TrainOptions, on_progress: Callable[[Progress], None]
) -> dict[str, float]:
    """Run one stage, or go on with it. Returns the dev scores at the end.

    Raises UsageConflict for a missing or wrong --init, a changed config, or a folder that would be overwritten;
    UnusableCorpus; ModelUnavailable; TrainingFailed.
    """
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    device = find_device(options.device)
    folder = RunFolder(options.output)
    _check_start(stage, config, options, folder)
    corpus = Corpus.open(options.corpus)
    torch.manual_seed(config.train.seed)
    generator = _make_generator(stage, config, options.init).to(device)
    state = new_state(stage, config, generator)
    dev_items = draw_dev_items(corpus, config)
    if folder.has_state:
        folder.load_state(state, device)
    else:
        folder.create(stage, config, corpus.describe())
    last_step = options.max_steps if options.max_steps is not None else stage.config(config).steps
    loop = Loop(stage, config, state, folder, dev_items, device, on_progress)
    seconds = sys.float_info.max if options.max_minutes is None else 60 * options.max_minutes
    in_step = config.train.accumulate * groups_in_step(stage.config(config))
    batches = batches_from(options.corpus, config, state.step * in_step, last_step * in_step)
    loop.run(batches, last_step, seconds)
    return loop.scores


def _check_start(stage: Stage, config: Config, options: TrainOptions, folder: RunFolder) -> None:
    if folder.has_state:
        if not options.resume:
            raise UsageConflict(f"{folder.path}: holds a run; give another -o, or leave out --no-resume to go on")
        folder.check_same(stage, config)
    elif stage.starts_from is not None and options.init is None:
        raise UsageConflict(f"{stage.name} starts from a {stage.starts_from} model: give its folder with --init")


def _make_generator(stage: Stage, config: Config, init: Path | None) -> Generator:
    """A generator at its random start, or with the weights of `init` where the architecture is the same."""
    generator = Generator(config.generator, stage.use_postnet)
    if init is None:
        return generator
    folder = read_model_folder(find_model(str(init)))
    if folder.generator != config.generator:
        raise ModelUnavailable(f"{init}: has another generator than the config; use the preset it was trained with")
    start = load_generator(folder)
    if start.use_postnet:
        generator.load_state_dict(start.state_dict())
    else:  # its PostNet was never trained: ours starts near the identity
        trained = {name: value for name, value in start.state_dict().items() if ".postnet." not in name}
        generator.load_state_dict(trained, strict=False)
    return generator
