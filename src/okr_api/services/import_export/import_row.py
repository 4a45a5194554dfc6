"""`ImportRow`: a row with its id here and the entity known under it; own ids, as exports spell them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from .row_parser import ParsedRow

T = TypeVar("T")
Matched = Mapping[str, Mapping[str, UUID]]  # entities of the organisation by section and id in the file
CANONICAL = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
OWN = "~"  # ends an own id that is also spelled by an external id


@dataclass(frozen=True, slots=True)
class ImportRow(Generic[T]):
    """Row with its id in this organisation and the entity known under that id, if any."""

    line: ParsedRow
    id: UUID
    external_id: str | None
    known: T | None
    full: bool

    @property
    def version(self) -> int:
        """Return the version of the known entity; for a new one that in an export, else 1."""
        known: int | None = getattr(self.known, "version", None)
        if known is not None:
            return known
        return self.line.count("version", 1, least=1) if self.full else 1


def as_uuid(name: str) -> UUID | None:
    """Return the UUID if a text is spelled as in an export (lower case, with hyphens), else None."""
    return UUID(name) if CANONICAL.fullmatch(name) else None


def own_id(name: str) -> UUID | None:
    """Return the own id by which an export names an entity without an external id, else None."""
    return as_uuid(name.removesuffix(OWN))
