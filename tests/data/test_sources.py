import os
import re

import pytest

from denoise_cli.data.sources import SpeakerNaming, find_sources


def touch(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")


def found(kind, root, naming=None, clean=None):
    return list(find_sources(kind, root, naming or SpeakerNaming(), clean))


def test_audio_is_found_in_a_fixed_order_and_other_files_are_passed_over(tmp_path):
    touch(tmp_path, "b/2.wav", "b/1.flac", "a/x.OGG", "b/notes.txt", "b/.hidden.wav", "manifest.tsv", "c/talk.m4a")
    assert [source.relative for source in found("noise", tmp_path)] == ["a/x.OGG", "b/1.flac", "b/2.wav", "c/talk.m4a"]


def test_links_that_lead_back_end(tmp_path):
    touch(tmp_path, "a/1.wav")
    (tmp_path / "a" / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    (tmp_path / "again").symlink_to(tmp_path / "a", target_is_directory=True)
    assert [source.relative for source in found("noise", tmp_path)] == ["a/1.wav"]


@pytest.mark.parametrize(
    ("naming", "speaker"),
    [
        (SpeakerNaming(), "set/anna/day1"),
        (SpeakerNaming(depth=2), "set/anna"),
        (SpeakerNaming(depth=9), "set/anna/day1"),
        (SpeakerNaming(pattern=re.compile(r"p\d+")), "p226"),
        (SpeakerNaming(pattern=re.compile(r"/(p\d)\d+_")), "p2"),
        (SpeakerNaming(pattern=re.compile("nobody")), None),
    ],
)
def test_speaker_is_named_by_folders_or_by_a_pattern(tmp_path, naming, speaker):
    touch(tmp_path, "set/anna/day1/p226_001.wav")
    assert found("speech", tmp_path, naming)[0].speaker == speaker
    assert found("noise", tmp_path, naming)[0].speaker is None


def test_files_in_the_root_belong_to_a_speaker_of_its_name(tmp_path):
    touch(tmp_path / "kerstin", "1.wav")
    assert found("speech", tmp_path / "kerstin")[0].speaker == "kerstin"


def test_source_set_is_the_root_and_what_divides_it_but_never_the_speaker(tmp_path):
    root = tmp_path / "data"
    touch(root, "libri/anna/1.wav", "bert/1.wav", "0.wav")
    assert [source.source_set for source in found("speech", root)] == ["data", "data", "data/libri"]
    assert [source.source_set for source in found("noise", root)] == ["data", "data/bert", "data/libri"]


def test_nearest_licence_within_the_root_is_named_and_a_readme_only_without_one(tmp_path):
    root = tmp_path / "data"
    touch(tmp_path, "LICENSE")
    touch(root, "README.md", "a/1.wav", "b/LICENCE.txt", "b/README", "b/deep/1.wav", "c/copying", "c/1.wav")
    licences = {source.relative: source.licence for source in found("noise", root)}
    assert licences == {
        "a/1.wav": "data/README.md",
        "b/deep/1.wav": "data/b/LICENCE.txt",
        "c/1.wav": "data/c/copying",
    }


def test_clean_counterpart_has_the_same_name_with_any_suffix(tmp_path):
    touch(tmp_path / "noisy", "a/1.wav", "a/2.wav", "a/3.wav")
    touch(tmp_path / "clean", "a/1.wav", "a/2.flac", "3.wav")
    clean = [source.clean for source in found("pair", tmp_path / "noisy", clean=tmp_path / "clean")]
    assert clean == [tmp_path / "clean/a/1.wav", tmp_path / "clean/a/2.flac", None]


@pytest.mark.skipif(os.geteuid() == 0 if hasattr(os, "geteuid") else True, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_named(tmp_path):
    touch(tmp_path, "a/1.wav")
    (tmp_path / "a").chmod(0)
    try:
        assert [source.path for source in found("noise", tmp_path)] == [tmp_path / "a"]
    finally:
        (tmp_path / "a").chmod(0o755)
