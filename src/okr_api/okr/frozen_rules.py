"""Frozen rules: what a closed cycle was graded under; its numbers follow from these for good."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from .holiday_calendar import HolidayCalendar

THRESHOLDS = ("pending_share", "on_track_gap", "at_risk_gap", "yellow_from", "green_from")


@dataclass(frozen=True, slots=True)
class FrozenRules:
    """Settings and thresholds of a cycle when it was closed, and what was counted then.

    `version` is that of the rules of scoring. `at` is the instant from which the clock moves nothing. The
    thresholds are those of statuses (`pending_share`, `on_track_gap`, `at_risk_gap`) and of bands.
    `aligned_count` of `objective_count` objectives were aligned.
    """

    version: int
    at: datetime
    time_zone: str
    holiday_calendar: HolidayCalendar | None
    pending_share: float
    on_track_gap: float
    at_risk_gap: float
    yellow_from: float
    green_from: float
    objective_count: int
    aligned_count: int

    @property
    def zone(self) -> ZoneInfo:
        """Return the time zone of the cycle's days."""
        return ZoneInfo(self.time_zone)

    @property
    def document(self) -> dict[str, Any]:
        """Return the document that is stored of it, and that exports have."""
        return {
            "version": self.version,
            "at": self.at.isoformat(),
            "time_zone": self.time_zone,
            "holiday_calendar": self.holiday_calendar and self.holiday_calendar.document,
            **{name: getattr(self, name) for name in THRESHOLDS},
            "objective_count": self.objective_count,
            "aligned_count": self.aligned_count,
        }

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> "FrozenRules":
        """Return the rules of a stored document."""
        holidays = document["holiday_calendar"]
        return cls(
            version=document["version"],
            at=datetime.fromisoformat(document["at"]),
            time_zone=document["time_zone"],
            holiday_calendar=holidays and HolidayCalendar.of_document(holidays),
            **{name: float(document[name]) for name in THRESHOLDS},
            objective_count=document["objective_count"],
            aligned_count=document["aligned_count"],
        )
