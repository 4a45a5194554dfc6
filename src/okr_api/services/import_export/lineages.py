"""Import what was carried over: rows after those that they were carried over from, and the first of each."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from uuid import UUID

from okr_api.okr.objective import Objective
from okr_api.okr.tree import Tree

from .errors import RowIsUnclear
from .import_row import ImportRow
from .import_session import ImportSession
from .parents import T, refuse_loop

CARRIED_FROM = "carried_from_id"


def carried_first(
    session: ImportSession, section: str, entries: list[ImportRow[T]], besides: str
) -> list[ImportRow[T]]:
    """Return the rows, each after the one that it was carried over from, and after those of another field.

    The order by the field `besides` is there already. Rows in a circle are rejected with `RowIsUnclear`.
    """
    if not any(entry.line.fields.get(CARRIED_FROM) for entry in entries):
        return entries
    by_id = {entry.id: entry for entry in entries}
    waiting = {
        id: {other for other in _named(session, section, entry, besides) if other in by_id}
        for id, entry in by_id.items()
    }
    users: dict[UUID, list[UUID]] = {}
    for id, named in waiting.items():
        for other in named:
            users.setdefault(other, []).append(id)
    ready = deque(id for id, named in waiting.items() if not named)
    ordered: list[ImportRow[T]] = []
    while ready:
        id = ready.popleft()
        ordered.append(by_id.pop(id))
        for user in users.get(id, ()):
            waiting[user].discard(id)
            if not waiting[user]:
                ready.append(user)
    for entry in by_id.values():
        with session.row(section, entry.line.place):
            message = "The row is carried over from itself, or from rows that are"
            raise RowIsUnclear(message, path=[CARRIED_FROM])
    return ordered


def _named(session: ImportSession, section: str, entry: ImportRow[T], besides: str) -> Iterator[UUID | None]:
    """Yield which rows of the file a row names; what is unclear is rejected when it is read."""
    fields = entry.line.fields
    others = fields.get(besides)
    for name in (fields.get(CARRIED_FROM), *(others if isinstance(others, list) else (others,))):
        yield session.ids[section].get(str(name))


def refuse_carried_circle(id: UUID, carried_from_id: UUID | None, known: Mapping[UUID, Objective]) -> None:
    """Raise `RowIsUnclear` if an objective would be carried over from itself."""

    def above(id: UUID) -> UUID | None:
        return known[id].carried_from_id

    refuse_loop(id, carried_from_id, above, RowIsUnclear, CARRIED_FROM, "be carried over from")


def set_lineages(tree: Tree, imported: Iterable[UUID]) -> None:
    """Give every objective that was carried over the first of its lineage, once all rows are imported."""
    edited = set(imported)
    for objective in [each for each in tree.objectives.values() if each.carried_from_id is not None]:
        first = objective
        while first.carried_from_id is not None:
            first = tree.objectives[first.carried_from_id]
        if objective.lineage_id == first.id:
            continue
        version = objective.version + (objective.id not in edited)
        tree.objectives[objective.id] = replace(objective, lineage_id=first.id, version=version)
