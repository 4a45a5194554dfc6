"""Validation of new measures: which fields they need, and which they cannot have."""

import math
from dataclasses import replace
from typing import Any

import pytest

from okr_api.okr.errors import (
    InvalidInput,
    NoSpan,
    NoTarget,
    Refused,
    WrongDirection,
)
from okr_api.okr.measure import KeyResultMeasure, Measure, Milestone

K = KeyResultMeasure
STEPS = (Milestone("a", "Alpha"), Milestone("b", "Beta", 2.0))

GOOD = {
    "increase": Measure(K.INCREASE, unit="€", start_value=0, target_value=10),
    "increase from an unknown start": Measure(K.INCREASE, target_value=10),
    "increase below zero": Measure(K.INCREASE, start_value=-10, target_value=-5),
    "increase by the smallest span": Measure(K.INCREASE, start_value=0, target_value=1e-9),
    "decrease": Measure(K.DECREASE, start_value=10, target_value=0),
    "at least": Measure(K.AT_LEAST, target_value=99.5),
    "at most zero": Measure(K.AT_MOST, target_value=0),
    "within": Measure(K.WITHIN, lower_bound=-1, upper_bound=1),
    "yes or no": Measure(K.BOOLEAN),
    "milestones": Measure(K.MILESTONES, milestones=STEPS),
    "zones": Measure(K.ZONES, start_value=0, commit_value=3, target_value=7, stretch_value=10),
    "zones downwards": Measure(K.ZONES, start_value=9, commit_value=6, target_value=3, stretch_value=0),
}


@pytest.mark.parametrize("measure", GOOD.values(), ids=GOOD.keys())
def test_a_sound_measure_is_taken_as_it_is(measure):
    assert measure.checked() == measure


REFUSED: dict[str, tuple[Measure, type[Refused], tuple[str, ...]]] = {
    "increase without a target": (Measure(K.INCREASE, start_value=1), NoTarget, ("targetValue",)),
    "decrease without a target": (Measure(K.DECREASE, start_value=1), NoTarget, ("targetValue",)),
    "at least without a limit": (Measure(K.AT_LEAST), NoTarget, ("targetValue",)),
    "at most without a limit": (Measure(K.AT_MOST), NoTarget, ("targetValue",)),
    "within without bounds": (Measure(K.WITHIN, lower_bound=1), NoTarget, ("lowerBound",)),
    "milestones without any": (Measure(K.MILESTONES), NoTarget, ("milestones",)),
    "zones without a commitment": (replace(GOOD["zones"], commit_value=None), NoTarget, ("commitValue",)),
    "zones without a start": (replace(GOOD["zones"], start_value=None), NoTarget, ("startValue",)),
    "start = target": (replace(GOOD["increase"], start_value=10), NoSpan, ("targetValue",)),
    "less than the smallest span": (replace(GOOD["increase"], target_value=9e-10), NoSpan, ("targetValue",)),
    "bounds at one place": (Measure(K.WITHIN, lower_bound=2, upper_bound=2), NoSpan, ("upperBound",)),
    "bounds upside down": (Measure(K.WITHIN, lower_bound=3, upper_bound=2), NoSpan, ("upperBound",)),
    "increase downwards": (replace(GOOD["increase"], start_value=20), WrongDirection, ("targetValue",)),
    "decrease upwards": (replace(GOOD["decrease"], target_value=20), WrongDirection, ("targetValue",)),
    "zones to and fro": (replace(GOOD["zones"], commit_value=8), WrongDirection, ("targetValue",)),
    "zones that rest": (replace(GOOD["zones"], commit_value=7), WrongDirection, ("targetValue",)),
    "a bound for an increase": (replace(GOOD["increase"], lower_bound=1), InvalidInput, ("lowerBound",)),
    "a commitment for a limit": (replace(GOOD["at least"], commit_value=1), InvalidInput, ("commitValue",)),
    "a target for a range": (replace(GOOD["within"], target_value=1), InvalidInput, ("targetValue",)),
    "a target for yes or no": (replace(GOOD["yes or no"], target_value=1), InvalidInput, ("targetValue",)),
    "a start for milestones": (replace(GOOD["milestones"], start_value=1), InvalidInput, ("startValue",)),
    "milestones for an increase": (
        replace(GOOD["increase"], milestones=STEPS),
        InvalidInput,
        ("milestones",),
    ),
    "not a number": (replace(GOOD["increase"], target_value=math.nan), InvalidInput, ("targetValue",)),
    "infinity": (replace(GOOD["increase"], start_value=-math.inf), InvalidInput, ("startValue",)),
    "beyond 1e15": (replace(GOOD["within"], upper_bound=2e15), InvalidInput, ("upperBound",)),
    "an empty unit": (replace(GOOD["increase"], unit=""), InvalidInput, ("unit",)),
    "a long unit": (replace(GOOD["increase"], unit="m" * 41), InvalidInput, ("unit",)),
}


