"""Which container and subtype a file is written in: the input's, unless its name says otherwise."""

from dataclasses import dataclass
from pathlib import PurePath

import soundfile

from denoise_cli.audio.output_format import OutputFormat
from denoise_cli.errors import UnwritableOutput

# Suffixes that are taken for audio in folders, and the container that each stands for in -o. libsndfile's names.
CONTAINERS = {
    ".wav": "WAV",
    ".wave": "WAV",
    ".bwf": "WAV",
    ".rf64": "RF64",
    ".w64": "W64",
    ".flac": "FLAC",
    ".ogg": "OGG",
    ".oga": "OGG",
    ".opus": "OGG",
    ".mp3": "MP3",
    ".aif": "AIFF",
    ".aiff": "AIFF",
    ".aifc": "AIFF",
    ".au": "AU",
    ".snd": "AU",
    ".caf": "CAF",
    ".sph": "NIST",
    ".nist": "NIST",
    ".voc": "VOC",
    ".ircam": "IRCAM",
    ".sf": "IRCAM",
    ".pvf": "PVF",
}
# What only ffmpeg reads and writes: its names of the container and of the codec that goes in unless the source has one.
FFMPEG_FORMATS = {
    ".mp4": ("mp4", "aac"),
    ".m4v": ("mp4", "aac"),
    ".mov": ("mov", "aac"),
    ".mkv": ("matroska", "aac"),
    ".webm": ("webm", "libopus"),
    ".avi": ("avi", "libmp3lame"),
    ".wmv": ("asf", "wmav2"),
    ".m4a": ("ipod", "aac"),
    ".m4b": ("ipod", "aac"),
    ".mka": ("matroska", "aac"),
    ".aac": ("adts", "aac"),
    ".wma": ("asf", "wmav2"),
    ".ac3": ("ac3", "ac3"),
}
FFMPEG_VIDEO = {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".wmv"}
_ENCODED = {"aac", "mp3", "opus", "vorbis", "flac", "alac", "ac3", "eac3", "mp2", "wmav1", "wmav2", "wavpack"}
FFMPEG = "FFMPEG"  # in place of a container; the subtype is then a codec by ffmpeg's name
FIXED_SUBTYPES = {".opus": "OPUS"}
_FAMILIES = ({"WAV", "WAVEX", "RF64"}, {"OGG"})  # what one suffix may hold besides its own container
# What comes closest where a container cannot hold a subtype; after these, the container's own default.
_NEAREST = {
    "PCM_S8": ("PCM_U8", "PCM_16"),
    "PCM_U8": ("PCM_S8", "PCM_16"),
    "PCM_24": ("PCM_32", "FLOAT"),
    "PCM_32": ("PCM_24", "FLOAT"),
    "FLOAT": ("DOUBLE", "PCM_24"),
    "DOUBLE": ("FLOAT", "PCM_24"),
}
_UNBOUNDED = {"FLOAT", "DOUBLE"}
_SAMPLE_BYTES = {
    "PCM_S8": 1,
    "PCM_U8": 1,
    "PCM_16": 2,
    "PCM_24": 3,
    "PCM_32": 4,
    "FLOAT": 4,
    "DOUBLE": 8,
    "ULAW": 1,
    "ALAW": 1,
}
_BITS = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}
_FLOAT_BITS = {"FLOAT": 32, "DOUBLE": 32}
RIFF_LIMIT = 2**32 - 2**16  # bytes; what a WAV header can say, less room for the header itself


@dataclass(frozen=True)
class Encoding:
    """Container, subtype and byte order in libsndfile's names: ("WAV", "PCM_24", "FILE"). Or FFMPEG with a codec."""

    container: str
    subtype: str
    endian: str = "FILE"

    @property
    def bounded(self) -> bool:
        """Whether samples beyond full scale are lost in it."""
        return self.subtype not in _UNBOUNDED

    def bytes_of(self, frames: int, channels: int) -> int:
        """Size of the samples; 0 for a compressed subtype."""
        return frames * channels * _SAMPLE_BYTES.get(self.subtype, 0)


def names_audio(path: PurePath) -> bool:
    """Whether a file in a folder is taken for audio, by its suffix."""
    return path.suffix.lower() in CONTAINERS or path.suffix.lower() in FFMPEG_FORMATS


def choose_encoding(
    source: Encoding, source_path: PurePath, target: PurePath, wanted: OutputFormat | None = None
) -> Encoding:
    """The encoding of the target: the source's, unless its suffix or what is wanted says otherwise."""
    asked = wanted or OutputFormat()
    suffix = f".{asked.name}" if asked.name else target.suffix.lower()
    chosen = _by_suffix(source, source_path.suffix.lower(), suffix)
    if asked.subtype is None:
        return chosen
    endian = chosen.endian if soundfile.check_format(chosen.container, asked.subtype, chosen.endian) else "FILE"
    return Encoding(chosen.container, asked.subtype, endian)


def _by_suffix(source: Encoding, source_suffix: str, suffix: str) -> Encoding:
    by_ffmpeg = source.container == FFMPEG
    if suffix in FFMPEG_FORMATS:
        kept = by_ffmpeg and suffix == source_suffix and can_be_encoded(source.subtype)
        return source if kept else Encoding(FFMPEG, FFMPEG_FORMATS[suffix][1])
    if suffix not in CONTAINERS or (suffix == source_suffix and not by_ffmpeg):
        return source
    container = CONTAINERS[suffix]
    for family in _FAMILIES:
        if container in family and source.container in family and suffix not in (".rf64", *FIXED_SUBTYPES):
            return source
    if suffix in FIXED_SUBTYPES:
        return Encoding(container, FIXED_SUBTYPES[suffix])
    for subtype in (source.subtype, *_NEAREST.get(source.subtype, ())):
        if subtype in _SAMPLE_BYTES and soundfile.check_format(container, subtype):
            return Encoding(container, subtype)
    return Encoding(container, soundfile.default_subtype(container))


def can_be_encoded(codec: str) -> bool:
    """Whether ffmpeg writes a codec, by ffprobe's name, and not only reads it."""
    return codec in _ENCODED or codec.startswith("pcm_")


def dither_bits(source: Encoding, target: Encoding) -> int | None:
    """Bits of the target where they are fewer than the source's, so that rounding needs dither; else None.

    A compressed source counts as 16 bits, a compressed target rounds nothing.
    """
    bits = _BITS.get(target.subtype)
    return bits if bits is not None and bits < _BITS.get(source.subtype, _FLOAT_BITS.get(source.subtype, 16)) else None


def check_length(encoding: Encoding, frames: int, channels: int, target: PurePath) -> None:
    """Raises UnwritableOutput where the container cannot say how long it is and has no larger kin."""
    if encoding.container == "AIFF" and encoding.bytes_of(frames, channels) > RIFF_LIMIT:
        raise UnwritableOutput(f"{target}: more than AIFF can say (4 GiB); choose --format caf, w64, rf64 or flac")


def grown(encoding: Encoding, frames: int, channels: int) -> Encoding:
    """RF64 in place of WAV where the samples are more than a WAV header can say (4 GiB)."""
    if encoding.container in ("WAV", "WAVEX") and encoding.bytes_of(frames, channels) > RIFF_LIMIT:
        return Encoding("RF64", encoding.subtype, encoding.endian)
    return encoding
