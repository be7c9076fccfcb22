"""TOML, JSON and --set to dataclasses: what is wrong is named, with what there is."""

import dataclasses
import re
import sys
from pathlib import Path

import pytest

from denoise_cli.config import AdversarialConfig, Config, FrontEndConfig, GeneratorConfig
from denoise_cli.config_io import PRESETS, from_mapping, load_config, preset_names, to_mapping
from denoise_cli.errors import ModelUnavailable, UsageConflict

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def write(folder: Path, text: str) -> Path:
    (folder / "mine.toml").write_text(text, encoding="utf-8")
    return folder / "mine.toml"


@pytest.mark.parametrize("preset", preset_names())
def test_presets_load_and_survive_a_round_trip(preset: str) -> None:
    config = load_config(preset)
    assert from_mapping(Config, to_mapping(config)) == config


def leaves(value: object, path: tuple[str, ...] = ()) -> "list[tuple[tuple[str, ...], object]]":
    """Keys of tables and places in lists of tables, down to what is neither."""
    if isinstance(value, dict):
        below = [(str(name), inner) for name, inner in value.items()]
    elif isinstance(value, (list, tuple)) and value and isinstance(value[0], dict):
        below = [(str(number), inner) for number, inner in enumerate(value)]
    else:
        return [(path, value)]
    return [leaf for name, inner in below for leaf in leaves(inner, (*path, name))]


@pytest.mark.parametrize("preset", preset_names())
def test_every_key_of_a_preset_arrives_in_the_config(preset: str) -> None:
    values = tomllib.loads((PRESETS / f"{preset}.toml").read_text(encoding="utf-8"))
    loaded = dict(leaves(to_mapping(load_config(preset))))
    for path, wanted in leaves(values):
        found = loaded[path]
        assert (list(found) if isinstance(found, tuple) else found) == wanted, ".".join(path)


def test_the_paper_preset_is_the_defaults() -> None:
    assert load_config("paper") == Config()


def test_an_unknown_preset_lists_those_there_are() -> None:
    with pytest.raises(UsageConflict, match="--preset papr: no such preset; there are compact, paper"):
        load_config("papr")


def test_a_file_changes_the_preset_and_set_changes_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, "[train]\nbatch_size = 3\nwarmup_steps = 7\n")
    config = load_config("compact", file, ["train.batch_size=5"])
    assert (config.train.batch_size, config.train.warmup_steps) == (5, 7)
    assert config.generator == load_config("compact").generator


@pytest.mark.parametrize(
    ("assignment", "read"),
    [
        ("train.clip_gradient_norm=1", lambda config: config.train.clip_gradient_norm == 1.0),
        ("train.schedule=cosine", lambda config: config.train.schedule == "cosine"),
        ("degradation.snr_db=[0, 10]", lambda config: config.degradation.snr_db == (0.0, 10.0)),
        ("generator.front_end.channels=[4, 6, 8]", lambda config: config.generator.front_end.channels == (4, 6, 8)),
        ("generator.front_end.flatten=true", lambda config: config.generator.front_end.flatten is True),
        ("stage1.losses={l1 = 2}", lambda config: config.stage1.losses == {"l1": 2.0}),
    ],
)
def test_set_takes_every_kind_of_value(assignment: str, read: object) -> None:
    assert callable(read) and read(load_config("compact", None, [assignment]))


def test_a_table_that_names_one_field_of_a_stage_keeps_that_stages_others() -> None:
    changed = load_config("paper", None, ["stage2.steps=5", "stage3.steps=5", "stage3.adversarial.updates=1"])
    assert changed.stage2 == dataclasses.replace(Config().stage2, steps=5)
    assert changed.stage3.learning_rate == 1e-5
    assert changed.stage3.adversarial == dataclasses.replace(AdversarialConfig(), updates=1)


def test_losses_are_replaced_as_a_whole_not_merged() -> None:
    assert load_config("compact", None, ["stage1.losses={l1 = 1.0}"]).stage1.losses == {"l1": 1.0}


def test_one_loss_is_changed_without_the_others() -> None:
    before = load_config("compact").stage1.losses
    changed = load_config("compact", None, ["stage1.losses.snr=3", "stage1.losses.l1=0.5"]).stage1.losses
    assert changed == {**before, "snr": 3.0, "l1": 0.5}


def test_a_front_end_appears_where_the_preset_has_none() -> None:
    config = load_config("paper", None, ["generator.front_end.n_fft=256"])
    assert config.generator.front_end == FrontEndConfig(n_fft=256)


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        (
            "train.batchsize=4",
            r"unknown name train.batchsize \(did you mean batch_size\?\); there are seed, batch",
        ),
        ("qqq=4", "unknown name qqq; there are generator, degradation, train, stage1, stage2"),
        ("train.batch_size=4.5", "train.batch_size must be int, not 4.5"),
        ("train.batch_size=four", "train.batch_size must be int, not 'four'"),
        ("train.batch_size=true", "train.batch_size must be int, not True"),
        ("train.schedule=3", "train.schedule must be str, not 3"),
        ("train=3", "train must be a table, not 3"),
        ("degradation.snr_db=3", "degradation.snr_db must be a list, not 3"),
        ("degradation.snr_db=[1,2,3]", "degradation.snr_db must have 2 entries, not 3"),
        ("stage1.losses={l1='much'}", "stage1.losses.l1 must be float, not 'much'"),
        ("train.batch_size", "write key=value, for instance"),
        ("=4", "write key=value, for instance"),
    ],
)
def test_what_is_wrong_with_an_assignment_is_named(assignment: str, message: str) -> None:
    with pytest.raises(UsageConflict, match=message):
        load_config("compact", None, [assignment])


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    file = write(tmp_path, "batch_size = = 4")
    with pytest.raises(UsageConflict, match=re.escape(str(file)) + ": cannot be read as TOML"):
        load_config("compact", file)
    with pytest.raises(UsageConflict, match="cannot be read"):
        load_config("compact", tmp_path / "nowhere.toml")


def test_the_error_is_of_the_kind_that_the_caller_wants() -> None:
    with pytest.raises(ModelUnavailable, match="config.json: unknown name wavnet"):
        from_mapping(GeneratorConfig, {"wavnet": {}}, where="config.json", error=ModelUnavailable)


def test_what_is_not_named_keeps_its_default() -> None:
    assert from_mapping(GeneratorConfig, {"sample_rate": 8_000}) == dataclasses.replace(
        GeneratorConfig(), sample_rate=8_000
    )
