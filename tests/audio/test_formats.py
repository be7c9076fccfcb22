from pathlib import Path

import pytest

from denoise_cli.audio.formats import Encoding, check_target_suffix, choose_encoding, grown, names_audio
from denoise_cli.errors import UsageConflict


@pytest.mark.parametrize(
    ("container", "subtype", "source", "target", "expected"),
    [
        ("WAV", "PCM_24", "a.wav", "b.wav", ("WAV", "PCM_24")),
        ("WAVEX", "FLOAT", "a.WAV", "b.wav", ("WAVEX", "FLOAT")),
        ("WAVEX", "PCM_24", "a.wav", "b.wave", ("WAVEX", "PCM_24")),
        ("WAV", "PCM_24", "a.wav", "b.flac", ("FLAC", "PCM_24")),
        ("WAV", "FLOAT", "a.wav", "b.flac", ("FLAC", "PCM_24")),
        ("WAV", "PCM_U8", "a.wav", "b.flac", ("FLAC", "PCM_S8")),
        ("WAV", "PCM_16", "a.wav", "b.ogg", ("OGG", "VORBIS")),
        ("WAV", "PCM_16", "a.wav", "b.opus", ("OGG", "OPUS")),
        ("WAV", "PCM_16", "a.wav", "b.mp3", ("MP3", "MPEG_LAYER_III")),
        ("MP3", "MPEG_LAYER_III", "a.mp3", "b.wav", ("WAV", "PCM_16")),
        ("MP3", "MPEG_LAYER_III", "a.mp3", "b.mp3", ("MP3", "MPEG_LAYER_III")),
        ("OGG", "OPUS", "a.opus", "b.ogg", ("OGG", "OPUS")),
        ("OGG", "VORBIS", "a.ogg", "b.opus", ("OGG", "OPUS")),
        ("WAV", "PCM_16", "a.wav", "b.rf64", ("RF64", "PCM_16")),
        ("RF64", "PCM_16", "a.wav", "b.wav", ("RF64", "PCM_16")),
        ("FLAC", "PCM_24", "a.FLAC", "b.aiff", ("AIFF", "PCM_24")),
        ("WAV", "IMA_ADPCM", "a.wav", "b.flac", ("FLAC", "PCM_16")),
        ("WAV", "PCM_16", "recording", "recording.enhanced", ("WAV", "PCM_16")),
    ],
)
def test_encoding_is_kept_unless_the_name_says_otherwise(
    container: str, subtype: str, source: str, target: str, expected: tuple[str, str]
) -> None:
    chosen = choose_encoding(Encoding(container, subtype), Path(source), Path(target))
    assert (chosen.container, chosen.subtype) == expected


def test_a_suffix_that_names_no_format_is_an_error_with_those_that_do() -> None:
    with pytest.raises(UsageConflict, match=r"\.m4a names no format.*\.flac"):
        check_target_suffix(Path("a.wav"), Path("b.m4a"))
    with pytest.raises(UsageConflict, match="no suffix"):
        check_target_suffix(Path("a.wav"), Path("b"))
    check_target_suffix(Path("a.xyz"), Path("b.xyz"))


def test_wav_grows_into_rf64_where_its_header_ends() -> None:
    wav = Encoding("WAV", "PCM_24")
    assert grown(wav, 1_000_000, 2) == wav
    assert grown(wav, 716_000_000, 2).container == "RF64"
    assert grown(wav, 716_000_000, 2).subtype == "PCM_24"
    assert grown(Encoding("FLAC", "PCM_24"), 716_000_000, 2).container == "FLAC"


def test_suffixes_are_compared_without_case() -> None:
    assert names_audio(Path("A.WAV")) and names_audio(Path("b.Flac"))
    assert not names_audio(Path("notes.txt")) and not names_audio(Path("wav"))
