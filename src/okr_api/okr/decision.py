"""Decision: what was decided, in a meeting or outside of one, about an objective, a key result or neither."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from .calendar import day_within_reach
from .entity_fields import Fixed, MaxLength
from .objective import MAX_TEXT_LENGTH


class DecisionState(StrEnum):
    """What became of a decision; any state can follow any other."""

    OPEN = "OPEN"
    DONE = "DONE"
    DROPPED = "DROPPED"


@dataclass(frozen=True, slots=True)
class Decision:
    """Decision about an objective or a key result, of which at most one is set; it may be of a meeting."""

    id: UUID
    external_id: str | None
    text: Annotated[str, MaxLength(MAX_TEXT_LENGTH)]
    objective_id: Annotated[UUID | None, Fixed()] = None
    key_result_id: Annotated[UUID | None, Fixed()] = None
    meeting_id: Annotated[UUID | None, Fixed()] = None
    owner_id: UUID | None = None
    due_on: date | None = None
    state: DecisionState = DecisionState.OPEN
    version: int = 1
    removed: bool = False

    def checked(self) -> "Decision":
        """Return the decision; raise `InvalidInput` if the due day is before 1900 or after 2200."""
        if self.due_on is not None:
            day_within_reach(self.due_on, "dueOn")
        return self

    @property
    def is_about_a_node(self) -> bool:
        """Return whether it is about an objective or a key result."""
        return self.objective_id is not None or self.key_result_id is not None
