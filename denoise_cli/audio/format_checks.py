"""Whether what is asked of the files written is possible: decided by names, before anything is opened."""

from pathlib import PurePath

import soundfile

from denoise_cli.audio.formats import CONTAINERS, FFMPEG_FORMATS, FIXED_SUBTYPES, Encoding
from denoise_cli.audio.output_format import OutputFormat
from denoise_cli.errors import UsageConflict

OPUS_RATES = (8_000, 12_000, 16_000, 24_000, 48_000)
MPEG_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
_RATES = {"OPUS": OPUS_RATES, "MPEG_LAYER_III": MPEG_RATES}
_ONLY_READ = {"MPEG_LAYER_I", "MPEG_LAYER_II"}


def parse_output_format(name: str | None, subtype: str | None, sample_rate: int | None) -> OutputFormat:
    """What --format, --subtype and --sample-rate ask for; "PCM_24", "pcm24" and "pcm-24" are one subtype.

    Raises UsageConflict for names that mean nothing, with those that do.
    """
    if name is not None:
        name = name.lower().lstrip(".")
        if f".{name}" not in CONTAINERS and f".{name}" not in FFMPEG_FORMATS:
            known = " ".join(suffix[1:] for suffix in _known_suffixes())
            raise UsageConflict(f"--format {name}: there are {known}")
    if subtype is not None:
        subtypes = {_plain(known): known for known in soundfile.available_subtypes()}
        if _plain(subtype) not in subtypes:
            raise UsageConflict(f"--subtype {subtype}: there are {' '.join(subtypes)}")
        subtype = subtypes[_plain(subtype)]
    return OutputFormat(name, subtype, sample_rate)


def check_target(source: PurePath, target: PurePath, wanted: OutputFormat) -> None:
    """Raises UsageConflict when nothing names a format that can be written, or that cannot hold what is wanted.

    What depends on the content of the source is found out when it is opened.
    """
    suffix = target.suffix.lower()
    writable = suffix in CONTAINERS or suffix in FFMPEG_FORMATS
    if not writable and suffix != source.suffix.lower() and wanted.name is None:
        known = " ".join(_known_suffixes())
        what = f"{suffix} names no format that can be written" if suffix else "has no suffix to name a format"
        raise UsageConflict(f"{target}: {what}; there are {known} (a folder ends in /)")
    if wanted.name is not None:
        if writable and not _agree(suffix, wanted.name):
            raise UsageConflict(f"{target}: its suffix is not --format {wanted.name}; leave one of them out")
        suffix = f".{wanted.name}"
    if suffix in CONTAINERS:
        _check_subtype(target, suffix, wanted)
        _check_rate(target, suffix, wanted)
    elif suffix in FFMPEG_FORMATS:
        _check_ffmpeg(source, target, suffix, wanted)


def possible_rates(encoding: Encoding) -> tuple[int, ...]:
    """Rates in Hz that an encoding takes; empty where it takes any."""
    return _RATES.get(encoding.subtype, ())


def suffixed(path: PurePath, wanted: OutputFormat) -> str:
    """The suffix of a target for a source, with its dot: the source's unless another format is wanted."""
    if wanted.name is None or path.suffix.lower() == f".{wanted.name}":
        return path.suffix
    return f".{wanted.name}"


def _known_suffixes() -> list[str]:
    return sorted([*CONTAINERS, *FFMPEG_FORMATS])


def _check_ffmpeg(source: PurePath, target: PurePath, suffix: str, wanted: OutputFormat) -> None:
    from denoise_cli.audio.ffmpeg_probe import is_installed  # here: most targets need nothing of it

    if wanted.subtype is not None:
        raise UsageConflict(
            f"{target}: {suffix} is encoded by ffmpeg, so --subtype {_plain(wanted.subtype)} is not for it"
        )
    if suffix != source.suffix.lower() and not is_installed():  # the same suffix fails by itself, alone
        raise UsageConflict(f"{target}: {suffix} is written by ffmpeg; install ffmpeg, or choose .wav or .flac")


def _plain(subtype: str) -> str:
    return subtype.lower().replace("_", "").replace("-", "")


def _agree(suffix: str, name: str) -> bool:
    if suffix == f".{name}" or suffix in FIXED_SUBTYPES:
        return suffix == f".{name}"
    if suffix in FFMPEG_FORMATS or f".{name}" in FFMPEG_FORMATS:
        return False
    container = CONTAINERS[f".{name}"]
    return CONTAINERS[suffix] == container or (CONTAINERS[suffix], container) == ("WAV", "RF64")


def _check_subtype(target: PurePath, suffix: str, wanted: OutputFormat) -> None:
    if wanted.subtype is None:
        return
    container = CONTAINERS[suffix]
    fixed = FIXED_SUBTYPES.get(suffix)
    possible = (
        [fixed] if fixed else [each for each in soundfile.available_subtypes(container) if each not in _ONLY_READ]
    )
    if wanted.subtype not in possible:
        raise UsageConflict(
            f"{target}: {suffix[1:]} cannot hold --subtype {_plain(wanted.subtype)}; "
            f"it holds {' '.join(map(_plain, possible))}"
        )


def _check_rate(target: PurePath, suffix: str, wanted: OutputFormat) -> None:
    container = CONTAINERS[suffix]
    subtype = wanted.subtype or FIXED_SUBTYPES.get(suffix) or soundfile.default_subtype(container)
    rates = _RATES.get(subtype, ())
    if rates and wanted.sample_rate is not None and wanted.sample_rate not in rates:
        raise UsageConflict(
            f"{target}: {_plain(subtype)} cannot hold --sample-rate {wanted.sample_rate}; "
            f"it holds {' '.join(map(str, rates))}"
        )
