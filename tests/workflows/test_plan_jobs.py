import os
from pathlib import Path

import pytest

from denoise_cli.errors import UsageConflict
from denoise_cli.workflows.plan_jobs import (
    STANDARD_STREAM,
    Existing,
    Job,
    Plan,
    Shard,
    parse_shard,
    path_named,
    plan_jobs,
)


def make(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
    return root


def pairs(plan: Plan, root: Path) -> list[tuple[str, str]]:
    return [(str(job.source.relative_to(root)), str(job.target.relative_to(root))) for job in plan.jobs]


def test_without_a_target_files_land_beside_their_sources(tmp_path: Path) -> None:
    make(tmp_path, "a.wav", "b c.FLAC", "bare")
    plan = plan_jobs([tmp_path / "a.wav", tmp_path / "b c.FLAC", tmp_path / "bare"], None)
    assert pairs(plan, tmp_path) == [
        ("a.wav", "a.enhanced.wav"),
        ("b c.FLAC", "b c.enhanced.FLAC"),
        ("bare", "bare.enhanced"),
    ]


def test_one_file_goes_to_a_file(tmp_path: Path) -> None:
    make(tmp_path, "a.wav")
    assert pairs(plan_jobs([tmp_path / "a.wav"], str(tmp_path / "new/b.flac")), tmp_path) == [("a.wav", "new/b.flac")]


@pytest.mark.parametrize("output", ["out/", "there"])
def test_one_file_goes_into_a_folder(tmp_path: Path, output: str) -> None:
    make(tmp_path, "a.wav", "there/x.txt")
    plan = plan_jobs([tmp_path / "a.wav"], str(tmp_path) + "/" + output)
    assert pairs(plan, tmp_path) == [("a.wav", output.rstrip("/") + "/a.wav")]


def test_several_files_go_into_a_folder(tmp_path: Path) -> None:
    make(tmp_path, "a.wav", "d/b.wav")
    plan = plan_jobs([tmp_path / "a.wav", tmp_path / "d/b.wav"], str(tmp_path / "out"))
    assert pairs(plan, tmp_path) == [("a.wav", "out/a.wav"), ("d/b.wav", "out/b.wav")]


def test_a_folder_keeps_its_tree_and_only_its_audio_counts(tmp_path: Path) -> None:
    make(tmp_path / "in", "z.wav", "sub/b.Flac", "sub/deep/c.mp3", "notes.txt", ".hidden.wav", "._a.wav", ".git/d.wav")
    plan = plan_jobs([tmp_path / "in"], str(tmp_path / "out"))
    assert pairs(plan, tmp_path) == [
        ("in/sub/b.Flac", "out/sub/b.Flac"),
        ("in/sub/deep/c.mp3", "out/sub/deep/c.mp3"),
        ("in/z.wav", "out/z.wav"),
    ]
    assert pairs(plan_jobs([tmp_path / "in"], str(tmp_path / "out"), recursive=False), tmp_path) == [
        ("in/z.wav", "out/z.wav")
    ]


def test_a_second_run_does_not_enhance_what_the_first_made(tmp_path: Path) -> None:
    make(tmp_path / "in", "a.wav", "a.enhanced.wav", "out/a.wav", "out/sub/b.wav", "sub/b.wav")
    inside = plan_jobs([tmp_path / "in"], str(tmp_path / "in/out"), Existing.REPLACE)
    assert pairs(inside, tmp_path / "in") == [
        ("a.enhanced.wav", "out/a.enhanced.wav"),
        ("a.wav", "out/a.wav"),
        ("sub/b.wav", "out/sub/b.wav"),
    ]
    beside = plan_jobs([tmp_path / "in"], None, Existing.REPLACE)
    assert "a.enhanced.wav" not in [source for source, _ in pairs(beside, tmp_path / "in")]


def test_named_files_are_tried_whatever_their_suffix(tmp_path: Path) -> None:
    make(tmp_path, "a.xyz", ".hidden.wav")
    plan = plan_jobs([tmp_path / "a.xyz", tmp_path / ".hidden.wav"], str(tmp_path / "out/"))
    assert len(plan.jobs) == 2


def test_naming_a_file_twice_is_naming_it_once(tmp_path: Path) -> None:
    make(tmp_path, "a.wav")
    assert len(plan_jobs([tmp_path / "a.wav"] * 2, None).jobs) == 1


def test_two_sources_for_one_target_are_refused(tmp_path: Path) -> None:
    make(tmp_path, "a/x.wav", "b/x.wav")
    with pytest.raises(UsageConflict, match=r"a/x\.wav and .*b/x\.wav: would both be written to .*out/x\.wav"):
        plan_jobs([tmp_path / "a/x.wav", tmp_path / "b/x.wav"], str(tmp_path / "out"))
    (tmp_path / "link").symlink_to(tmp_path)
    make(tmp_path, "x.wav")
    with pytest.raises(UsageConflict, match="would both"):
        plan_jobs([tmp_path / "x.wav", tmp_path / "link/x.wav"], None)


def test_an_input_is_never_a_target_of_another(tmp_path: Path) -> None:
    make(tmp_path, "a/x.wav", "b/x.wav")
    with pytest.raises(UsageConflict, match="another input"):
        plan_jobs([tmp_path / "a/x.wav", tmp_path / "b/x.wav"], str(tmp_path / "b"), Existing.REPLACE)


def test_existing_targets_are_refused_replaced_or_skipped_as_asked(tmp_path: Path) -> None:
    make(tmp_path, *[f"in/{n}.wav" for n in range(6)], *[f"out/{n}.wav" for n in range(5)])
    with pytest.raises(UsageConflict, match=r"0\.wav.*1\.wav.*2\.wav and 2 more: exist; use --overwrite"):
        plan_jobs([tmp_path / "in"], str(tmp_path / "out"))
    assert len(plan_jobs([tmp_path / "in"], str(tmp_path / "out"), Existing.REPLACE).jobs) == 6
    skipping = plan_jobs([tmp_path / "in"], str(tmp_path / "out"), Existing.SKIP)
    assert [job.source.name for job in skipping.jobs] == ["5.wav"]
    assert len(skipping.skipped) == 5


def test_a_file_is_not_enhanced_into_itself_by_accident(tmp_path: Path) -> None:
    make(tmp_path, "a.wav")
    with pytest.raises(UsageConflict, match="exists"):
        plan_jobs([tmp_path / "a.wav"], str(tmp_path / "a.wav"))
    with pytest.raises(UsageConflict, match="exists"):
        plan_jobs([tmp_path], str(tmp_path))


def test_a_folder_in_the_way_is_never_replaced(tmp_path: Path) -> None:
    make(tmp_path, "in/a.wav", "out/a.wav/file")
    with pytest.raises(UsageConflict, match="is a folder"):
        plan_jobs([tmp_path / "in"], str(tmp_path / "out"), Existing.REPLACE)


@pytest.mark.parametrize(
    ("inputs", "output", "reason"),
    [
        (["gone.wav"], None, "gone.wav: No such file"),
        (["empty"], None, "empty: no audio files"),
        (["a.wav"], "b.doc", "doc names no format"),
        (["a.wav"], "b", "no suffix"),
        (["a.wav", "b.wav"], "c.wav", "c.wav: is a file"),
        (["tree"], "c.wav", "c.wav: is a file"),
        (["a.wav"], "c.wav/", "c.wav: is a file"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, inputs: list[str], output: str | None, reason: str) -> None:
    make(tmp_path, "a.wav", "b.wav", "c.wav", "tree/d.wav", "empty/x.txt")
    where = None if output is None else str(tmp_path) + "/" + output
    with pytest.raises(UsageConflict, match=reason):
        plan_jobs([tmp_path / name for name in inputs], where)


@pytest.mark.skipif(os.name == "nt", reason="no such links or names there")
def test_loops_of_links_end_and_other_links_are_followed(tmp_path: Path) -> None:
    make(tmp_path, "in/a.wav", "in/sub/b.wav", "elsewhere/c.wav")
    (tmp_path / "in/sub/loop").symlink_to(tmp_path / "in")
    (tmp_path / "in/other").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "in/dangling.wav").symlink_to(tmp_path / "gone.wav")
    plan = plan_jobs([tmp_path / "in"], str(tmp_path / "out"))
    assert [target for _, target in pairs(plan, tmp_path)] == ["out/a.wav", "out/other/c.wav", "out/sub/b.wav"]


@pytest.mark.skipif(os.name == "nt", reason="no such names there")
@pytest.mark.parametrize("name", ["-o.wav", "new\nline.wav", "\udcff\udcfe.wav", "日本 語.wav", "a.b.c.wav"])
def test_names_are_taken_as_they_are(tmp_path: Path, name: str) -> None:
    make(tmp_path, f"in/{name}")
    assert [job.target.name for job in plan_jobs([tmp_path / "in"], str(tmp_path / "out")).jobs] == [name]


@pytest.mark.skipif(os.name == "nt", reason="no pipes there")
def test_a_pipe_is_not_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(UsageConflict, match="neither a file nor a folder"):
        plan_jobs([tmp_path / "pipe.wav"], None)


def test_standard_streams_stand_for_one_file_each(tmp_path: Path) -> None:
    make(tmp_path, "a.wav", "there.wav")
    wav, out = tmp_path / "a.wav", tmp_path / "out.flac"
    assert plan_jobs([STANDARD_STREAM], None).jobs == (Job(STANDARD_STREAM, STANDARD_STREAM),)
    assert plan_jobs([STANDARD_STREAM], "-").jobs == (Job(STANDARD_STREAM, STANDARD_STREAM),)
    assert plan_jobs([STANDARD_STREAM], str(out)).jobs == (Job(STANDARD_STREAM, out),)
    assert plan_jobs([wav], "-").jobs == (Job(wav, STANDARD_STREAM),)
    with pytest.raises(UsageConflict, match="exists"):
        plan_jobs([STANDARD_STREAM], str(tmp_path / "there.wav"))


@pytest.mark.parametrize(
    ("inputs", "output"),
    [(["-", "a.wav"], "out/"), (["a.wav", "b.wav"], "-"), (["in"], "-"), (["-"], "out/"), (["-"], "in"),
     (["-"], "a.doc"), (["gone.wav"], "-")],
)  # fmt: skip
def test_standard_streams_take_no_folders_and_no_company(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inputs: list[str], output: str
) -> None:
    make(tmp_path, "a.wav", "b.wav", "in/c.wav")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageConflict):
        plan_jobs([Path(name) for name in inputs], output)


def test_a_file_whose_name_is_a_dash_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "-")
    monkeypatch.chdir(tmp_path)
    assert plan_jobs([path_named("./-")], "b.wav").jobs == (Job(tmp_path / "-", Path("b.wav")),)
    with pytest.raises(UsageConflict, match="exists"):
        plan_jobs([STANDARD_STREAM], "./-")


