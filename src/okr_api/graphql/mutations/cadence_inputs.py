"""Inputs of cadences and holiday calendars, and the values that services take."""

from datetime import date

import strawberry

from okr_api.graphql.mutations.inputs import perhaps
from okr_api.graphql.work_enums import Weekday
from okr_api.okr.cadence import (
    DEFAULT_GRACE_DAYS,
    DEFAULT_TIME,
    DEFAULT_TOLERANCE_DAYS,
    Cadence,
    time_of,
)
from okr_api.okr.errors import InvalidInput
from okr_api.okr.holiday_calendar import HolidayCalendar

CADENCE = (
    "When check-ins are due, unless one below says otherwise; rejected with CADENCE_IS_LOCKED below a "
    "locked one."
)
OWN_CADENCE = "When its check-ins are due; rejected with CADENCE_IS_LOCKED below a locked one."
NEW_CADENCE = (
    "New cadence, as a whole; null removes it. Slots before it stay as they were. Rejected with "
    "CADENCE_IS_LOCKED below a locked one."
)


@strawberry.input(
    description="When check-ins are due: `weeks` with a `weekday`, or `months` with a `day` of the month."
)
class CadenceInput:
    weeks: int | None = perhaps("Due every so many weeks, 1 to 52.")
    weekday: Weekday | None = perhaps("Day of the week; required with `weeks`.")
    months: int | None = perhaps("Due every so many months, 1 to 12.")
    day: int | None = perhaps(
        "Day of the month, 1 to 31, the last one of shorter months; required with `months`."
    )
    time: str = strawberry.field(
        default=f"{DEFAULT_TIME:%H:%M}",
        description="Local time in hours and minutes, such as `09:30`, in the organisation's time zone.",
    )
    counted_from: date | None = perhaps(
        "Any day of a week or month in which a check-in is due, from which every n are counted; by default "
        "Monday, 3 January 2000."
    )
    grace_days: int = strawberry.field(
        default=DEFAULT_GRACE_DAYS,
        description="Days after the due instant until which a check-in still meets it, as LATE; 0 or more, "
        "and less than an interval.",
    )
    tolerance_days: int | None = perhaps(
        "Days after the due instant until which a check-in is ON_TIME, at most `graceDays`; 1 by default, 0 "
        "without grace."
    )
    locked: bool = strawberry.field(
        default=False, description="true: nothing below may have a cadence of its own."
    )

    def value(self) -> Cadence:
        """Return the cadence that the input describes.

        Raises:
            InvalidInput: the time is none.
        """
        tolerance = self.tolerance_days
        try:
            at = time_of(self.time)
        except ValueError as wrong:
            raise InvalidInput(str(wrong), path=["cadence", "time"]) from None
        return Cadence(
            weeks=self.weeks,
            weekday=self.weekday,
            months=self.months,
            day=self.day,
            at=at,
            counted_from=self.counted_from,
            grace_days=self.grace_days,
            tolerance_days=min(DEFAULT_TOLERANCE_DAYS, self.grace_days) if tolerance is None else tolerance,
            locked=self.locked,
        )


@strawberry.input(description="Days on which no check-in is due.")
class HolidayCalendarInput:
    country: str | None = perhaps(
        "Country whose public holidays count, by its ISO 3166-1 code, such as `DE`; omit for none."
    )
    subdivision: str | None = perhaps(
        "Part of the country, by its ISO 3166-2 code without the country, such as `BE`; omit for the whole."
    )
    days: list[date] | None = perhaps("Days of its own, at most 366.")

    def value(self) -> HolidayCalendar:
        """Return the calendar that the input describes."""
        return HolidayCalendar(self.country, self.subdivision, tuple(self.days or ()))
