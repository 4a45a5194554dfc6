"""Strategic priority, which objectives serve: texts, rank, days and state; validation of its days."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from .calendar import day_within_reach
from .entity_fields import Fixed, MaxLength
from .errors import InvalidInput
from .objective import MAX_TEXT_LENGTH, MAX_TITLE_LENGTH


class PriorityState(StrEnum):
    """Lifecycle of a priority: objectives may begin to serve an active one, an archived one is kept."""

    ACTIVE = "ACTIVE"
    ARCHIVED = "ARCHIVED"


@dataclass(frozen=True, slots=True)
class Priority:
    """A strategic priority. Lower ranks come first; equal ones are in order of creation."""

    id: UUID
    external_id: str | None
    title: Annotated[str, MaxLength(MAX_TITLE_LENGTH)]
    description: Annotated[str | None, MaxLength(MAX_TEXT_LENGTH, is_trimmed=False)] = None
    owner_id: UUID | None = None
    rank: float = 1.0
    starts_on: date | None = None
    ends_on: date | None = None
    state: Annotated[PriorityState, Fixed()] = PriorityState.ACTIVE
    version: int = 1
    removed: bool = False

    def checked(self) -> "Priority":
        """Return the priority.

        Raises:
            InvalidInput: the last day is before the first, or a day is before 1900 or after 2200.
        """
        for day, field in ((self.starts_on, "startsOn"), (self.ends_on, "endsOn")):
            if day is not None:
                day_within_reach(day, field)
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise InvalidInput("A priority's last day cannot lie before its first", path=["endsOn"])
        return self
