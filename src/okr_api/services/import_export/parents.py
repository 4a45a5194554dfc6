"""Import helpers for sections with `parent_id`: parents first, circles rejected, history after all rows."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from okr_api.okr.errors import Refused

from .import_row import ImportRow
from .import_session import ImportSession

T = TypeVar("T")


def take_history(
    session: ImportSession, section: str, entries: Sequence[ImportRow[T]], read: Callable[[ImportRow[T]], T]
) -> None:
    """Import earlier versions after all rows: a former parent may be a child now."""
    for entry in entries:
        if entry.id in session.kept(section):
            with session.row(section, entry.line.place):
                session.remember(section, session.history(entry, read))


def parents_first(
    session: ImportSession,
    section: str,
    loops: type[Refused],
    field: str = "parent_id",
    lies: str = "lies under",
) -> list[ImportRow[Any]]:
    """Return the rows of a section with a `parent_id`, or another such `field`, parents first.

    Rows in a circle are rejected with `loops`.
    """
    entries = {entry.id: entry for entry in session.entries(section)}
    placed: dict[UUID, bool] = {}
    ordered: list[ImportRow[Any]] = []
    for first in entries.values():
        way: dict[UUID, ImportRow[Any]] = {}
        here: ImportRow[Any] | None = first
        while here is not None and here.id not in placed and here.id not in way:
            way[here.id] = here
            parent = here.line.fields.get(field)
            above = session.ids[section].get(str(parent))  # None: it is in the organisation, or nowhere
            here = entries.get(above) if above is not None else None
        circle = here is not None and here.id in way
        for entry in reversed(way.values()):
            placed[entry.id] = True
            if not circle:
                ordered.append(entry)
                continue
            with session.row(section, entry.line.place):
                raise loops(f"The row {lies} itself, or {lies} {section} that do", path=[field])
    return ordered


def refuse_loop(
    id: UUID,
    parent_id: UUID | None,
    above: Callable[[UUID], UUID | None],
    loops: type[Refused],
    field: str = "parent_id",
    lies: str = "lie under",
) -> None:
    """Raise `loops` if the entity would be its own ancestor."""
    here = parent_id
    while here is not None:
        if here == id:
            raise loops(f"The row would {lies} itself", path=[field])
        here = above(here)
