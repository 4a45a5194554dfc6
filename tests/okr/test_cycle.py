"""Cycles: their days, their nesting, and what each state accepts."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from okr_api.okr.cycle import Cycle, CycleState
from okr_api.okr.errors import (
    CycleIsClosed,
    CycleIsDraft,
    CycleIsInReview,
    CycleOutsideParent,
    CycleTransition,
    InvalidInput,
    Refused,
)
from tests.scoring.sketch import uid

BERLIN = ZoneInfo("Europe/Berlin")
QUARTER = Cycle(uid("quarter"), None, "Q1", date(2026, 1, 1), date(2026, 3, 31))
YEAR = replace(QUARTER, id=uid("year"), name="2026", ends_on=date(2026, 12, 31))


def test_a_cycle_of_one_day_is_a_cycle():
    one = replace(QUARTER, ends_on=QUARTER.starts_on)
    assert one.checked() is one
    assert one.ends_at(BERLIN) - one.starts_at(BERLIN) == timedelta(days=1)


@pytest.mark.parametrize(
    ("starts_on", "ends_on"),
    (
        (date(2026, 1, 2), date(2026, 1, 1)),
        (date(2026, 1, 1), date(2076, 12, 31)),
        (date(1899, 12, 31), date(1900, 1, 5)),
        (date(2200, 12, 1), date(2201, 1, 1)),
    ),
)
def test_days_that_make_no_cycle_are_refused(starts_on, ends_on):
    with pytest.raises(InvalidInput):
        replace(QUARTER, starts_on=starts_on, ends_on=ends_on).checked()


def test_fifty_years_are_the_most():
    replace(QUARTER, ends_on=QUARTER.starts_on + timedelta(days=18_299)).checked()
    with pytest.raises(InvalidInput, match="18300"):
        replace(QUARTER, ends_on=QUARTER.starts_on + timedelta(days=18_300)).checked()


def test_its_last_instant_is_the_local_midnight_after_its_last_day():
    assert QUARTER.starts_at(BERLIN) == datetime(2025, 12, 31, 23, tzinfo=UTC)
    assert QUARTER.ends_at(BERLIN) == datetime(2026, 3, 31, 22, tzinfo=UTC)  # summer time began on the 29th
    assert QUARTER.last_noon(BERLIN) == datetime(2026, 3, 31, 10, tzinfo=UTC)


def test_cycles_that_follow_one_another_share_no_instant_and_leave_none_out():
    following = replace(QUARTER, starts_on=date(2026, 4, 1), ends_on=date(2026, 6, 30))
    for zone in map(ZoneInfo, ("UTC", "Europe/Berlin", "America/New_York", "Pacific/Auckland")):
        assert QUARTER.ends_at(zone) == following.starts_at(zone)


def test_a_cycle_lies_within_its_parent_or_is_refused():
    QUARTER.within(YEAR)
    YEAR.within(YEAR)
    too_early = replace(QUARTER, starts_on=date(2025, 12, 31))
    too_late = replace(QUARTER, ends_on=date(2027, 1, 1))
    for outside in (too_early, too_late):
        with pytest.raises(CycleOutsideParent):
            outside.within(YEAR)


STEPS = {
    (CycleState.DRAFT, CycleState.ACTIVE),
    (CycleState.ACTIVE, CycleState.REVIEW),
    (CycleState.REVIEW, CycleState.ACTIVE),
    (CycleState.REVIEW, CycleState.CLOSED),
    (CycleState.CLOSED, CycleState.REVIEW),
}


@pytest.mark.parametrize(("here", "there"), tuple(product(CycleState, CycleState)))
def test_a_cycle_takes_only_the_steps_that_there_are(here, there):
    cycle = replace(QUARTER, state=here)
    if (here, there) in STEPS:
        cycle.may_become(there)
    else:
        with pytest.raises(CycleTransition):
            cycle.may_become(there)


TAKES: dict[CycleState, tuple[type[Refused] | None, type[Refused] | None]] = {
    CycleState.DRAFT: (None, CycleIsDraft),
    CycleState.ACTIVE: (None, None),
    CycleState.REVIEW: (CycleIsInReview, None),
    CycleState.CLOSED: (CycleIsClosed, CycleIsClosed),
}


@pytest.mark.parametrize("state", CycleState)
def test_each_state_takes_edits_and_check_ins_or_refuses_them(state):
    cycle = replace(QUARTER, state=state)
    for step, refusal in zip((cycle.takes_edits, cycle.takes_check_ins), TAKES[state], strict=True):
        if refusal is None:
            step()
        else:
            with pytest.raises(refusal):
                step()
