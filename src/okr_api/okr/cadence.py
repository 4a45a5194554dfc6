"""Cadence: when check-ins are due, every n weeks or months in local time; which one applies to a node."""

import re
from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from .calendar import day_within_reach, instant_of
from .entity import NodeType
from .errors import InvalidInput

MAX_CADENCE_WEEKS = 52
MAX_CADENCE_MONTHS = 12
MAX_DAY_OF_MONTH = 31
DEFAULT_GRACE_DAYS = 3
DEFAULT_TOLERANCE_DAYS = 1
DEFAULT_TIME = time(17)
DAYS_OF_SHORTEST_MONTH = 28
TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")  # fromisoformat also takes 17 and T1730
FIRST_MONDAY = date(2000, 1, 3)  # from which weeks and months are counted by default


class Weekday(StrEnum):
    """Day of the week."""

    MONDAY = "MONDAY"
    TUESDAY = "TUESDAY"
    WEDNESDAY = "WEDNESDAY"
    THURSDAY = "THURSDAY"
    FRIDAY = "FRIDAY"
    SATURDAY = "SATURDAY"
    SUNDAY = "SUNDAY"


PLACES = {weekday: place for place, weekday in enumerate(Weekday)}


@dataclass(frozen=True, slots=True)
class Cadence:
    """When check-ins are due: every `weeks` on a `weekday`, or every `months` on a `day` of the month.

    A day that a month does not have is its last day. `at` is the local time. Every n weeks or months are
    counted from the week or the month of `counted_from`. A check-in is on time until `tolerance_days` after
    it was due, and late until `grace_days` after it. While it is `locked`, nothing below has its own.
    """

    weeks: int | None = None
    weekday: Weekday | None = None
    months: int | None = None
    day: int | None = None
    at: time = DEFAULT_TIME
    counted_from: date | None = None
    grace_days: int = DEFAULT_GRACE_DAYS
    tolerance_days: int = DEFAULT_TOLERANCE_DAYS
    locked: bool = False

    def checked(self) -> "Cadence":
        """Return the cadence.

        Raises:
            InvalidInput: it names both weeks and months or neither, or a number is out of bounds.
        """
        if (self.weeks is None) == (self.months is None):
            raise _invalid("Give either weeks with a weekday or months with a day", "weeks")
        if self.weeks is not None:
            self._check_weeks(self.weeks)
        else:
            self._check_months(self.months or 0)
        if self.at.second or self.at.microsecond or self.at.tzinfo is not None:
            raise _invalid("time is a local time in hours and minutes, such as 17:00", "time")
        if self.counted_from is not None:
            try:
                day_within_reach(self.counted_from, "countedFrom")
            except InvalidInput as refused:
                raise refused.under("cadence") from None
        if not 0 <= self.grace_days < self.shortest_interval_days:
            longest = self.shortest_interval_days - 1
            raise _invalid(f"graceDays must lie between 0 and {longest}: less than an interval", "graceDays")
        if not 0 <= self.tolerance_days <= self.grace_days:
            raise _invalid(
                f"toleranceDays must lie between 0 and graceDays, {self.grace_days}", "toleranceDays"
            )
        return self

    def _check_weeks(self, weeks: int) -> None:
        if not 1 <= weeks <= MAX_CADENCE_WEEKS:
            raise _invalid(f"weeks must lie between 1 and {MAX_CADENCE_WEEKS}", "weeks")
        if self.day is not None:
            raise _invalid("A day of the month goes with months; weeks need a weekday", "day")
        if self.weekday is None:
            raise _invalid("weeks need a weekday", "weekday")

    def _check_months(self, months: int) -> None:
        if not 1 <= months <= MAX_CADENCE_MONTHS:
            raise _invalid(f"months must lie between 1 and {MAX_CADENCE_MONTHS}", "months")
        if self.weekday is not None:
            raise _invalid("A weekday goes with weeks; months need a day of the month", "weekday")
        if self.day is None or not 1 <= self.day <= MAX_DAY_OF_MONTH:
            raise _invalid(f"months need a day between 1 and {MAX_DAY_OF_MONTH}", "day")

    @property
    def shortest_interval_days(self) -> int:
        """Return the least number of days between two due days."""
        return 7 * self.weeks if self.weeks else DAYS_OF_SHORTEST_MONTH * (self.months or 0)

    @property
    def longest_interval_days(self) -> int:
        """Return the greatest number of days between two due days."""
        return 7 * self.weeks if self.weeks else MAX_DAY_OF_MONTH * (self.months or 0)

    def nominal_day(self, place: int) -> date:
        """Return the due day at a place of the series, before holidays move it; 0 is the first counted."""
        counted_from = self.counted_from or FIRST_MONDAY
        if self.weeks is not None:
            assert self.weekday
            monday = counted_from - timedelta(days=counted_from.weekday())
            return monday + timedelta(days=7 * self.weeks * place + PLACES[self.weekday])
        assert self.months
        assert self.day
        years, month = divmod(counted_from.year * 12 + counted_from.month - 1 + self.months * place, 12)
        return date(years, month + 1, min(self.day, monthrange(years, month + 1)[1]))

    def place_from(self, day: date) -> int:
        """Return the place of the first due day on or after a day."""
        counted_from = self.counted_from or FIRST_MONDAY
        if self.weeks is not None:
            place = (day - counted_from).days // (7 * self.weeks) - 1
        else:
            assert self.months
            months = (day.year - counted_from.year) * 12 + day.month - counted_from.month
            place = months // self.months - 1
        while self.nominal_day(place) < day:
            place += 1
        return place

    def instant(self, day: date, zone: ZoneInfo) -> datetime:
        """Return the due instant of a day.

        Where summer time skips the local time it is as long after the gap as the time lies in it; where the
        time occurs twice, it is the first.
        """
        return instant_of(day, self.at, zone)

    @property
    def document(self) -> dict[str, Any]:
        """Return it as a stored document and as files have it: without what is None."""
        values = {
            "weeks": self.weeks,
            "weekday": self.weekday and str(self.weekday),
            "months": self.months,
            "day": self.day,
            "time": f"{self.at:%H:%M}",
            "counted_from": self.counted_from and self.counted_from.isoformat(),
            "grace_days": self.grace_days,
            "tolerance_days": self.tolerance_days,
            "locked": self.locked,
        }
        return {name: value for name, value in values.items() if value is not None}

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> "Cadence":
        """Return the cadence of a stored document."""
        weekday, counted_from = document.get("weekday"), document.get("counted_from")
        return cls(
            weeks=document.get("weeks"),
            weekday=Weekday(weekday) if weekday else None,
            months=document.get("months"),
            day=document.get("day"),
            at=time.fromisoformat(document["time"]),
            counted_from=date.fromisoformat(counted_from) if counted_from else None,
            grace_days=document["grace_days"],
            tolerance_days=document["tolerance_days"],
            locked=document["locked"],
        )


