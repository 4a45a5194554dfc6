"""Read cadences and holiday calendars of rows, which files have as objects."""

from collections.abc import Callable
from datetime import date, time
from typing import Any, TypeVar

from okr_api.okr.cadence import (
    DEFAULT_GRACE_DAYS,
    DEFAULT_TIME,
    DEFAULT_TOLERANCE_DAYS,
    Cadence,
    Weekday,
    time_of,
)
from okr_api.okr.holiday_calendar import HolidayCalendar

from .errors import RowIsUnclear
from .row_parser import ParsedRow

T = TypeVar("T", Cadence, HolidayCalendar)


def read_cadence(line: ParsedRow, name: str, known: Cadence | None) -> Cadence | None:
    """Return the cadence in a field of a row; `known` if the row does not have the field, None for null."""
    return _read(line, name, known, _cadence)


def read_holidays(line: ParsedRow, name: str, known: HolidayCalendar | None) -> HolidayCalendar | None:
    """Return the holiday calendar in a field of a row, as `read_cadence` does."""
    return _read(line, name, known, _holidays)


def _read(line: ParsedRow, name: str, known: T | None, of: Callable[[ParsedRow], T]) -> T | None:
    if not line.has(name):
        return known
    inner = line.line(name)
    return None if inner is None else of(inner)


def _cadence(line: ParsedRow) -> Cadence:
    grace = line.count("grace_days", DEFAULT_GRACE_DAYS)
    return Cadence(
        weeks=_number(line, "weeks"),
        weekday=line.word("weekday", Weekday),
        months=_number(line, "months"),
        day=_number(line, "day"),
        at=_time(line),
        counted_from=line.day("counted_from"),
        grace_days=grace,
        tolerance_days=line.count("tolerance_days", min(DEFAULT_TOLERANCE_DAYS, grace)),
        locked=line.flag("locked", False),
    ).checked()


def _number(line: ParsedRow, name: str) -> int | None:
    return line.count(name, -1, least=0) if line.has(name) and line.take(name) is not None else None


def _time(line: ParsedRow) -> time:
    text = line.text("time")
    if text is None:
        return DEFAULT_TIME
    try:
        return time_of(text)
    except ValueError:
        raise line.unclear("time", "a time such as 17:00") from None


def _holidays(line: ParsedRow) -> HolidayCalendar:
    days: list[Any] = line.texts("days")
    try:
        found = tuple(date.fromisoformat(day) for day in days)
    except ValueError:
        raise RowIsUnclear("days are days such as 2026-12-24", path=["days"]) from None
    return HolidayCalendar(line.text("country"), line.text("subdivision"), found).checked()
