"""Meeting: that a team met about a cycle, when, who was there, and notes; decisions refer to it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from .calendar import day_within_reach
from .entity_fields import Fixed, MaxItems, MaxLength
from .errors import InvalidInput
from .objective import MAX_TEXT_LENGTH

MAX_ATTENDEES = 200
MAX_DECISIONS_AT_ONCE = 50  # that are recorded together with their meeting
MAX_MEETING_LEAD = timedelta(minutes=5)  # by which clocks may differ


@dataclass(frozen=True, slots=True)
class Meeting:
    """Meeting of a team that was held; everybody in the organisation sees it."""

    id: UUID
    external_id: str | None
    team_id: Annotated[UUID, Fixed()]
    cycle_id: UUID
    held_at: datetime
    notes: Annotated[str | None, MaxLength(MAX_TEXT_LENGTH, is_trimmed=False)] = None
    attendee_ids: Annotated[tuple[UUID, ...], MaxItems(MAX_ATTENDEES)] = ()
    version: int = 1
    removed: bool = False

    def checked(self, now: datetime) -> "Meeting":
        """Return the meeting.

        Raises:
            InvalidInput: it is more than five minutes ahead of `now`, or before 1900.
        """
        day_within_reach(self.held_at.date(), "heldAt")
        if self.held_at > now + MAX_MEETING_LEAD:
            raise InvalidInput(
                "heldAt lies more than five minutes ahead; record a meeting once it has begun",
                path=["heldAt"],
            )
        return self
