"""How a model on the Hugging Face Hub is named: owner/name, owner/name@revision, or either behind `hub:`."""

import re
from dataclasses import dataclass

PREFIX = "hub:"
_PART = r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}"
_REFERENCE = re.compile(rf"(?P<repository>{_PART}/{_PART})(?:@(?P<revision>[A-Za-z0-9][A-Za-z0-9._/-]{{0,95}}))?")


@dataclass(frozen=True)
class Reference:
    """A repository of a model, and a branch, tag or commit of it; None: its main branch."""

    repository: str
    revision: str | None = None

    def __str__(self) -> str:
        return self.repository if self.revision is None else f"{self.repository}@{self.revision}"


def parse_reference(name: str) -> Reference | None:
    """The reference that a name is, or None when it cannot be one."""
    found = _REFERENCE.fullmatch(name.removeprefix(PREFIX))
    if found is None or ".." in name:
        return None
    return Reference(found["repository"], found["revision"])
