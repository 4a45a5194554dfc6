"""Slots around changes of a cadence: which are due, and which of them a check-in meets."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from uuid import uuid4
from zoneinfo import ZoneInfo

from okr_api.okr.cadence import Cadence, Weekday
from okr_api.okr.check_in_slots import Rhythm, dues_within, silent_from, slots_of
from okr_api.okr.holiday_calendar import HolidayCalendar

UTC_ZONE = ZoneInfo("UTC")
JUNE = date(2026, 6, 1), date(2026, 6, 30)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
FRIDAYS = Cadence(weeks=1, weekday=Weekday.FRIDAY)


def at(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 6, day, hour, tzinfo=UTC)


def test_a_slot_that_holidays_moved_over_a_change_is_due_by_the_new_cadence():
    holidays = HolidayCalendar(days=(date(2026, 6, 12),))
    before = Rhythm(LONG_AGO, FRIDAYS, holidays)
    after = Rhythm(at(14), replace(FRIDAYS, grace_days=2), holidays)
    days = [due.day.day for due in dues_within([before, after], UTC_ZONE, *JUNE)]
    assert days == [5, 15, 19, 26]


def test_a_check_in_meets_a_slot_that_is_open_behind_one_that_is_not():
    weekly = Rhythm(LONG_AGO, Cadence(weeks=1, weekday=Weekday.FRIDAY))
    monthly = Rhythm(at(6), Cadence(months=1, day=8))
    dues = dues_within([weekly, monthly], UTC_ZONE, *JUNE)
    assert [due.day.day for due in dues] == [5, 8]
    made = datetime(2026, 5, 25, tzinfo=UTC), uuid4()
    slots = slots_of(dues, [made], owner_id=None, absences={}, now=at(1))
    assert [slot.check_in_id for slot in slots] == [None, made[1]]
    second = at(5), uuid4()
    slots = slots_of(dues, [made, second], owner_id=None, absences={}, now=at(9))
    assert [slot.check_in_id for slot in slots] == [second[1], made[1]]


def test_a_slot_that_holidays_move_by_almost_a_month_is_the_next_one():
    monthly = Cadence(months=1, day=1, at=time(12), grace_days=0, tolerance_days=0)
    month = HolidayCalendar(days=tuple(date(2026, 7, day) for day in range(1, 31)))
    silent = silent_from(monthly, month, UTC_ZONE, datetime(2026, 7, 30, tzinfo=UTC), is_check_in=False)
    assert silent == datetime(2026, 7, 31, 12, tzinfo=UTC)
