"""The configuration itself: frozen, documented, and read to the last key."""

import ast
import dataclasses
import inspect
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from denoise_cli import config as module
from denoise_cli.config import Config, GeneratorConfig

PACKAGE = Path(module.__file__).parent
CLASSES = [entry for entry in vars(module).values() if inspect.isclass(entry) and dataclasses.is_dataclass(entry)]


def attributes_read() -> set[str]:
    """Names that are read as attributes anywhere in the package but in config.py."""
    files = [file for file in PACKAGE.rglob("*.py") if file.name not in ("config.py", "config_io.py")]
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    return {node.attr for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_key_is_read_somewhere(kind: type[Any]) -> None:
    unread = {field.name for field in dataclasses.fields(kind)} - attributes_read()
    assert unread == set(), "keys that nobody reads promise what nothing does"


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_configs_are_frozen_and_documented(kind: type[Any]) -> None:
    assert kind.__dataclass_params__.frozen
    assert kind.__doc__ and not kind.__doc__.startswith(f"{kind.__name__}(")


def nested(kind: type[Any]) -> Iterator[type[Any]]:
    yield kind
    for hint in typing.get_type_hints(kind).values():
        for option in (hint, *typing.get_args(hint)):
            if inspect.isclass(option) and dataclasses.is_dataclass(option):
                yield from nested(option)


def test_every_class_is_part_of_the_whole() -> None:
    assert set(CLASSES) == set(nested(Config))


def test_the_defaults_are_those_of_the_paper() -> None:
    generator = GeneratorConfig()
    wavenet, postnet = generator.wavenet, generator.postnet
    assert generator.sample_rate == 16_000 and generator.front_end is None
    assert (wavenet.channels, wavenet.stacks, wavenet.layers, wavenet.kernel) == (128, 2, 10, 3)
    assert (postnet.layers, postnet.channels, postnet.kernel) == (12, 128, 32)
    assert Config().train.crop_seconds == 2.0
    assert (Config().stage1.learning_rate, Config().stage2.learning_rate) == (1e-3, 1e-4)


def test_the_defaults_of_stage_3_are_those_of_the_paper() -> None:
    stage = Config().stage3
    adversarial = stage.adversarial
    assert adversarial is not None
    assert (stage.learning_rate, adversarial.learning_rate) == (1e-5, 1e-3)
    assert stage.betas == adversarial.betas == (0.5, 0.9)
    assert (stage.steps, adversarial.updates, adversarial.form) == (50_000, 2, "hinge")
    assert (adversarial.adversarial_weight, adversarial.feature_matching_weight) == (1.0, 1.0)
    listed = [(entry.kind, entry.sample_rate) for entry in adversarial.discriminators]
    waveforms = [("waveform", 16_000), ("waveform", 8_000), ("waveform", 4_000)]
    assert listed == [*waveforms, ("spectrogram", 16_000)]
    assert Config().stage1.adversarial is None and Config().stage2.adversarial is None
