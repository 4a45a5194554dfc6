"""Author: the person or service that made a change, a check-in or a reading."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Author:
    """Author of a change: a person, or a service by its name."""

    name: str
    person_id: UUID | None = None
