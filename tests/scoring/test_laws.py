"""Properties of progress: what holds for every measure, every reading and every weight."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from okr_api.okr.computed_values import KeyResultStanding
from okr_api.okr.key_result import Reading
from okr_api.okr.measure import KeyResultMeasure, Measure
from okr_api.okr.numbers import weighted_mean
from okr_api.okr.target_revision import eases_target
from tests.scoring.sketch import (
    at_least,
    at_most,
    decrease,
    increase,
    reading,
    revised_from,
    standing,
    within,
    zones,
)
from tests.scoring.strategies import (
    FRACTIONS,
    VALUES,
    WEIGHTS,
    WHOLE,
    measures,
    readings_of,
    rising,
    staged,
)

quick = settings(max_examples=100, deadline=None)
PARTS = st.lists(st.tuples(WEIGHTS, FRACTIONS), min_size=1, max_size=12)

UPWARDS: dict[str, Callable[[list[float]], Measure]] = {
    "INCREASE": lambda points: increase(points[0], points[3]),
    "AT_LEAST": lambda points: at_least(points[1]),
    "ZONES": lambda points: zones(*points),
}
DOWNWARDS: dict[str, Callable[[list[float]], Measure]] = {
    "DECREASE": lambda points: decrease(points[3], points[0]),
    "AT_MOST": lambda points: at_most(points[1]),
    "ZONES": lambda points: zones(*reversed(points)),
}


def progress(measure: Measure, *read: Reading) -> float:
    """Return the progress by these readings, which must not be null."""
    found = standing(measure, read).progress
    assert found is not None
    return found


@quick
@given(st.data())
def test_progress_and_coverage_are_fractions(data: st.DataObject):
    measure = data.draw(measures(VALUES))
    found = standing(measure, data.draw(readings_of(measure)))
    fractions = (found.progress, found.held_share, found.score_at_end, found.coverage)
    assert all(0 <= fraction <= 1 for fraction in fractions if fraction is not None)


@quick
@given(st.data())
def test_there_is_a_number_or_a_reason_and_never_both(data: st.DataObject):
    measure = data.draw(measures())
    found = standing(measure, data.draw(readings_of(measure)))
    assert (found.progress is None) == (found.progress_reason is not None)
    assert (found.raw_progress is None) == (found.progress is None)
    assert (found.coverage == 1) == (found.progress is not None)


@pytest.mark.parametrize("measure", UPWARDS.values(), ids=UPWARDS.keys())
@quick
@given(points=rising(4), values=st.tuples(VALUES, VALUES))
def test_more_never_lowers_what_goes_upwards(measure, points, values):
    less, more = sorted(values)
    found = standing(measure(points), [reading(10, less)]), standing(measure(points), [reading(10, more)])
    assert raw(found[0]) <= raw(found[1])
    assert progress(measure(points), reading(10, less)) <= progress(measure(points), reading(10, more))


@pytest.mark.parametrize("measure", DOWNWARDS.values(), ids=DOWNWARDS.keys())
@quick
@given(points=rising(4), values=st.tuples(VALUES, VALUES))
def test_less_never_lowers_what_goes_downwards(measure, points, values):
    less, more = sorted(values)
    found = standing(measure(points), [reading(10, less)]), standing(measure(points), [reading(10, more)])
    assert raw(found[0]) >= raw(found[1])
    assert progress(measure(points), reading(10, less)) >= progress(measure(points), reading(10, more))


def raw(found: KeyResultStanding) -> float:
    """Return raw progress, which must not be null."""
    assert found.raw_progress is not None
    return found.raw_progress


@quick
@given(staged(), st.sets(st.sampled_from("abcde")), st.sets(st.sampled_from("abcde")))
def test_a_milestone_done_never_lowers(measure, done, more):
    keys = {milestone.key for milestone in measure.milestones}
    before = progress(measure, reading(10, done=tuple(done & keys)))
    after = progress(measure, reading(10, done=tuple((done | more) & keys)))
    assert before <= after
    assert progress(measure, reading(10, done=tuple(keys))) == 1


@quick
@given(points=rising(2, WHOLE), read=st.lists(WHOLE, min_size=1, max_size=6), place=st.integers(0, 5))
def test_a_reading_within_instead_of_outside_never_lowers(points, read, place):
    place %= len(read)
    better = [*read[:place], points[0], *read[place + 1 :]]
    days = range(10, 10 + len(read))
    before = [reading(on, value, seq=on) for on, value in zip(days, read, strict=True)]
    after = [reading(on, value, seq=on) for on, value in zip(days, better, strict=True)]
    assert progress(within(*points), *before) <= progress(within(*points), *after)


def rescaled(measure: Measure, scale: float, shift: float) -> Measure:
    """Return the same measure in another unit."""

    def moved(value: float | None) -> float | None:
        return None if value is None else value * scale + shift

    return replace(
        measure,
        start_value=moved(measure.start_value),
        target_value=moved(measure.target_value),
        lower_bound=moved(measure.lower_bound),
        upper_bound=moved(measure.upper_bound),
        commit_value=moved(measure.commit_value),
        stretch_value=moved(measure.stretch_value),
    )


@quick
@given(st.data(), st.floats(0.01, 1000), st.floats(-1000, 1000))
def test_the_unit_changes_nothing(data: st.DataObject, scale: float, shift: float):
    measure = data.draw(measures())
    assume(measure.kind is not KeyResultMeasure.BOOLEAN)
    read = data.draw(readings_of(measure))
    moved = [r if r.value is None else replace(r, value=r.value * scale + shift) for r in read]
    here, there = standing(measure, read), standing(rescaled(measure, scale, shift), moved)
    assert there.progress == pytest.approx(here.progress, abs=1e-9)
    assert there.progress_reason == here.progress_reason
    assert there.holds == here.holds
    assert there.held_share == here.held_share


@quick
@given(points=rising(4, WHOLE), value=WHOLE)
def test_upside_down_is_the_same_way(points, value):
    mirrored = [-point for point in points]
    up, down = increase(points[0], points[1]), decrease(mirrored[0], mirrored[1])
    assert progress(up, reading(10, value)) == progress(down, reading(10, -value))
    assert progress(zones(*points), reading(10, value)) == progress(zones(*mirrored), reading(10, -value))


@quick
@given(st.data())
def test_the_order_in_which_readings_are_handed_in_changes_no_bit(data: st.DataObject):
    measure = data.draw(measures())
    read = data.draw(readings_of(measure))
    assert standing(measure, data.draw(st.permutations(read))) == standing(measure, read)


@quick
@given(st.data(), PARTS)
def test_the_order_of_parts_changes_no_bit_of_a_mean(data: st.DataObject, parts):
    assert weighted_mean(data.draw(st.permutations(parts))) == weighted_mean(parts)


@quick
@given(PARTS, st.floats(1e-3, 1e3), st.integers(-9, 9))
def test_the_scale_of_weights_changes_nothing(parts, scale, power):
    here = weighted_mean(parts)
    assert weighted_mean((weight * scale, value) for weight, value in parts) == pytest.approx(here, abs=1e-9)
    assert weighted_mean((weight * 2.0**power, value) for weight, value in parts) == here


@quick
@given(PARTS)
def test_a_mean_lies_between_its_parts(parts):
    values = [value for _, value in parts]
    mean = weighted_mean(parts)
    assert mean is not None
    assert min(values) - 1e-15 <= mean <= max(values) + 1e-15
    assert 0 <= mean <= 1


@quick
@given(PARTS, st.integers(0, 11), FRACTIONS)
def test_a_better_part_never_lowers_the_mean(parts, place, better):
    place %= len(parts)
    weight, value = parts[place]
    improved = [*parts[:place], (weight, max(value, better)), *parts[place + 1 :]]
    before, after = weighted_mean(parts), weighted_mean(improved)
    assert before is not None
    assert after is not None
    assert before <= after


RANGES: dict[str, Callable[[list[float]], Measure]] = {"WITHIN": lambda points: within(points[1], points[2])}
REVISABLE = [*UPWARDS.values(), *DOWNWARDS.values(), *RANGES.values()]
RISING = rising(4, of=WHOLE)


@quick
@given(st.sampled_from(REVISABLE), RISING, RISING, st.lists(st.tuples(st.integers(1, 99), WHOLE), max_size=5))
def test_a_revision_never_changes_the_score_against_the_original_target(
    build: Callable[[list[float]], Measure],
    points: list[float],
    others: list[float],
    said: list[tuple[int, float]],
) -> None:
    before, after = build(points), build(others)
    read = [reading(on, value, seq=seq) for seq, (on, value) in enumerate(said, 1)]
    unrevised, revised = (
        standing(before, read),
        standing(after, read, target_revisions=revised_from(before, after)),
    )
    assert revised.original_score_at_end == unrevised.score_at_end
    assert revised.original_progress == unrevised.progress


@quick
@given(st.sampled_from(REVISABLE), RISING, RISING, st.lists(st.tuples(st.integers(1, 99), WHOLE), max_size=5))
def test_only_an_eased_target_raises_a_score(
    build: Callable[[list[float]], Measure],
    points: list[float],
    others: list[float],
    said: list[tuple[int, float]],
) -> None:
    before, after = build(points), build(others)
    read = [reading(on, value, seq=seq) for seq, (on, value) in enumerate(said, 1)]
    unrevised, revised = standing(before, read), standing(after, read)
    if (revised.score_at_end or 0.0) > (unrevised.score_at_end or 0.0) + 1e-9:
        assert eases_target(before, after, start=unrevised.start_value)


def test_a_start_that_is_taken_away_is_eased() -> None:
    assert eases_target(increase(20, 60), increase(None, 60))
    assert not eases_target(increase(None, 60), increase(20, 60))
    assert eases_target(increase(None, 60), increase(20, 60), start=30.0)