def test_what_is_removed_goes_to_a_file_or_a_tree_of_its_own(tmp_path: Path) -> None:
    make(tmp_path, "in/a.wav", "in/sub/b.flac", "in/noise/old.wav")
    one = plan_jobs([tmp_path / "in/a.wav"], str(tmp_path / "o.wav"), residual=str(tmp_path / "r.wav"))
    assert one.jobs == (Job(tmp_path / "in/a.wav", tmp_path / "o.wav", tmp_path / "r.wav"),)
    tree = plan_jobs([tmp_path / "in"], str(tmp_path / "in/out"), residual=str(tmp_path / "in/noise"))
    assert [str(job.residual.relative_to(tmp_path)) for job in tree.jobs if job.residual] == [
        "in/noise/a.wav",
        "in/noise/sub/b.flac",
    ]


@pytest.mark.parametrize("residual", ["out.wav", "a.wav", "there.wav", "b.doc"])
def test_what_is_removed_overwrites_nothing(tmp_path: Path, residual: str) -> None:
    make(tmp_path, "a.wav", "there.wav")
    with pytest.raises(UsageConflict):
        plan_jobs([tmp_path / "a.wav"], str(tmp_path / "out.wav"), residual=str(tmp_path / residual))
    if residual == "a.wav":
        with pytest.raises(UsageConflict, match="over it"):
            plan_jobs(
                [tmp_path / "a.wav"], str(tmp_path / "out.wav"), Existing.REPLACE, residual=str(tmp_path / "a.wav")
            )


