"""Calendar: look up time zones, check days (1900 to 2200), convert local days to UTC instants."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from .errors import InvalidInput

EARLIEST_DAY = date(1900, 1, 1)
MAX_DAY = date(2200, 12, 31)
LOCAL_NOON = time(12)
INSTANT = timedelta(microseconds=1)  # resolution of stored instants
MAX_DAYS_CACHED = 10_000  # cached by `start_of` and `end_of`, each


def time_zone(name: str) -> ZoneInfo:
    """Return the IANA time zone of that name.

    Raises:
        InvalidInput: the zone database does not have the name.
    """
    if name not in _zone_names():
        raise InvalidInput(f"{name!r:.50} is not an IANA time zone such as Europe/Berlin", path=["timeZone"])
    return ZoneInfo(name)


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones())  # reads hundreds of files


def day_within_reach(day: date, field: str) -> date:
    """Return the day.

    Raises:
        InvalidInput: the day is before 1900 or after 2200.
    """
    if not EARLIEST_DAY <= day <= MAX_DAY:
        raise InvalidInput(f"{field} must lie between {EARLIEST_DAY} and {MAX_DAY}", path=[field])
    return day


@lru_cache(maxsize=MAX_DAYS_CACHED)
def start_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant at which the local day begins.

    Where summer time skips midnight, this is the first instant of the day.
    """
    return datetime.combine(day, time(0), zone).astimezone(UTC)


@lru_cache(maxsize=MAX_DAYS_CACHED)
def end_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant at which the local day ends, which is the start of the next day."""
    return start_of(day + timedelta(days=1), zone)


def noon_of(day: date, zone: ZoneInfo) -> datetime:
    """Return local noon, which a date without a time stands for."""
    return datetime.combine(day, LOCAL_NOON, zone).astimezone(UTC)


def instant_of(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the instant of a local time on a day, the first where it occurs twice.

    Where summer time skips it, the instant is later by what is skipped.
    """
    return datetime.combine(day, at, zone).astimezone(UTC)
