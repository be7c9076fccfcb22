from pathlib import Path

import pytest

from denoise_cli.audio.formats import Encoding, check_length, choose_encoding, dither_bits, grown, names_audio
from denoise_cli.audio.output_format import OutputFormat
from denoise_cli.errors import UnwritableOutput


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
        ("WAV", "PCM_24", "a.wav", "b.webm", ("FFMPEG", "libopus")),
        ("FFMPEG", "aac", "a.mp4", "b.mp4", ("FFMPEG", "aac")),
        ("FFMPEG", "pcm_s16le", "a.MOV", "b.mov", ("FFMPEG", "pcm_s16le")),
        ("FFMPEG", "dts", "a.mkv", "b.mkv", ("FFMPEG", "aac")),
        ("FFMPEG", "opus", "a.webm", "b.mp4", ("FFMPEG", "aac")),
        ("FFMPEG", "aac", "a.mp4", "b.flac", ("FLAC", "PCM_16")),
        ("FFMPEG", "atrac3", "a.wav", "b.wav", ("WAV", "PCM_16")),
    ],
)
def test_encoding_is_kept_unless_the_name_says_otherwise(
    container: str, subtype: str, source: str, target: str, expected: tuple[str, str]
) -> None:
    chosen = choose_encoding(Encoding(container, subtype), Path(source), Path(target))
    assert (chosen.container, chosen.subtype) == expected


@pytest.mark.parametrize(
    ("source", "target", "wanted", "expected"),
    [
        ("a.wav", "b.wav", OutputFormat(subtype="PCM_16"), ("WAV", "PCM_16")),
        ("a.wav", "b.wav", OutputFormat("wav"), ("WAV", "PCM_24")),
        ("a.wav", "b.wav", OutputFormat("rf64"), ("RF64", "PCM_24")),
        ("a.wav", "b.flac", OutputFormat("flac", "PCM_16"), ("FLAC", "PCM_16")),
        ("a.wav", "b.dat", OutputFormat("ogg"), ("OGG", "VORBIS")),
        ("a.wav", "b.ogg", OutputFormat("opus"), ("OGG", "OPUS")),
        ("a.wav", "b.ogg", OutputFormat("ogg", "OPUS"), ("OGG", "OPUS")),
    ],
)
def test_what_is_wanted_decides_over_source_and_name(
    source: str, target: str, wanted: OutputFormat, expected: tuple[str, str]
) -> None:
    chosen = choose_encoding(Encoding("WAV", "PCM_24"), Path(source), Path(target), wanted)
    assert (chosen.container, chosen.subtype) == expected


def test_a_byte_order_that_the_subtype_cannot_have_is_not_kept() -> None:
    source = Encoding("AIFF", "PCM_16", "LITTLE")
    assert choose_encoding(source, Path("a.aiff"), Path("b.aiff"), OutputFormat(subtype="PCM_24")).endian == "LITTLE"
    assert choose_encoding(source, Path("a.aiff"), Path("b.aiff"), OutputFormat(subtype="FLOAT")).endian == "FILE"


@pytest.mark.parametrize(
    ("source", "target", "bits"),
    [
        ("PCM_24", "PCM_16", 16),
        ("FLOAT", "PCM_24", 24),
        ("DOUBLE", "PCM_16", 16),
        ("PCM_16", "PCM_U8", 8),
        ("VORBIS", "PCM_S8", 8),
        ("VORBIS", "PCM_16", None),
        ("PCM_16", "PCM_16", None),
        ("PCM_16", "PCM_24", None),
        ("PCM_24", "FLOAT", None),
        ("PCM_24", "VORBIS", None),
        ("FLOAT", "PCM_32", None),
    ],
)
def test_fewer_bits_want_dither(source: str, target: str, bits: int | None) -> None:
    assert dither_bits(Encoding("WAV", source), Encoding("WAV", target)) == bits


def test_wav_grows_into_rf64_where_its_header_ends() -> None:
    wav = Encoding("WAV", "PCM_24")
    assert grown(wav, 1_000_000, 2) == wav
    assert grown(wav, 716_000_000, 2).container == "RF64"
    assert grown(wav, 716_000_000, 2).subtype == "PCM_24"
    assert grown(Encoding("FLAC", "PCM_24"), 716_000_000, 2).container == "FLAC"


def test_what_no_container_of_its_kind_can_say_is_refused() -> None:
    check_length(Encoding("AIFF", "PCM_24"), 715_000_000, 2, Path("a.aiff"))
    with pytest.raises(UnwritableOutput, match=r"a\.aiff: more than AIFF can say .* --format caf"):
        check_length(Encoding("AIFF", "PCM_24"), 716_000_000, 2, Path("a.aiff"))


def test_suffixes_are_compared_without_case() -> None:
    assert names_audio(Path("A.WAV")) and names_audio(Path("b.Flac"))
    assert not names_audio(Path("notes.txt")) and not names_audio(Path("wav"))