@pytest.mark.parametrize(("measure", "error", "path"), REFUSED.values(), ids=REFUSED.keys())
def test_an_unsound_measure_is_refused_where_it_is_unsound(measure, error, path):
    with pytest.raises(Refused) as refused:
        measure.checked()
    assert (type(refused.value), refused.value.path) == (error, path)


STEPS_REFUSED: dict[str, tuple[tuple[Milestone, ...], tuple[str, ...]]] = {
    "a blank name": ((STEPS[0], Milestone("b", "  ")), ("milestones", "1", "name")),
    "a long name": ((Milestone("a", "x" * 201),), ("milestones", "0", "name")),
    "no key": ((Milestone("", "Alpha"),), ("milestones", "0", "key")),
    "a negative weight": ((STEPS[0], Milestone("b", "Beta", -1)), ("milestones", "1", "weight")),
    "a weight that is no number": ((Milestone("a", "Alpha", math.nan),), ("milestones", "0", "weight")),
    "a key twice": ((STEPS[0], STEPS[0]), ("milestones",)),
    "no weight at all": ((Milestone("a", "Alpha", 0), Milestone("b", "Beta", 0)), ("milestones",)),
    "too many": (tuple(Milestone(str(each), "Step") for each in range(101)), ("milestones",)),
}


@pytest.mark.parametrize(("steps", "path"), STEPS_REFUSED.values(), ids=STEPS_REFUSED.keys())
def test_unsound_milestones_are_refused_where_they_are_unsound(steps, path):
    with pytest.raises(InvalidInput) as refused:
        Measure(K.MILESTONES, milestones=steps).checked()
    assert refused.value.path == path


@pytest.mark.parametrize(
    ("kind", "start", "target", "hint"),
    (
        (K.DECREASE, 5, 9, "use INCREASE, or AT_MOST if 9 is a limit"),
        (K.INCREASE, 90, 10, "use DECREASE, or AT_LEAST if 10 is a limit"),
    ),
)
def test_a_wrong_direction_hints_at_the_other_one_and_at_the_limit_that_may_be_meant(
    kind, start, target, hint
):
    with pytest.raises(WrongDirection, match=hint):
        Measure(kind, start_value=start, target_value=target).checked()


def test_a_checked_measure_holds_doubles_and_no_negative_zero():
    checked = Measure(K.INCREASE, start_value=-0.0, target_value=10).checked()
    assert repr(checked.start_value) == "0.0"
    assert type(checked.target_value) is float


def test_what_is_checked_stays_checked():
    for measure in GOOD.values():
        assert measure.checked().checked() == measure.checked()


def test_each_kind_is_a_limit_or_a_way():
    limits = {kind for kind in K if Measure(kind).is_limit}
    assert limits == {K.AT_LEAST, K.AT_MOST, K.WITHIN}


def test_every_kind_is_among_the_examples():
    assert {measure.kind for measure in GOOD.values()} == set(K)
    fields: set[str] = {field for measure, *_ in REFUSED.values() for field in _given(measure)}
    assert fields >= {"target_value", "lower_bound", "commit_value", "milestones"}


def _given(measure: Measure) -> list[str]:
    values: dict[str, Any] = {name: getattr(measure, name) for name in measure.__slots__}
    return [name for name, value in values.items() if value not in (None, ())]
