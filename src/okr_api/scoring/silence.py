"""Silence: until when a check-in or another sign of life is enough; by a cadence, or weekly without one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from okr_api.okr.cadence import Cadence, EffectiveCadence
from okr_api.okr.check_in_slots import silent_from
from okr_api.okr.computed_values import Status
from okr_api.okr.holiday_calendar import NO_HOLIDAYS, HolidayCalendar
from okr_api.okr.key_result import Reading

from .readings import latest_met, latest_with
from .status import silent_without_cadence


@dataclass(frozen=True, slots=True)
class Silence:
    """What decides when a key result, or a report on an objective, falls silent: cadence and holidays."""

    cadence: Cadence | None
    zone: ZoneInfo
    holidays: HolidayCalendar = NO_HOLIDAYS

    def latest_check_in(self, in_order: Sequence[Reading]) -> datetime | None:
        """Return when the latest check-in was effective that breaks the silence; None without one.

        Under a cadence it is one that can meet a slot; without one any.
        """
        if self.cadence is None:
            return in_order[-1].effective_at if in_order else None
        latest = latest_met(in_order)
        return latest.effective_at if latest else None

    def begins(self, sign: datetime, *, is_check_in: bool) -> datetime:
        """Return when it falls silent after its latest sign of life."""
        if self.cadence is None:
            return silent_without_cadence(sign)
        return silent_from(self.cadence, self.holidays, self.zone, sign, is_check_in=is_check_in)

    def reported(self, in_order: Sequence[Reading]) -> tuple[Status | None, datetime | None]:
        """Return the status that the check-ins report, oldest first, and the instant at which it lapses."""
        said, checked_in_at = latest_with(in_order, "status"), self.latest_check_in(in_order)
        if said is None or said.status is None or checked_in_at is None:
            return None, None
        return Status(said.status), self.begins(checked_in_at, is_check_in=True)


def silence_of(effective: EffectiveCadence | None, zone: ZoneInfo, holidays: HolidayCalendar) -> Silence:
    """Return what decides when something falls silent to which this cadence applies."""
    return Silence(effective.cadence if effective else None, zone, holidays)
