"""What targets are called where a user names only a folder, or nothing: by a template."""

from pathlib import Path, PurePath
from string import Formatter

from denoise_cli.audio.format_checks import suffixed
from denoise_cli.audio.output_format import OutputFormat
from denoise_cli.errors import UsageConflict

MARK = ".enhanced"  # in the names of targets beside their sources
FIELDS = ("stem", "ext", "parent")


class TargetNames:
    """Names of targets after their sources.

    template: {stem} is the source's name without suffix, {ext} the target's suffix without dot, {parent} the name of
    the folder that the source lies in; it may have folders in it. None: {stem}.{ext}, and {stem}.enhanced.{ext} beside.
    """

    def __init__(self, template: str | None = None, written: OutputFormat | None = None) -> None:
        """Raises UsageConflict for a field that there is not, and for a name that leads out of the folder."""
        if template is not None:
            _check(template)
        self.template = template
        self.written = written or OutputFormat()

    def below(self, source: Path, place: Path) -> Path:
        """Below an output folder, where `place` is the source's own place in its tree."""
        return place.parent / self._name(source, self.template or "{stem}.{ext}")

    def beside(self, source: Path) -> Path:
        """In the source's own folder."""
        return source.parent / self._name(source, self.template or f"{{stem}}{MARK}.{{ext}}")

    def _name(self, source: Path, template: str) -> str:
        suffix = suffixed(source, self.written)
        name = template.format(stem=source.stem, ext=suffix[1:], parent=source.absolute().parent.name)
        return (name if suffix else name.removesuffix(".")).lstrip("/")


def _check(template: str) -> None:
    known = " ".join(f"{{{field}}}" for field in FIELDS)
    try:
        parts = list(Formatter().parse(template))
    except ValueError as error:
        raise UsageConflict(f"--filename {template}: {str(error).lower()}; there are {known}") from error
    for _, field, form, conversion in parts:
        if field is not None and (field not in FIELDS or form or conversion):
            raise UsageConflict(f"--filename {template}: there is no {{{field}}} like that; there are {known}")
    path = PurePath(template)
    if path.is_absolute() or ".." in path.parts or not path.name or template.endswith("/"):
        raise UsageConflict(f"--filename {template}: names no file below the output folder; -o says where that is")
