"""Import people and teams."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar
from uuid import UUID

from okr_api.okr.errors import EmailIsTaken, Refused, TeamLoops
from okr_api.okr.people import Person, Team
from okr_api.services.references import email_address

from .import_row import ImportRow, named
from .import_session import ImportSession

T = TypeVar("T")


def take_people(session: ImportSession) -> None:
    """Import people; those who have left are inactive."""
    entries = session.entries("people")
    named = {entry.id for entry in entries}
    holders = {p.reserved_email: p.id for p in session.work.people.values() if p.id not in named}
    for entry in entries:
        with session.row("people", entry.line.place):
            person = _with_free_email(session, entry, read_person(entry), holders)
            earlier = session.history(entry, read_person)
            if put := session.settle("people", entry, person, earlier):
                session.work.people[entry.id] = put
            session.leave_the_rest("people", entry.line)


def _with_free_email(
    session: ImportSession, entry: ImportRow[Person], person: Person, holders: dict[str | None, UUID]
) -> Person:
    """Return the person, without an e-mail address that another active one has; a restore keeps it."""
    email, known = person.reserved_email, entry.known
    if email is None or holders.setdefault(email, person.id) == person.id:
        return person
    if known and known.reserved_email == email:
        return person
    session.report.warn(
        entry.line.place,
        EmailIsTaken.code(),
        f"Another person has the e-mail address {person.email!r}; "
        + ("both keep it, as in the export" if session.restoring else "it is left out here"),
    )
    if session.restoring:
        return person
    keeps = known and known.reserved_email and holders.setdefault(known.reserved_email, known.id) == known.id
    return replace(person, email=known.email if known and keeps else None)


def read_person(entry: ImportRow[Person]) -> Person:
    """Return the person of a row."""
    line, known = entry.line, entry.known
    return Person(
        id=entry.id,
        external_id=entry.external_id,
        name=named(line, "name", known.name if known else None),
        email=email_address(line.text("email", known.email if known else None)),
        active=line.flag("active", known.active if known else True),
        version=entry.version,
    )


def take_teams(session: ImportSession) -> None:
    """Import the tree of teams, parents first."""

    def read(entry: ImportRow[Team]) -> Team:
        line, known = entry.line, entry.known
        return Team(
            id=entry.id,
            external_id=entry.external_id,
            name=named(line, "name", known.name if known else None),
            parent_id=session.refer(line, "teams", "parent_id", known.parent_id if known else None),
            version=entry.version,
        )

    entries = parents_first(session, "teams", TeamLoops)
    for entry in entries:
        with session.row("teams", entry.line.place):
            team = read(entry)
            refuse_loop(team.id, team.parent_id, lambda id: session.work.teams[id].parent_id, TeamLoops)
            if put := session.settle("teams", entry, team):
                session.work.teams[entry.id] = put
            session.leave_the_rest("teams", entry.line)
    take_history(session, "teams", entries, read)


def take_history(
    session: ImportSession, section: str, entries: Sequence[ImportRow[T]], read: Callable[[ImportRow[T]], T]
) -> None:
    """Import earlier versions after all rows: a former parent may be a child now."""
    for entry in entries:
        if entry.id in session.kept(section):
            with session.row(section, entry.line.place):
                session.remember(section, session.history(entry, read))


def parents_first(session: ImportSession, section: str, loops: type[Refused]) -> list[ImportRow[Any]]:
    """Return the rows of a section with a `parent_id`, parents first.

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
            parent = here.line.fields.get("parent_id")
            above = session.ids[section].get(str(parent))  # None: it is in the organisation, or nowhere
            here = entries.get(above) if above is not None else None
        circle = here is not None and here.id in way
        for entry in reversed(way.values()):
            placed[entry.id] = True
            if not circle:
                ordered.append(entry)
                continue
            with session.row(section, entry.line.place):
                raise loops(f"The row lies under itself, or under {section} that do", path=["parent_id"])
    return ordered


def refuse_loop(
    id: UUID, parent_id: UUID | None, above: Callable[[UUID], UUID | None], loops: type[Refused]
) -> None:
    """Raise `loops` if the entity would be its own ancestor."""
    here = parent_id
    while here is not None:
        if here == id:
            raise loops("The row would lie under itself", path=["parent_id"])
        here = above(here)
