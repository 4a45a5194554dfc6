"""Import check of people: their settings of notifications, and e-mail addresses that others have."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from uuid import UUID

from okr_api.okr.errors import EmailIsTaken
from okr_api.okr.notification_settings import checked_deliveries
from okr_api.okr.people import Person

from .import_row import ImportRow
from .import_session import ImportSession


def email_check(
    session: ImportSession, entries: Sequence[ImportRow[Person]]
) -> Callable[[ImportRow[Person], Person], Person]:
    """Return a function that checks settings, and leaves out an e-mail address of another active person."""
    named = {entry.id for entry in entries}
    people = session.work.plain.of(Person).values()
    holders = {person.reserved_email: person.id for person in people if person.id not in named}
    return lambda entry, person: _with_free_email(session, entry, checked_deliveries(person), holders)


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
