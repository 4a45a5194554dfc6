"""Timelines: the status at every instant; a transition instant has the new status."""

from datetime import timedelta

from okr_api.okr.computed_values import Status, Timeline
from okr_api.okr.objective import (
    COUNTING,
    Objective,
    ObjectiveKind,
    ObjectiveState,
)
from tests.scoring.sketch import CYCLE, day, uid

TIMELINE = Timeline((Status.PENDING, Status.ON_TRACK, Status.STALE), (day(5), day(20)))
MOMENT = timedelta(microseconds=1)


def test_a_turn_belongs_to_what_it_turns_to():
    instants = (day(-100), day(5) - MOMENT, day(5), day(20) - MOMENT, day(20), day(900))
    said = [TIMELINE.at(instant).value for instant in instants]
    assert said == ["PENDING", "PENDING", "ON_TRACK", "ON_TRACK", "STALE", "STALE"]


def test_the_next_turn_lies_ahead():
    assert TIMELINE.next_turn(day(5) - MOMENT) == day(5)
    assert TIMELINE.next_turn(day(5)) == day(20)
    assert TIMELINE.next_turn(day(20)) is None


def test_a_status_without_turns_stays():
    assert Timeline((Status.PAUSED,)).at(day(50)) is Status.PAUSED
    assert Timeline((Status.PAUSED,)).next_turn(day(50)) is None


def test_published_and_closed_objectives_count():
    assert {ObjectiveState.PUBLISHED, ObjectiveState.CLOSED} == COUNTING


def test_an_aspirational_objective_expects_0_7():
    expected = {
        kind: Objective(uid("o"), None, CYCLE.id, "o", kind=kind).expectation for kind in ObjectiveKind
    }
    assert expected == {
        ObjectiveKind.COMMITTED: 1.0,
        ObjectiveKind.ASPIRATIONAL: 0.7,
        ObjectiveKind.LEARNING: 1.0,
    }
