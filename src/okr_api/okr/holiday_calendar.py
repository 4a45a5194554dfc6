"""Holiday calendar: public holidays of a country and own days; the working day that a holiday moves to."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache
from typing import Any

from .calendar import EARLIEST_DAY, MAX_DAY
from .errors import InvalidInput

MAX_OWN_HOLIDAYS = 366
MAX_YEARS_CACHED = 2_000  # cached years of public holidays, each of a country or a subdivision
MAX_COUNTRIES_CACHED = 100  # cached objects of the library
CODE = re.compile(r"[A-Z]{2}")  # other names of countries are not taken
WEEKEND = frozenset({5, 6})
PATH = "holidayCalendar"


@dataclass(frozen=True, slots=True)
class HolidayCalendar:
    """Days on which nothing is due: public holidays of a country, or of a part of it, and days of its own.

    `country` is an ISO 3166-1 code such as DE, `subdivision` an ISO 3166-2 code without it, such as BE.
    """

    country: str | None = None
    subdivision: str | None = None
    days: tuple[date, ...] = ()

    def checked(self) -> "HolidayCalendar":
        """Return the calendar with its days in order, each once.

        Raises:
            InvalidInput: the country or the subdivision is unknown, or a day is out of reach.
        """
        if self.country is not None and not _is_known(self.country):
            message = f"There are no holidays of the country {self.country!r:.20}; codes are such as DE"
            raise InvalidInput(message, path=[PATH, "country"])
        if self.subdivision is not None and not _is_known(self.country, self.subdivision):
            message = f"{self.country} has no subdivision {self.subdivision!r:.20}"
            if self.country is None:
                message = f"Name the country of the subdivision {self.subdivision!r:.20}"
            raise InvalidInput(message, path=[PATH, "subdivision"])
        if len(self.days) > MAX_OWN_HOLIDAYS:
            message = f"A holiday calendar has at most {MAX_OWN_HOLIDAYS} days of its own"
            raise InvalidInput(message, path=[PATH, "days"])
        for place, day in enumerate(self.days):
            if not EARLIEST_DAY <= day <= MAX_DAY:
                message = f"Days must lie between {EARLIEST_DAY} and {MAX_DAY}"
                raise InvalidInput(message, path=[PATH, "days", place])
        return HolidayCalendar(self.country, self.subdivision, tuple(sorted(set(self.days))))

    def is_holiday(self, day: date) -> bool:
        """Return whether a day is a holiday; a day of the weekend alone is none."""
        if day in self.days:
            return True
        return self.country is not None and day in _public(self.country, self.subdivision, day.year)

    def moved(self, day: date) -> date:
        """Return the day, or if it is a holiday the next working day: no holiday and not at the weekend."""
        if not self.is_holiday(day):
            return day
        weekend = _weekend(self.country) if self.country else WEEKEND
        while day.weekday() in weekend or self.is_holiday(day):
            day += timedelta(days=1)
        return day

    @property
    def document(self) -> dict[str, Any]:
        """Return it as a stored document and as files have it."""
        days = [day.isoformat() for day in self.days]
        return {"country": self.country, "subdivision": self.subdivision, "days": days}

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> "HolidayCalendar":
        """Return the calendar of a stored document."""
        days = tuple(date.fromisoformat(day) for day in document["days"])
        return cls(document["country"], document["subdivision"], days)


NO_HOLIDAYS = HolidayCalendar()


def prepare_holidays() -> None:
    """Load the library, which takes a fifth of a second; without it, the first use does."""
    _of_country("DE")


@lru_cache(maxsize=MAX_COUNTRIES_CACHED)
def _of_country(country: str, subdivision: str | None = None, year: int | None = None) -> Any:
    """Return the library's holidays; it raises NotImplementedError for what it does not know."""
    import holidays  # only where a country is set: it loads all countries at once

    years = () if year is None else year
    return holidays.country_holidays(country, subdiv=subdivision, years=years, expand=False)


def _is_known(country: str | None, subdivision: str | None = None) -> bool:
    """Return whether there is a country of that code, with a subdivision of that code if one is given."""
    if country is None or CODE.fullmatch(country) is None:
        return False
    try:
        found = _of_country(country, subdivision)
    except NotImplementedError:
        return False
    return bool(found.country == country) and (subdivision is None or subdivision in found.subdivisions)


@lru_cache(maxsize=MAX_YEARS_CACHED)
def _public(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    return frozenset(_of_country(country, subdivision, year))


@cache
def _weekend(country: str) -> frozenset[int]:
    """Return the days of a country's weekend; Monday is 0."""
    return frozenset(_of_country(country).weekend)
