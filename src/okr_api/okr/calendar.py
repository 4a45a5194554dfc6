"""Days and instants: days are an organisation's own, instants are UTC."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from .errors import InvalidInput

EARLIEST_DAY = date(1900, 1, 1)
MAX_DAY = date(2200, 12, 31)
LOCAL_NOON = time(12)
MAX_DAYS_CACHED = 10_000  # whose first instants are remembered


def time_zone(name: str) -> ZoneInfo:
    """The IANA time zone of that name.

    *Refuses*: a name that the zone database does not know (`InvalidInput`).
    """
    if name not in available_timezones():
        raise InvalidInput(f"{name!r} is not an IANA time zone such as Europe/Berlin", path=["timeZone"])
    return ZoneInfo(name)


def day_within_reach(day: date, field: str) -> date:
    """The day itself.

    *Refuses*: days before 1900 or after 2200 (`InvalidInput`).
    """
    if not EARLIEST_DAY <= day <= MAX_DAY:
        raise InvalidInput(f"{field} must lie between {EARLIEST_DAY} and {MAX_DAY}", path=[field])
    return day


@lru_cache(maxsize=MAX_DAYS_CACHED)
def start_of(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which the local day begins.

    Where summer time skips midnight, the day begins at the first instant there is.
    """
    return datetime.combine(day, time(0), zone).astimezone(UTC)


@lru_cache(maxsize=MAX_DAYS_CACHED)
def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which the local day is over, which is the next day's first."""
    return start_of(day + timedelta(days=1), zone)


def noon_of(day: date, zone: ZoneInfo) -> datetime:
    """Local noon: the instant meant by a date without a time."""
    return datetime.combine(day, LOCAL_NOON, zone).astimezone(UTC)
