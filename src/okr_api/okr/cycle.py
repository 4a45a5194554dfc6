"""A cycle: the quarter or year that objectives are set for, from its first local day to its last."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from .calendar import (
    day_within_reach,
    end_of,
    noon_of,
    start_of,
)
from .errors import (
    CycleIsClosed,
    CycleIsDraft,
    CycleIsInReview,
    CycleOutsideParent,
    CycleTransition,
    InvalidInput,
)

MAX_CYCLE_DAYS = 18_300  # fifty years


class CycleState(StrEnum):
    """Where a cycle stands: it is planned, runs, is reviewed, and is over."""

    DRAFT = "DRAFT"
    ACTIVE = "ACTIVE"
    REVIEW = "REVIEW"
    CLOSED = "CLOSED"


FOLLOWING = {
    CycleState.DRAFT: {CycleState.ACTIVE},
    CycleState.ACTIVE: {CycleState.REVIEW},
    CycleState.REVIEW: {CycleState.CLOSED, CycleState.ACTIVE},
    CycleState.CLOSED: {CycleState.REVIEW},
}


@dataclass(frozen=True, slots=True)
class Cycle:
    """A stretch of local days, inclusive at both ends, that may lie within a longer cycle."""

    id: UUID
    external_id: str | None
    name: str
    starts_on: date
    ends_on: date
    parent_id: UUID | None = None
    state: CycleState = CycleState.DRAFT
    version: int = 1

    def checked(self) -> "Cycle":
        """The cycle itself.

        *Refuses*: a last day before the first, or more than fifty years (`InvalidInput`).
        """
        day_within_reach(self.starts_on, "startsOn")
        day_within_reach(self.ends_on, "endsOn")
        days = (self.ends_on - self.starts_on).days + 1
        if days < 1:
            raise InvalidInput("A cycle's last day cannot lie before its first", path=["endsOn"])
        if days > MAX_CYCLE_DAYS:
            raise InvalidInput(f"A cycle has at most {MAX_CYCLE_DAYS} days", path=["endsOn"])
        return self

    def starts_at(self, zone: ZoneInfo) -> datetime:
        """Its first instant."""
        return start_of(self.starts_on, zone)

    def ends_at(self, zone: ZoneInfo) -> datetime:
        """The first instant that no longer belongs to it."""
        return end_of(self.ends_on, zone)

    def last_noon(self, zone: ZoneInfo) -> datetime:
        """Noon of its last day: where a final value without an instant of its own is put."""
        return noon_of(self.ends_on, zone)

    def within(self, parent: "Cycle") -> None:
        """Refuses (`CycleOutsideParent`) where the days are not all among the parent's."""
        if self.starts_on < parent.starts_on or self.ends_on > parent.ends_on:
            raise CycleOutsideParent(
                f"{self.name} ({self.starts_on} to {self.ends_on}) must lie within "
                f"{parent.name} ({parent.starts_on} to {parent.ends_on})",
                path=["startsOn" if self.starts_on < parent.starts_on else "endsOn"],
            )

    def may_become(self, state: CycleState) -> None:
        """Refuses (`CycleTransition`) a step that the order of states does not know."""
        if state not in FOLLOWING[self.state]:
            raise CycleTransition(f"{self.name} is {self.state}; it cannot become {state}")

    def takes_edits(self) -> None:
        """Refuses edits of the plan during the review (`CycleIsInReview`) and after (`CycleIsClosed`)."""
        if self.state is CycleState.CLOSED:
            raise CycleIsClosed(f"{self.name} is closed; reopen it to change anything")
        if self.state is CycleState.REVIEW:
            raise CycleIsInReview(f"{self.name} is in review; its plan is no longer edited")

    def takes_check_ins(self) -> None:
        """Refuses check-ins before the cycle runs (`CycleIsDraft`) and after it (`CycleIsClosed`)."""
        if self.state is CycleState.DRAFT:
            raise CycleIsDraft(f"{self.name} is a draft; activate it before checking in")
        if self.state is CycleState.CLOSED:
            raise CycleIsClosed(f"{self.name} is closed; it takes no more check-ins")
