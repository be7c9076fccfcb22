"""Inputs as a user names them: paths, patterns that no shell has expanded, and lists in files."""

import glob
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from denoise_cli.errors import UsageConflict
from denoise_cli.workflows.plan_jobs import STANDARD_STREAM, path_named

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def take_inputs(names: Sequence[str], input_list: str | None = None) -> list[Path]:
    """Paths for the names given, then for those in a list; "-" among the names is STANDARD_STREAM.

    A name that is no file and has * ? or [ in it is a pattern, ** for any depth; what it matches is sorted, hidden
    files left out. input_list: a file with a path a line, or "-" for standard input; empty lines count for nothing,
    and where there is a NUL byte, NULs part the names (`find -print0`). Names in a list are taken as they are.
    Raises UsageConflict for no input, a pattern without a match, an unreadable list, standard input asked for twice.
    """
    inputs = [path for name in names for path in _matches(name)]
    if input_list == str(STANDARD_STREAM) and STANDARD_STREAM in inputs:
        raise UsageConflict("--input-list -: standard input is already an input")
    if input_list is not None:
        inputs += [path_named(name) for name in _listed(input_list)]
    if not inputs:
        raise UsageConflict(f"{input_list}: names no files" if input_list else "no INPUT: name files, folders or -")
    return inputs


def _matches(name: str) -> list[Path]:
    if name == str(STANDARD_STREAM):
        return [STANDARD_STREAM]
    if not glob.has_magic(name) or os.path.lexists(name):
        return [path_named(name)]
    found = sorted(glob.glob(name, recursive=True))
    if not found:
        raise UsageConflict(f"{name}: matches no file")
    return [path_named(match) for match in found]


def _listed(input_list: str) -> list[str]:
    try:
        if input_list == str(STANDARD_STREAM):
            content = sys.stdin.buffer.read()
        else:
            content = Path(input_list).read_bytes()
    except OSError as error:
        raise UsageConflict(f"{input_list}: {error.strerror or error}") from error
    content = content.removeprefix(_BYTE_ORDER_MARK)
    names = content.split(b"\0") if b"\0" in content else [line.rstrip(b"\r") for line in content.split(b"\n")]
    return [os.fsdecode(name) for name in names if name]
