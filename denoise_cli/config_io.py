"""TOML, JSON and --set key=value to and from the frozen dataclasses. Unknown names and wrong types are errors."""

import dataclasses
import difflib
import reprlib
import sys
import types
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from denoise_cli.config import Config
from denoise_cli.errors import DenoiseError, UsageConflict

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PRESETS = Path(__file__).resolve().parent / "presets"
T = TypeVar("T")


def to_mapping(config: Any) -> dict[str, Any]:
    """A dataclass as nested plain values, as JSON has them."""
    return dataclasses.asdict(config)


def from_mapping(
    kind: type[T], values: Mapping[str, Any], where: str = "", error: type[DenoiseError] = UsageConflict
) -> T:
    """Build a dataclass from nested plain values; what is not named keeps its default.

    Raises `error` for a name that does not exist (with those that do) and for a value of the wrong type.
    """
    return _build(kind, values, (), where, error)


def preset_names() -> list[str]:
    return sorted(file.stem for file in PRESETS.glob("*.toml"))


def load_config(preset: str, file: Path | None = None, assignments: Sequence[str] = ()) -> Config:
    """A preset, changed by a TOML file, changed by `key=value` assignments with dotted keys.

    Raises UsageConflict for an unknown preset or key and for a wrong type.
    """
    if preset not in preset_names():
        raise UsageConflict(f"--preset {preset}: no such preset; there are {', '.join(preset_names())}")
    values = to_mapping(Config())  # a table that names some of a stage's fields keeps its others
    _merge(values, _read_toml(PRESETS / f"{preset}.toml"))
    if file is not None:
        _merge(values, _read_toml(file))
    for assignment in assignments:
        key, value = _parse_assignment(assignment)
        _merge(_table_of(values, key[:-1]), {key[-1]: value})
    return from_mapping(Config, values, where=f"preset {preset}")


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageConflict(f"{file}: cannot be read as TOML ({error})") from error


def _parse_assignment(assignment: str) -> tuple[list[str], Any]:
    """Its dotted key in parts, and its value."""
    key, equals, text = assignment.partition("=")
    if not equals or not key.strip():
        raise UsageConflict(f"--set {assignment}: write key=value, for instance train.batch_size=4")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text.strip()  # a bare word is a string
    return key.strip().split("."), value


def _table_of(values: dict[str, Any], path: Sequence[str]) -> dict[str, Any]:
    """The table that a key lies in; what is no table yet becomes one, and is refused later if it may not be."""
    for name in path:
        if not isinstance(values.get(name), dict):
            values[name] = {}
        values = values[name]
    return values


def _merge(base: dict[str, Any], changes: Mapping[str, Any]) -> None:
    for name, value in changes.items():
        # a table of free names (losses) is replaced whole: a preset says all of its losses
        if isinstance(value, Mapping) and isinstance(base.get(name), dict) and name != "losses":
            _merge(base[name], value)
        else:
            base[name] = value


def _build(kind: type[T], values: Mapping[str, Any], path: tuple[str, ...], where: str, error: type[DenoiseError]) -> T:
    if not isinstance(values, Mapping):
        raise error(f"{where}: {'.'.join(path) or 'config'} must be a table, not {values!r}")
    hints = typing.get_type_hints(kind)
    for name in values:
        if name not in hints:
            raise error(_unknown_name(name, list(hints), path, where))
    built = {name: _convert(hints[name], value, (*path, name), where, error) for name, value in values.items()}
    return kind(**built)


def _unknown_name(name: str, known: list[str], path: tuple[str, ...], where: str) -> str:
    close = difflib.get_close_matches(name, known, 1)
    guess = f" (did you mean {close[0]}?)" if close else ""
    return f"{where}: unknown name {'.'.join((*path, name[:60]))}{guess}; there are {', '.join(known)}"


def _convert(hint: Any, value: Any, path: tuple[str, ...], where: str, error: type[DenoiseError]) -> Any:
    name = ".".join(path)
    if isinstance(hint, types.UnionType):  # only `X | None` occurs
        if value is None:
            return None
        (hint,) = (option for option in hint.__args__ if option is not type(None))
    if dataclasses.is_dataclass(hint):
        return _build(typing.cast(type[Any], hint), value, path, where, error)
    origin = typing.get_origin(hint)
    if origin is tuple:
        return _convert_tuple(typing.get_args(hint), value, path, where, error)
    if origin is dict:
        if not isinstance(value, Mapping):
            raise error(f"{where}: {name} must be a table, not {reprlib.repr(value)}")
        item = typing.get_args(hint)[1]
        return {str(key): _convert(item, entry, (*path, str(key)), where, error) for key, entry in value.items()}
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not hint:
        raise error(f"{where}: {name} must be {hint.__name__}, not {reprlib.repr(value)}")
    return value


def _convert_tuple(
    arguments: tuple[Any, ...], value: Any, path: tuple[str, ...], where: str, error: type[DenoiseError]
) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise error(f"{where}: {'.'.join(path)} must be a list, not {reprlib.repr(value)}")
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        arguments = (arguments[0],) * len(value)
    if len(arguments) != len(value):
        raise error(f"{where}: {'.'.join(path)} must have {len(arguments)} entries, not {len(value)}")
    return tuple(_convert(item, entry, path, where, error) for item, entry in zip(arguments, value, strict=True))
