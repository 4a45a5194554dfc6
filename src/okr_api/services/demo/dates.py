"""Demo calendar: this and the last year, the last, current and next quarter, and the days of check-ins."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

QUARTER_MONTHS = 3
WEEK = timedelta(days=7)
DAY = timedelta(days=1)
FIRST_CHECK_IN_AFTER = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Days:
    """Range of days, inclusive, with the name of its cycle."""

    name: str
    starts_on: date
    ends_on: date

    def elapsed(self, day: date) -> float:
        """Return the share that has elapsed at the end of a day: 0 before it, 1 from its last day on."""
        length = (self.ends_on - self.starts_on).days + 1
        return min(max(((day - self.starts_on).days + 1) / length, 0.0), 1.0)

    @property
    def key(self) -> str:
        """Return the name as a part of external ids, such as 2026-q4."""
        return self.name.lower().replace(" ", "-")


@dataclass(frozen=True, slots=True)
class Calendar:
    """Everything that the demo takes from the clock: today, in the organisation's time zone."""

    today: date
    zone: ZoneInfo

    @property
    def year(self) -> Days:
        """Return the calendar year of today."""
        return _year(self.today.year)

    @property
    def last_year(self) -> Days:
        """Return the calendar year before today's."""
        return _year(self.today.year - 1)

    @property
    def quarter(self) -> Days:
        """Return the quarter of today."""
        return _quarter_of(self.today)

    @property
    def last_quarter(self) -> Days:
        """Return the quarter before the current one."""
        return _quarter_of(self.quarter.starts_on - DAY)

    @property
    def next_quarter(self) -> Days:
        """Return the quarter after the current one."""
        return _quarter_of(self.quarter.ends_on + DAY)

    def weeks(self, offset_days: int) -> Iterator[date]:
        """Yield the days of the weekly check-ins before today, whose noon may not have come."""
        day = self.quarter.starts_on + FIRST_CHECK_IN_AFTER + timedelta(days=offset_days)
        while day < self.today:
            yield day
            day += WEEK

    def months(self) -> Iterator[date]:
        """Yield the last day of each month of the year before the quarter, for yearly objectives."""
        for month in range(2, self.quarter.starts_on.month + 1):
            yield date(self.today.year, month, 1) - DAY

    def at(self, day: date, minutes: int) -> datetime:
        """Return the instant that many minutes after 09:00 local time."""
        return (datetime.combine(day, time(9), self.zone) + timedelta(minutes=minutes)).astimezone(UTC)


def _year(year: int) -> Days:
    return Days(str(year), date(year, 1, 1), date(year, 12, 31))


def _quarter_of(day: date) -> Days:
    first = date(day.year, (day.month - 1) // QUARTER_MONTHS * QUARTER_MONTHS + 1, 1)
    last = (first + timedelta(days=31 * QUARTER_MONTHS)).replace(day=1) - DAY
    return Days(f"{first.year} Q{first.month // QUARTER_MONTHS + 1}", first, last)
