"""The metrics that `benchmark` knows: one row a family, one column a number of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from denoise_cli.errors import UsageConflict
from denoise_cli.metrics.composite import composite
from denoise_cli.metrics.dnsmos import dnsmos
from denoise_cli.metrics.frechet import paired_statistics, pooled_frechet_distance
from denoise_cli.metrics.loudness import loudness_change
from denoise_cli.metrics.pesq import narrowband_pesq, wideband_pesq
from denoise_cli.metrics.pitch import log2_pitch_error
from denoise_cli.metrics.segmental_snr import segmental_snr
from denoise_cli.metrics.si_sdr import si_sdr
from denoise_cli.metrics.spectral_distance import log_spectral_distance, multi_resolution_stft_error
from denoise_cli.metrics.speech_level import level_change
from denoise_cli.metrics.srmr import srmr
from denoise_cli.metrics.stoi import extended_stoi, stoi
from denoise_cli.metrics.validation import Signal

HIGHER, LOWER, ZERO, NEITHER = "higher", "lower", "zero", "neither"


@dataclass(frozen=True)
class Column:
    """One number: its key in JSON and CSV, its title in a table, its unit, what is best, its digits."""

    key: str
    title: str
    unit: str
    best: str  # HIGHER, LOWER, ZERO (closer to it), or NEITHER
    digits: int


@dataclass(frozen=True)
class Family:
    """What is computed at once.

    `measure` takes (reference, estimate, sample_rate) and returns a number for each column, in their order; without
    `needs_reference` the reference is not looked at, and may be the estimate. With `pooled`, `measure` returns what the
    file adds to a single number over all files, and `pooled` makes that number of them; there is one column.
    """

    name: str
    columns: tuple[Column, ...]
    measure: Callable[[Signal, Signal, int], Sequence[float]]
    needs_reference: bool = True
    pooled: Callable[[Sequence[Sequence[float]]], float] | None = None


def _one(
    key: str, title: str, unit: str, best: str, digits: int, measure: Callable[[Signal, Signal, int], float]
) -> Family:
    def measured(reference: Signal, estimate: Signal, sample_rate: int) -> Sequence[float]:
        return (measure(reference, estimate, sample_rate),)

    return Family(key, (Column(key, title, unit, best, digits),), measured)


_DNSMOS = (
    Column("dnsmos_sig", "DNSMOS SIG", "MOS", HIGHER, 2),
    Column("dnsmos_bak", "DNSMOS BAK", "MOS", HIGHER, 2),
    Column("dnsmos_ovrl", "DNSMOS OVRL", "MOS", HIGHER, 2),
)
_COMPOSITE = (
    Column("csig", "CSIG", "MOS", HIGHER, 2),
    Column("cbak", "CBAK", "MOS", HIGHER, 2),
    Column("covl", "COVL", "MOS", HIGHER, 2),
    Column("csig_rescaled", "CSIG, rescaled", "MOS", HIGHER, 2),
    Column("cbak_rescaled", "CBAK, rescaled", "MOS", HIGHER, 2),
    Column("covl_rescaled", "COVL, rescaled", "MOS", HIGHER, 2),
)
_PITCH = (
    Column("f0_error", "log2-F0 error", "semitones", LOWER, 2),
    Column("f0_voiced", "F0 frames compared", "share", NEITHER, 2),
)
_FRECHET = (Column("frechet_mel", "Frechet distance (mel)", "", LOWER, 0),)

# Measured by `workflows.recognition`, not by a Family: a recogniser hears each file once, whatever it is compared with
WORD_ERROR = Column("word_error", "word error", "%", LOWER, 1)
# The recogniser errs on clean speech as well: this one says what a system changes, not what can be understood
WORD_ERROR_CLEAN = Column("word_error_clean", "word error vs. words on clean", "%", LOWER, 1)

_ALL = (
    _one("pesq_wb", "PESQ wide band", "MOS", HIGHER, 2, wideband_pesq),
    _one("pesq_nb", "PESQ narrow band", "MOS", HIGHER, 2, narrowband_pesq),
    _one("stoi", "STOI", "", HIGHER, 3, stoi),
    _one("estoi", "ESTOI", "", HIGHER, 3, extended_stoi),
    _one("si_sdr", "SI-SDR", "dB", HIGHER, 1, lambda clean, output, _: si_sdr(clean, output)),
    _one("seg_snr", "segmental SNR", "dB", HIGHER, 1, segmental_snr),
    Family("composite", _COMPOSITE, composite),
    Family("dnsmos", _DNSMOS, lambda _, estimate, sample_rate: dnsmos(estimate, sample_rate), needs_reference=False),
    _one("lsd", "log-spectral distance", "", LOWER, 2, lambda clean, output, _: log_spectral_distance(clean, output)),
    _one("m_stft", "M-STFT error", "", LOWER, 2, lambda clean, output, _: multi_resolution_stft_error(clean, output)),
    Family("f0", _PITCH, log2_pitch_error),
    Family("frechet", _FRECHET, paired_statistics, pooled=pooled_frechet_distance),
    Family(
        "srmr",
        (Column("srmr", "SRMR", "", HIGHER, 1),),
        lambda _, estimate, sample_rate: (srmr(estimate, sample_rate),),
        needs_reference=False,
    ),
    _one("level_change", "speech level change", "dB", ZERO, 2, level_change),
    _one("loudness_change", "loudness change", "LU", ZERO, 2, loudness_change),
)
FAMILIES: Mapping[str, Family] = MappingProxyType({family.name: family for family in _ALL})


def select_families(names: Sequence[str], with_reference: bool) -> tuple[Family, ...]:
    """Families by the names of families or of their columns, in the table's order; all of them for no names.

    Without references, those that need one are left out of "all".
    Raises UsageConflict for a name that does not exist, and for one that needs a reference when there is none.
    """
    possible = [family for family in FAMILIES.values() if with_reference or not family.needs_reference]
    if not names:
        return tuple(possible)
    owner = {key: family for family in FAMILIES.values() for key in (family.name, *(c.key for c in family.columns))}
    for name in names:
        if name not in owner:
            raise UsageConflict(f"--metrics {name}: no such metric; there are {', '.join(owner)}")
        if owner[name] not in possible:
            raise UsageConflict(f"--metrics {name}: needs --clean")
    wanted = {owner[name].name for name in names}
    return tuple(family for family in possible if family.name in wanted)
