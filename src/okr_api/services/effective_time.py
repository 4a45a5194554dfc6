"""Effective time that the input of a check-in or reading gives: an instant, noon of a local day, or now."""

from datetime import date, datetime

from okr_api.okr.calendar import day_within_reach, noon_of
from okr_api.okr.check_in import CheckIn, effective
from okr_api.okr.errors import InvalidInput
from okr_api.okr.metric import MetricReading
from okr_api.store.unit_of_work import Work


def effective_time(
    work: Work, at: datetime | None, on: date | None, earlier: CheckIn | MetricReading | None
) -> datetime:
    """Return the instant that an input gives; without one that of the `earlier` that it corrects, or now.

    Raises:
        InvalidInput: both are given, or the day is out of reach.
        ReadingInFuture: it is more than five minutes ahead.
    """
    if at is not None and on is not None:
        raise InvalidInput("Give effectiveAt or effectiveOn, not both", path=["effectiveOn"])
    if at is not None:
        day_within_reach(at.date(), "effectiveAt")
    if on is not None:
        day_within_reach(on, "effectiveOn")
        noon, today = noon_of(on, work.tree.zone), work.clock.astimezone(work.tree.zone).date()
        return min(noon, work.clock) if on == today else effective(noon, work.clock, "effectiveOn")
    if at is None and earlier is not None:
        return earlier.effective_at
    return effective(at, work.clock)
