"""Periods: read names such as `Q2 2026` or `CY22-Q2` as days, and find the calendar period of days."""

import re
from calendar import monthrange
from datetime import date

Days = tuple[date, date]
YEAR = r"(?:CY\s*)?'?(?P<year>\d{4}|\d{2}(?!\d))"
SPAN = r"(?P<kind>[QH])\s*(?P<number>[1-4])"
SEPARATOR = r"[\s/_-]*"
NAMES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{YEAR}{SEPARATOR}{SPAN}",
        rf"{SPAN}{SEPARATOR}{YEAR}",
        r"(?:CY\s*)?(?P<year>\d{4})",
    )
)
INTERVAL = re.compile(r"(\d{4}-\d{2}-\d{2})\s*(?:/|\.\.|–| to )\s*(\d{4}-\d{2}-\d{2})")
MONTHS = {"Q": 3, "H": 6, None: 12}


def days_of_cycle(name: str) -> Days | None:
    """Return the first and last day of a quarter, a half or a year of the calendar, or of two days.

    None if the name says nothing of the kind; a fiscal year (`FY26`) begins on any day, so it does not.
    """
    if interval := INTERVAL.fullmatch(name.strip()):
        try:
            first, last = (date.fromisoformat(day) for day in interval.groups())
        except ValueError:
            return None
        return (first, last) if first <= last else None
    for pattern in NAMES:
        if matched := pattern.fullmatch(name.strip()):
            return _days(**matched.groupdict())
    return None


def _days(year: str, kind: str | None = None, number: str | None = None) -> Days | None:
    whole = int(year) if len(year) == 4 else 2000 + int(year)
    months = MONTHS[kind and kind.upper()]
    last = int(number or 1) * months
    if last > 12 or not whole:
        return None
    return date(whole, last - months + 1, 1), date(whole, last, monthrange(whole, last)[1])


def cycle_around(first: date | None, last: date | None) -> str | None:
    """Return the name of the quarter that has both days, else of the year of the last; None without days."""
    first, last = first or last, last or first
    if first is None or last is None:
        return None
    if (first.year, _quarter(first)) == (last.year, _quarter(last)):
        return f"{last.year}-Q{_quarter(last)}"
    return str(last.year)


def _quarter(day: date) -> int:
    return (day.month + 2) // 3
