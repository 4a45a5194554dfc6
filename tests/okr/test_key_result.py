"""Key results: when they are due, which readings they accept, and when readings keep their meaning."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from okr_api.okr.cycle import Cycle
from okr_api.okr.errors import InvalidInput
from okr_api.okr.key_result import KeyResult, KeyResultState, reading_fits
from okr_api.okr.measure import KeyResultMeasure, Measure, Milestone
from tests.scoring.sketch import YES_NO, increase, milestones, reading, uid

MARCH = Cycle(uid("cycle"), None, "March", date(2026, 3, 1), date(2026, 3, 31))
KEY_RESULT = KeyResult(uid("key result"), None, uid("objective"), "Key result", increase())
BERLIN = ZoneInfo("Europe/Berlin")


def test_it_counts_while_it_is_active_and_has_a_weight():
    assert KEY_RESULT.counts
    assert not replace(KEY_RESULT, weight=0.0).counts
    assert not replace(KEY_RESULT, state=KeyResultState.PAUSED).counts
    assert not replace(KEY_RESULT, state=KeyResultState.DROPPED).counts


def test_it_is_due_at_the_end_of_its_local_day_or_with_the_cycle():
    dated = replace(KEY_RESULT, due_on=date(2026, 3, 29))
    assert dated.due_at(MARCH, BERLIN) == datetime(2026, 3, 29, 22, tzinfo=UTC)
    assert KEY_RESULT.due_at(MARCH, BERLIN) == datetime(2026, 3, 31, 22, tzinfo=UTC)


@pytest.mark.parametrize("day", (date(2026, 3, 1), date(2026, 3, 31)))
def test_the_first_and_the_last_day_lie_within_the_cycle(day):
    assert replace(KEY_RESULT, due_on=day).due_within(MARCH).due_on == day


@pytest.mark.parametrize("day", (date(2026, 2, 28), date(2026, 4, 1)))
def test_a_due_day_outside_the_cycle_is_refused(day):
    with pytest.raises(InvalidInput) as refused:
        replace(KEY_RESULT, due_on=day).due_within(MARCH)
    assert refused.value.path == ("dueOn",)


def test_a_milestone_outside_the_cycle_is_refused_by_its_place():
    steps = (Milestone("a", "A"), Milestone("b", "B", due_on=date(2026, 4, 1)))
    measure = Measure(KeyResultMeasure.MILESTONES, milestones=steps)
    with pytest.raises(InvalidInput) as refused:
        replace(KEY_RESULT, measure=measure).due_within(MARCH)
    assert refused.value.path == ("milestones", "1", "dueOn")


def test_a_new_target_leaves_readings_their_meaning_and_a_new_start_does_not():
    assert KEY_RESULT.measured_alike(increase(0, 5))
    assert not KEY_RESULT.measured_alike(increase(0.5, 1))
    assert not KEY_RESULT.measured_alike(replace(increase(), unit="€"))
    assert not KEY_RESULT.measured_alike(YES_NO)


STEPS = milestones(a=1, b=2)
UNFIT = {
    "a value for milestones": (STEPS, 1.0, None, "value"),
    "an unknown milestone": (STEPS, None, ("a", "z"), "milestonesDone"),
    "milestones for an increase": (increase(), None, ("a",), "milestonesDone"),
    "no milestones for an increase": (increase(), None, (), "milestonesDone"),
    "half a yes": (YES_NO, 0.5, None, "value"),
    "two for yes": (YES_NO, 2.0, None, "value"),
}


@pytest.mark.parametrize(("measure", "value", "done", "path"), UNFIT.values(), ids=UNFIT.keys())
def test_a_reading_that_the_measure_cannot_take_is_refused(measure, value, done, path):
    with pytest.raises(InvalidInput) as refused:
        reading_fits(measure, value, done)
    assert refused.value.path == (path,)


@pytest.mark.parametrize(
    ("measure", "value", "done"),
    (
        (STEPS, None, ("a", "b")),
        (STEPS, None, ()),
        (STEPS, None, None),
        (increase(), -3.5, None),
        (YES_NO, 0.0, None),
        (YES_NO, 1.0, None),
        (YES_NO, None, None),
    ),
)
def test_a_reading_that_the_measure_can_take_is_taken(measure, value, done):
    reading_fits(measure, value, done)


def test_readings_are_ordered_by_effective_time_then_seq_then_place():
    ordered = [reading(1, seq=9), reading(2, seq=1, place=5), reading(2, seq=2), reading(2, seq=2, place=1)]
    assert sorted((ordered[2], ordered[0], ordered[3], ordered[1]), key=lambda each: each.order) == ordered


def test_words_alone_measure_nothing_and_nothing_done_does():
    assert not reading(1, confidence=0.5).measures
    assert reading(1, 0.0).measures
    assert reading(1, done=()).measures
