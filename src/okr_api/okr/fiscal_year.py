"""Fiscal year: days and names of a year and of its four quarters; whether they overlap other days."""

from dataclasses import dataclass
from datetime import date, timedelta

from .calendar import EARLIEST_DAY, MAX_DAY, day_within_reach
from .errors import InvalidInput

QUARTERS = 4
MONTHS_OF_QUARTER = 3
MONTHS_OF_YEAR = 12


@dataclass(frozen=True, slots=True)
class CycleDays:
    """A span of local days, inclusive at both ends; `suffix` ends its name and is empty for the year."""

    suffix: str
    starts_on: date
    ends_on: date

    def overlaps(self, starts_on: date, ends_on: date) -> bool:
        """Return whether other days share some with the span, and neither encloses the other."""
        if self.ends_on < starts_on or ends_on < self.starts_on:
            return False
        within = self.starts_on <= starts_on and ends_on <= self.ends_on
        around = starts_on <= self.starts_on and self.ends_on <= ends_on
        return not (within or around)


def year_with_quarters(year: int, first_month: int) -> tuple[CycleDays, ...]:
    """Return the year that begins in that calendar year with the first day of the month, then its quarters.

    Raises:
        InvalidInput: there is no such month, or the year is not within 1900 to 2200.
    """
    if not 1 <= first_month <= MONTHS_OF_YEAR:
        raise InvalidInput("fiscalStartMonth is a month from 1 to 12", path=["fiscalStartMonth"])
    if not EARLIEST_DAY.year <= year <= MAX_DAY.year:
        raise InvalidInput(f"year is from {EARLIEST_DAY.year} to {MAX_DAY.year}", path=["year"])
    months = [first_month - 1 + MONTHS_OF_QUARTER * quarter for quarter in range(QUARTERS + 1)]
    starts = [date(year + month // MONTHS_OF_YEAR, month % MONTHS_OF_YEAR + 1, 1) for month in months]
    ends = [day_within_reach(day - timedelta(days=1), "year") for day in starts[1:]]
    days = enumerate(zip(starts, ends, strict=False), start=1)
    quarters = [CycleDays(f"-Q{place}", first, last) for place, (first, last) in days]
    return CycleDays("", starts[0], ends[-1]), *quarters


def name_of_year(year: int, first_month: int) -> str:
    """Return the usual name of a year: 2026, or 2026/27 for one that ends in the next calendar year."""
    return str(year) if first_month == 1 else f"{year}/{(year + 1) % 100:02}"