def time_of(text: str) -> time:
    """Return the local time that is written in hours and minutes; raise `ValueError` for anything else."""
    if not TIME.fullmatch(text):
        raise ValueError(f"{text!r:.20} is not a time such as 17:00")
    return time.fromisoformat(text)


def _invalid(message: str, field: str) -> InvalidInput:
    return InvalidInput(message, path=["cadence", field])


@dataclass(frozen=True, slots=True)
class EffectiveCadence:
    """The cadence that applies to a node, and the node that it was set on."""

    cadence: Cadence
    source_type: NodeType
    source_id: UUID

    @property
    def document(self) -> dict[str, Any]:
        """Return it as a stored document."""
        return {
            "cadence": self.cadence.document,
            "source_type": str(self.source_type),
            "source_id": str(self.source_id),
        }

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> "EffectiveCadence":
        """Return that of a stored document."""
        cadence = Cadence.of_document(document["cadence"])
        return cls(cadence, NodeType(document["source_type"]), UUID(document["source_id"]))


def overridden(
    inherited: EffectiveCadence | None, own: Cadence | None, source_type: NodeType, source_id: UUID
) -> EffectiveCadence | None:
    """Return the cadence of a node: its own, unless it has none or the inherited one is locked."""
    if own is None or (inherited is not None and inherited.cadence.locked):
        return inherited
    return EffectiveCadence(own, source_type, source_id)


def effective_cadence(chain: Iterable[tuple[NodeType, UUID, Cadence | None]]) -> EffectiveCadence | None:
    """Return the cadence that applies at the end of a chain of nodes, the organisation first."""
    effective: EffectiveCadence | None = None
    for source_type, source_id, own in chain:
        effective = overridden(effective, own, source_type, source_id)
    return effective


def applying_own(chain: Iterable[tuple[NodeType, UUID, Cadence | None]]) -> EffectiveCadence | None:
    """Return the own cadence of the last node of a chain; None if it has none, or one above is locked."""
    nodes = list(chain)
    effective = effective_cadence(nodes)
    return effective if effective is not None and effective.source_id == nodes[-1][1] else None
