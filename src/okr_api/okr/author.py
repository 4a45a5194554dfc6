"""Author: the person or service that made a change, a check-in or a reading; the clock, for its changes."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class AuthorKind(StrEnum):
    """What an author is."""

    PERSON = "PERSON"
    SERVICE = "SERVICE"
    CLOCK = "CLOCK"


@dataclass(frozen=True, slots=True)
class Author:
    """Author of a change: a person, a service by its name, or `CLOCK`."""

    name: str
    person_id: UUID | None = None


CLOCK = Author("")  # no service has an empty name
CLOCK_NAME = "Clock"  # shown instead


def kind_of_author(name: str, person_id: object) -> AuthorKind:
    """Return the kind of the author with that stored name and person."""
    if person_id is not None:
        return AuthorKind.PERSON
    return AuthorKind.SERVICE if name else AuthorKind.CLOCK


def shown_name(name: str) -> str:
    """Return the name of an author as it is shown."""
    return name or CLOCK_NAME
