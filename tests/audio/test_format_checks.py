from pathlib import Path

import pytest

from denoise_cli.audio.format_checks import check_target, parse_output_format, suffixed
from denoise_cli.audio.output_format import OutputFormat
from denoise_cli.errors import UsageConflict


def test_names_are_taken_in_any_spelling() -> None:
    assert parse_output_format(".FLAC", "pcm-24", 44_100) == OutputFormat("flac", "PCM_24", 44_100)
    assert parse_output_format(None, "PCM_16", None) == OutputFormat(None, "PCM_16", None)
    assert parse_output_format(None, None, None) == OutputFormat()


def test_names_that_mean_nothing_are_refused_with_those_that_do() -> None:
    with pytest.raises(UsageConflict, match=r"--format vhs: there are .* flac .* wav"):
        parse_output_format("vhs", None, None)
    with pytest.raises(UsageConflict, match=r"--subtype pcm17: there are .* pcm16 .* float"):
        parse_output_format(None, "pcm17", None)


@pytest.mark.parametrize(
    ("target", "wanted", "reason"),
    [
        ("b.vhs", OutputFormat(), r"\.vhs names no format.*\.flac"),
        ("b", OutputFormat(), "no suffix"),
        ("b.wav", OutputFormat("flac"), "its suffix is not --format flac"),
        ("b.opus", OutputFormat("ogg"), "its suffix is not --format ogg"),
        ("b.flac", OutputFormat(subtype="FLOAT"), "flac cannot hold --subtype float; it holds pcms8 pcm16 pcm24"),
        ("b.mp3", OutputFormat(subtype="PCM_16"), "it holds mpeglayeriii$"),
        ("b", OutputFormat("opus", "VORBIS"), "opus cannot hold --subtype vorbis; it holds opus$"),
        ("b.opus", OutputFormat(sample_rate=44_100), "opus cannot hold --sample-rate 44100; it holds 8000 12000"),
        ("b.mp3", OutputFormat(sample_rate=96_000), "mpeglayeriii cannot hold --sample-rate 96000"),
    ],
)
def test_what_cannot_be_written_is_refused_with_what_can(target: str, wanted: OutputFormat, reason: str) -> None:
    with pytest.raises(UsageConflict, match=reason):
        check_target(Path("a.wav"), Path(target), wanted)


@pytest.mark.parametrize(
    ("source", "target", "wanted"),
    [
        ("a.xyz", "b.xyz", OutputFormat()),
        ("a.xyz", "b.xyz", OutputFormat(subtype="PCM_24", sample_rate=12_345)),
        ("a.wav", "b", OutputFormat("flac")),
        ("a.wav", "b.wave", OutputFormat("wav", "PCM_24", 44_100)),
        ("a.wav", "b.wav", OutputFormat("rf64")),
        ("a.wav", "b.oga", OutputFormat("opus", None, 48_000)),
        ("a.wav", "b.flac", OutputFormat(sample_rate=96_000)),
    ],
)
def test_what_can_be_written_is_let_through(source: str, target: str, wanted: OutputFormat) -> None:
    check_target(Path(source), Path(target), wanted)


def test_a_suffix_follows_the_format_and_keeps_its_case_otherwise() -> None:
    assert suffixed(Path("a.WAV"), OutputFormat()) == ".WAV"
    assert suffixed(Path("a.WAV"), OutputFormat("wav")) == ".WAV"
    assert suffixed(Path("a.b.WAV"), OutputFormat("flac")) == ".flac"
    assert suffixed(Path("bare"), OutputFormat()) == ""
