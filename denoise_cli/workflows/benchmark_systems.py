"""What `benchmark` compares: the input as it is, models, and other tools' outputs. Each turns items into files."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import soundfile

from denoise_cli.audio.samples import Samples
from denoise_cli.audio.whole_file import read_whole
from denoise_cli.errors import DenoiseError, UnreadableAudio
from denoise_cli.workflows.pairing import Item, files_by_name

MODEL, BASELINE = "model", "baseline"  # kinds of systems that are run here
Progress = Callable[[str], None]  # called with a text after each file


class Denoiser(Protocol):
    """A loaded model."""

    def enhance(self, waveform: Samples, sample_rate: int) -> Samples:
        """(channels, samples) at sample_rate in, the same shape and rate out."""


@dataclass(frozen=True)
class Speed:
    """How fast a model ran, on `threads` threads, without the first file, which warms it up."""

    threads: int
    load_seconds: float
    audio_seconds: float
    wall_seconds: float
    cpu_seconds: float

    @property
    def real_time_factor(self) -> float:
        """Seconds that one second of audio takes, by the wall clock."""
        return self.wall_seconds / self.audio_seconds

    @property
    def cpu_real_time_factor(self) -> float:
        """The same by processor time: what the wall clock would say on a machine that does nothing else."""
        return self.cpu_seconds / self.audio_seconds


@dataclass(frozen=True)
class Outputs:
    """A file for each item's name, or a reason why there is none."""

    files: Mapping[str, Path]
    problems: Mapping[str, str] = field(default_factory=dict)
    speed: Speed | None = None


class System(Protocol):
    """Something whose output is scored; `clean_in` says that it was fed the clean files."""

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> str: ...

    @property
    def source(self) -> str: ...

    @property
    def clean_in(self) -> bool: ...

    def outputs(self, items: Sequence[Item], folder: Path, on_progress: Progress) -> Outputs:
        """Produce the outputs, new files only below `folder`, which is empty and this system's own."""


@dataclass(frozen=True)
class Unprocessed:
    """The noisy files as they are: what every other system is compared with."""

    name: str = "input"
    kind: str = "unprocessed"
    source: str = ""
    clean_in: bool = False

    def outputs(self, items: Sequence[Item], folder: Path, on_progress: Progress) -> Outputs:
        return Outputs({item.name: item.noisy for item in items})


@dataclass(frozen=True)
class OutputFolder:
    """Files that another tool wrote, by the same relative paths."""

    name: str
    folder: Path
    kind: str = "folder"
    clean_in: bool = False

    @property
    def source(self) -> str:
        return str(self.folder)

    def outputs(self, items: Sequence[Item], folder: Path, on_progress: Progress) -> Outputs:
        found = files_by_name(self.folder)
        files = {item.name: found[item.name] for item in items if item.name in found}
        return Outputs(files, {item.name: f"not in {self.folder}" for item in items if item.name not in found})


@dataclass(frozen=True)
class Model:
    """A model, run through the same code as `enhance` runs."""

    name: str
    source: str
    load: Callable[[str], Denoiser]
    threads: int
    clean_in: bool = False
    kind: str = MODEL

    def outputs(self, items: Sequence[Item], folder: Path, on_progress: Progress) -> Outputs:
        started = time.perf_counter()
        denoiser = self.load(self.source)
        load_seconds = time.perf_counter() - started
        files: dict[str, Path] = {}
        problems: dict[str, str] = {}
        timings: list[tuple[float, float, float]] = []
        for item in items:
            source = item.clean if self.clean_in else item.noisy
            target = folder / f"{item.name}.wav"
            try:
                if source is None:
                    raise UnreadableAudio(f"{item.name}: no clean file to feed in")
                if not timings:
                    _enhance_file(denoiser, source, target)  # the first call pays for memory and kernels; not timed
                timings.append(_enhance_file(denoiser, source, target))
                files[item.name] = target
            except DenoiseError as error:
                problems[item.name] = str(error)
            on_progress(f"{self.name}: {item.name}")
        return Outputs(files, problems, _speed(timings, self.threads, load_seconds))


def _enhance_file(denoiser: Denoiser, source: Path, target: Path) -> tuple[float, float, float]:
    """Returns seconds of audio, of the wall clock, and of the processor; reading and writing are not in them."""
    samples, sample_rate = read_whole(source)
    wall, cpu = time.perf_counter(), time.process_time()
    enhanced = denoiser.enhance(samples, sample_rate)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    target.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(str(target), enhanced.T, sample_rate, subtype="FLOAT")  # nothing is rounded or clipped
    return samples.shape[1] / sample_rate, wall, cpu


def _speed(timings: Sequence[tuple[float, float, float]], threads: int, load_seconds: float) -> Speed | None:
    audio, wall, cpu = (sum(column) for column in zip(*timings, strict=True)) if timings else (0.0, 0.0, 0.0)
    return Speed(threads, load_seconds, audio, wall, cpu) if audio > 0 else None


def load_baseline(source: str) -> Denoiser:
    """A baseline by its name, see `inference.baselines`. Raises UsageConflict with the names there are."""
    from denoise_cli.inference import baselines

    return baselines.load_baseline(source)


def load_enhancer(source: str, threads: int) -> Denoiser:
    """The model of `enhance`, on the CPU and on so many threads.

    Raises ModelUnavailable and CannotStart.
    """
    from denoise_cli.inference.enhancer import Enhancer  # here: what scores no model needs no torch

    return Enhancer.load(source, device="cpu", threads=threads)
