"""History of a number: what can be asked for, and the instants of its points by local days or weeks."""

from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from .calendar import start_of
from .errors import TooMany

MAX_HISTORY_POINTS = 400


class HistoryMetric(StrEnum):
    """Number whose history is asked for."""

    PROGRESS = "PROGRESS"
    VALUE = "VALUE"
    CONFIDENCE = "CONFIDENCE"
    EXPECTED_PROGRESS = "EXPECTED_PROGRESS"


class HistoryStep(StrEnum):
    """Distance between two points."""

    DAY = "DAY"
    WEEK = "WEEK"


def instants_between(begin: datetime, end: datetime, step: HistoryStep, zone: ZoneInfo) -> list[datetime]:
    """Return the instants of points: the beginning, each local midnight after it, and the end.

    By weeks, midnights are those at which Mondays begin. A day of a change to or from summer time has 23 or
    25 hours. None if the end is before the beginning.

    Raises:
        TooMany: there are more than 400.
    """
    if end < begin:
        return []
    found, day = [begin], begin.astimezone(zone).date()
    while True:
        day += timedelta(days=1 if step is HistoryStep.DAY else 7 - day.weekday())
        at = start_of(day, zone)
        if at >= end:
            break
        if at <= found[-1]:  # a day that the time zone has left out
            continue
        found.append(at)
        if len(found) >= MAX_HISTORY_POINTS:
            raise TooMany(
                f"A history has at most {MAX_HISTORY_POINTS} points; ask for a shorter time, or for weeks",
                path=["to"],
            )
    return found if end == begin else [*found, end]
