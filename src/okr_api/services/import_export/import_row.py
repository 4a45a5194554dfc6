"""An entry: a row of a section with the id that it has here, and what is known under that id."""

import re
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from okr_api.services.references import title

from .errors import RowIsUnclear
from .row_parser import ParsedRow

T = TypeVar("T")
CANONICAL = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
OWN = "~"  # ends an own id that is also somebody's external id


@dataclass(frozen=True, slots=True)
class ImportRow(Generic[T]):
    """A row with the id that it has here, and what is known under that id."""

    line: ParsedRow
    id: UUID
    external_id: str | None
    known: T | None
    full: bool

    @property
    def version(self) -> int:
        """The version as it stands: what is known, or what an export says of something new."""
        known: int | None = getattr(self.known, "version", None)
        if known is not None:
            return known
        return self.line.count("version", 1, least=1) if self.full else 1


def named(line: ParsedRow, field: str, known: str | None = None) -> str:
    """A name or title, which every row of its kind has.

    *Refuses*: none (`RowIsUnclear`), or one that is empty or too long (`InvalidInput`).
    """
    text = line.text(field, known)
    if text is None:
        raise RowIsUnclear(f"{field} is missing", path=[field])
    return title(text, field)


def as_uuid(name: str) -> UUID | None:
    """The UUID that a text spells as an export does, if it spells one."""
    return UUID(name) if CANONICAL.fullmatch(name) else None


def own_id(name: str) -> UUID | None:
    """The own id that an export names something by which has no external id."""
    return as_uuid(name.removesuffix(OWN))
