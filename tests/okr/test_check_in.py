"""Check-ins: each reports something, within bounds, and at most five minutes ahead."""

import math
from dataclasses import replace
from datetime import timedelta

import pytest

from okr_api.okr.author import Author
from okr_api.okr.check_in import MAX_NOTE_LENGTH, CheckIn, ReportedStatus, effective
from okr_api.okr.errors import InvalidInput, NothingToRecord, ReadingInFuture
from tests.scoring.sketch import day, uid

NOW = day(30)
EMPTY = CheckIn(
    id=uid("check-in"),
    external_id=None,
    key_result_id=uid("key result"),
    definition=1,
    effective_at=NOW,
    recorded_at=NOW,
    author=Author("a nightly job"),
)

SAYS_SOMETHING = {
    "a value": {"value": 0.0},
    "milestones": {"milestones_done": ("a",)},
    "that none is done": {"milestones_done": ()},
    "a status": {"status": ReportedStatus.AT_RISK},
    "no confidence at all": {"confidence": 0.0},
    "a note": {"note": "slow"},
    "a long note": {"note": "x" * MAX_NOTE_LENGTH},
    "that it is taken back": {"retraction_reason": "mistyped"},
}


@pytest.mark.parametrize("said", SAYS_SOMETHING.values(), ids=SAYS_SOMETHING.keys())
def test_a_check_in_that_says_something_is_taken(said):
    assert replace(EMPTY, **said).checked() == replace(EMPTY, **said)


@pytest.mark.parametrize("note", (None, ""))
def test_a_check_in_that_says_nothing_is_refused(note):
    with pytest.raises(NothingToRecord):
        replace(EMPTY, note=note).checked()


@pytest.mark.parametrize(
    ("said", "path"),
    (
        ({"value": math.nan}, "value"),
        ({"value": math.inf}, "value"),
        ({"value": 1e16}, "value"),
        ({"confidence": 70.0}, "confidence"),
        ({"confidence": math.nan}, "confidence"),
        ({"note": "x" * (MAX_NOTE_LENGTH + 1)}, "note"),
    ),
)
def test_what_lies_out_of_bounds_is_refused(said, path):
    with pytest.raises(InvalidInput) as refused:
        replace(EMPTY, **said).checked()
    assert refused.value.path == (path,)


def test_a_negative_zero_is_recorded_as_zero():
    assert repr(replace(EMPTY, value=-0.0).checked().value) == "0.0"


def test_without_an_instant_it_holds_from_now():
    assert effective(None, NOW) == NOW


def test_the_past_is_taken_as_it_is():
    assert effective(day(-400), NOW) == day(-400)


@pytest.mark.parametrize("ahead", (timedelta(microseconds=1), timedelta(minutes=5)))
def test_what_lies_just_ahead_holds_from_now(ahead):
    assert effective(NOW + ahead, NOW) == NOW


def test_what_lies_further_ahead_is_refused():
    with pytest.raises(ReadingInFuture) as refused:
        effective(NOW + timedelta(minutes=5, microseconds=1), NOW)
    assert refused.value.path == ("effectiveAt",)
