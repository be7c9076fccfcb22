from pathlib import Path

import pytest

from denoise_cli.audio.output_format import OutputFormat
from denoise_cli.errors import UsageConflict
from denoise_cli.workflows.plan_jobs import Existing, plan_jobs
from denoise_cli.workflows.target_names import TargetNames
from tests.workflows.test_plan_jobs import make, pairs


@pytest.mark.parametrize(
    ("template", "name", "target"),
    [
        (None, "a.wav", "sub/a.wav"),
        (None, "bare", "sub/bare"),
        ("{stem}-clean.{ext}", "a.b.wav", "sub/a.b-clean.wav"),
        ("{parent}_{stem}.flac", "a.wav", "sub/sub_a.flac"),
        ("{stem}/clean.{ext}", "a.wav", "sub/a/clean.wav"),
        ("x{{}}{stem}.{ext}", "{odd}.wav", "sub/x{}{odd}.wav"),
        ("{stem}.{ext}", "bare", "sub/bare"),
    ],
)
def test_a_template_names_files_in_the_tree(template: str | None, name: str, target: str) -> None:
    assert TargetNames(template).below(Path("in/sub") / name, Path("sub") / name) == Path(target)


def test_the_suffix_is_that_of_the_format() -> None:
    names = TargetNames(None, OutputFormat("flac"))
    assert names.beside(Path("in/a.wav")) == Path("in/a.enhanced.flac")
    assert names.below(Path("in/bare"), Path("bare")) == Path("bare.flac")


@pytest.mark.parametrize(
    "template",
    ["{name}.{ext}", "{stem", "{}.wav", "{stem!r}.wav", "{stem:>9}.wav", "{stem.__class__}.wav", "{0}.wav"],
)
def test_fields_that_there_are_not_are_refused_with_those_that_there_are(template: str) -> None:
    with pytest.raises(UsageConflict, match=r"\{stem\} \{ext\} \{parent\}"):
        TargetNames(template)


@pytest.mark.parametrize("template", ["/tmp/{stem}.{ext}", "../{stem}.{ext}", "a/../../b.wav", "", "{stem}/", "."])
def test_a_name_stays_below_its_folder(template: str) -> None:
    with pytest.raises(UsageConflict, match="names no file below"):
        TargetNames(template)


def test_collisions_by_a_template_or_a_format_are_found_in_planning(tmp_path: Path) -> None:
    make(tmp_path / "in", "a.wav", "a.flac", "sub/b.wav")
    with pytest.raises(UsageConflict, match="would both be written"):
        plan_jobs([tmp_path / "in"], str(tmp_path / "out"), names=TargetNames("{stem}.wav"))
    with pytest.raises(UsageConflict, match="would both be written"):
        plan_jobs([tmp_path / "in"], str(tmp_path / "out"), names=TargetNames(None, OutputFormat("ogg")))
    plan = plan_jobs([tmp_path / "in"], str(tmp_path / "out"), names=TargetNames("{stem}-{parent}.{ext}"))
    assert [target for _, target in pairs(plan, tmp_path)] == ["out/a-in.flac", "out/a-in.wav", "out/sub/b-sub.wav"]


def test_a_second_run_beside_does_not_enhance_what_the_first_made(tmp_path: Path) -> None:
    make(tmp_path, "a.wav", "a_clean.wav", "b_clean.wav")
    plan = plan_jobs([tmp_path], None, Existing.REPLACE, names=TargetNames("{stem}_clean.{ext}"))
    assert pairs(plan, tmp_path) == [("a.wav", "a_clean.wav"), ("b_clean.wav", "b_clean_clean.wav")]


@pytest.mark.parametrize(
    ("output", "template", "wanted"),
    [
        ("b.wav", "{stem}.{ext}", OutputFormat()),
        ("-", "{stem}.{ext}", OutputFormat()),
        ("b.wav", None, OutputFormat("flac")),
        ("out/", "{stem}.mp3", OutputFormat("flac")),
        ("out/", "{stem}", OutputFormat()),
        ("out/", None, OutputFormat("flac", "FLOAT")),
        ("-", None, OutputFormat("flac", "FLOAT")),
        (None, None, OutputFormat("opus", None, 44_100)),
        (None, None, OutputFormat(None, "VORBIS")),
    ],
)
def test_what_cannot_be_is_refused_in_planning(
    tmp_path: Path, output: str | None, template: str | None, wanted: OutputFormat
) -> None:
    make(tmp_path, "a.wav")
    where = output if output in (None, "-") else f"{tmp_path}/{output}"
    with pytest.raises(UsageConflict):
        plan_jobs([tmp_path / "a.wav"], where, names=TargetNames(template, wanted))
