"""Roadblock: what stands in the way of an objective or a key result; it changes no number."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from .calendar import day_within_reach
from .entity_fields import Fixed, MaxLength
from .objective import MAX_TEXT_LENGTH, MAX_TITLE_LENGTH


class RoadblockType(StrEnum):
    """What would remove a roadblock."""

    DEPENDENCY = "DEPENDENCY"
    RESOURCE = "RESOURCE"
    DECISION = "DECISION"
    TECHNICAL = "TECHNICAL"
    PRIORITY = "PRIORITY"
    EXTERNAL = "EXTERNAL"
    OTHER = "OTHER"


class RoadblockState(StrEnum):
    """Whether a roadblock still stands in the way."""

    OPEN = "OPEN"
    RESOLVED = "RESOLVED"


@dataclass(frozen=True, slots=True)
class Roadblock:
    """Roadblock of an objective or a key result: one of `objective_id` and `key_result_id` is set.

    `resolution` and `resolved_at` are those of a resolved one, and None while it is open.
    """

    id: UUID
    external_id: str | None
    title: Annotated[str, MaxLength(MAX_TITLE_LENGTH)]
    objective_id: Annotated[UUID | None, Fixed()] = None
    key_result_id: Annotated[UUID | None, Fixed()] = None
    description: Annotated[str | None, MaxLength(MAX_TEXT_LENGTH, is_trimmed=False)] = None
    type: RoadblockType = RoadblockType.OTHER
    owner_id: UUID | None = None
    next_action: Annotated[str | None, MaxLength(MAX_TITLE_LENGTH)] = None
    due_on: date | None = None
    escalated_to_id: Annotated[UUID | None, Fixed()] = None
    escalation_reason: Annotated[str | None, Fixed(), MaxLength(MAX_TEXT_LENGTH, is_trimmed=False)] = None
    state: Annotated[RoadblockState, Fixed()] = RoadblockState.OPEN
    resolution: Annotated[str | None, Fixed(), MaxLength(MAX_TEXT_LENGTH, is_trimmed=False)] = None
    resolved_at: Annotated[datetime | None, Fixed()] = None
    version: int = 1
    removed: bool = False

    def checked(self) -> "Roadblock":
        """Return the roadblock; raise `InvalidInput` if the due day is before 1900 or after 2200."""
        if self.due_on is not None:
            day_within_reach(self.due_on, "dueOn")
        return self

    @property
    def node_id(self) -> UUID:
        """Return the id of the objective or key result that it stands in the way of."""
        found = self.objective_id or self.key_result_id
        assert found is not None, "a roadblock is on one of them"
        return found

    @property
    def is_resolved(self) -> bool:
        """Return whether it is resolved."""
        return self.state is RoadblockState.RESOLVED