def test_parts_of_a_plan_are_the_plan(tmp_path: Path) -> None:
    make(tmp_path, *[f"in/{number:02}.wav" for number in range(11)])
    whole = plan_jobs([tmp_path / "in"], str(tmp_path / "out"))
    parts = [plan_jobs([tmp_path / "in"], str(tmp_path / "out"), shard=parse_shard(f"{i}/3")) for i in (1, 2, 3)]
    assert sorted((job for part in parts for job in part.jobs), key=lambda job: job.source) == list(whole.jobs)
    assert [len(part.jobs) for part in parts] == [4, 4, 3]
    assert plan_jobs([tmp_path / "in"], str(tmp_path / "out"), shard=parse_shard("12/12")).jobs == ()


def test_parts_do_not_depend_on_what_others_have_done(tmp_path: Path) -> None:
    make(tmp_path, *[f"in/{number}.wav" for number in range(6)])
    part = plan_jobs([tmp_path / "in"], str(tmp_path / "out"), shard=Shard(2, 2))
    make(tmp_path, "out/0.wav", "out/2.wav", "out/1.wav")
    again = plan_jobs([tmp_path / "in"], str(tmp_path / "out"), Existing.SKIP, shard=Shard(2, 2))
    assert (*again.skipped, *again.jobs) == part.jobs
    with pytest.raises(UsageConflict, match=r"1\.wav: exists"):
        plan_jobs([tmp_path / "in"], str(tmp_path / "out"), shard=Shard(2, 2))


@pytest.mark.parametrize("text", ["", "1", "0/4", "5/4", "-1/4", "1/0", "1/4/2", "a/b", "1.5/4", " 1/4", "\u0661/4"])
def test_a_part_that_there_is_not_is_refused(text: str) -> None:
    with pytest.raises(UsageConflict, match="I from 1 to N"):
        parse_shard(text)
