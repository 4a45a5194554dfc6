"""Cycle: days and state of a quarter or year; transitions, and whether it takes edits or check-ins."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from .calendar import (
    day_within_reach,
    end_of,
    noon_of,
    start_of,
)
from .entity_fields import Fixed, InFile, MaxLength
from .errors import (
    CycleIsClosed,
    CycleIsDraft,
    CycleIsInReview,
    CycleOutsideParent,
    CycleTransition,
    InvalidInput,
)
from .frozen_rules import FrozenRules
from .holiday_calendar import NO_HOLIDAYS, HolidayCalendar
from .objective import MAX_TITLE_LENGTH
from .review_errors import CycleIsNotInReview

MAX_CYCLE_DAYS = 18_300  # fifty years


class CycleState(StrEnum):
    """Lifecycle of a cycle: planned, running, under review, closed."""

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
    """A period of local days, inclusive at both ends, optionally within a longer cycle.

    `rules` are what it was closed under; None unless it is closed.
    """

    id: UUID
    external_id: str | None
    name: Annotated[str, MaxLength(MAX_TITLE_LENGTH)]
    starts_on: Annotated[date, InFile("start")]
    ends_on: Annotated[date, InFile("end")]
    parent_id: UUID | None = None
    state: Annotated[CycleState, Fixed()] = CycleState.DRAFT
    version: int = 1
    rules: Annotated[FrozenRules | None, Fixed(), InFile(left_out=True)] = None

    def checked(self) -> "Cycle":
        """Return the cycle.

        Raises:
            InvalidInput: the last day is before the first, or the cycle is longer than fifty years.
        """
        day_within_reach(self.starts_on, "startsOn")
        day_within_reach(self.ends_on, "endsOn")
        days = (self.ends_on - self.starts_on).days + 1
        if days < 1:
            raise InvalidInput("A cycle's last day cannot lie before its first", path=["endsOn"])
        if days > MAX_CYCLE_DAYS:
            raise InvalidInput(f"A cycle has at most {MAX_CYCLE_DAYS} days", path=["endsOn"])
        return self

    # `zone` is the present time zone of the organisation.

    def zone(self, zone: ZoneInfo) -> ZoneInfo:
        """Return the time zone of its days, which stays once it is closed."""
        return self.rules.zone if self.rules else zone

    def holidays(self, calendar: HolidayCalendar | None) -> HolidayCalendar:
        """Return its holidays: those of the organisation, whose present ones are given, or of its closing."""
        return (self.rules.holiday_calendar if self.rules else calendar) or NO_HOLIDAYS

    def starts_at(self, zone: ZoneInfo) -> datetime:
        """Return the first instant of the cycle."""
        return start_of(self.starts_on, self.zone(zone))

    def ends_at(self, zone: ZoneInfo) -> datetime:
        """Return the first instant after the cycle."""
        return end_of(self.ends_on, self.zone(zone))

    def last_noon(self, zone: ZoneInfo) -> datetime:
        """Return noon of the last day, which a final value without an instant of its own takes."""
        return noon_of(self.ends_on, self.zone(zone))

    def within(self, parent: "Cycle") -> None:
        """Raise `CycleOutsideParent` if the days are not all within the parent."""
        if self.starts_on < parent.starts_on or self.ends_on > parent.ends_on:
            raise CycleOutsideParent(
                f"{self.name} ({self.starts_on} to {self.ends_on}) must lie within "
                f"{parent.name} ({parent.starts_on} to {parent.ends_on})",
                path=["startsOn" if self.starts_on < parent.starts_on else "endsOn"],
            )

    @property
    def is_edited(self) -> bool:
        """Return whether its plan can be edited."""
        return self.state not in (CycleState.REVIEW, CycleState.CLOSED)

    # `path` is the input path of what the cycle was found by.

    def may_become(self, state: CycleState, path: Sequence[str | int] = ()) -> None:
        """Raise `CycleTransition` if the state machine does not allow the transition."""
        if state not in FOLLOWING[self.state]:
            raise CycleTransition(f"{self.name} is {self.state}; it cannot become {state}", path=path)

    def takes_edits(self, path: Sequence[str | int] = ()) -> None:
        """Raise `CycleIsInReview` or `CycleIsClosed` if the plan can no longer be edited."""
        if self.state is CycleState.CLOSED:
            raise CycleIsClosed(f"{self.name} is closed; reopen it to change anything", path=path)
        if self.state is CycleState.REVIEW:
            raise CycleIsInReview(f"{self.name} is in review; its plan is no longer edited", path=path)

    def takes_reviews(self, path: Sequence[str | int] = ()) -> None:
        """Raise `CycleIsNotInReview` or `CycleIsClosed` unless the cycle is in review."""
        if self.state is CycleState.CLOSED:
            message = f"{self.name} is closed; reopen it to change its grades and reviews"
            raise CycleIsClosed(message, path=path)
        if self.state is not CycleState.REVIEW:
            message = f"{self.name} is {self.state}; it takes grades and reviews once it is in review"
            raise CycleIsNotInReview(message, path=path)

    def takes_check_ins(self, path: Sequence[str | int] = ()) -> None:
        """Raise `CycleIsDraft` or `CycleIsClosed` if the cycle does not accept check-ins."""
        if self.state is CycleState.DRAFT:
            raise CycleIsDraft(f"{self.name} is a draft; activate it before checking in", path=path)
        if self.state is CycleState.CLOSED:
            raise CycleIsClosed(f"{self.name} is closed; it takes no more check-ins", path=path)
