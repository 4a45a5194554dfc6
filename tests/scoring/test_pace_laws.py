"""Properties of pace: curves never fall, means of curves are means, and timelines are right."""

import itertools
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from okr_api.okr.computed_values import Curve, Status
from okr_api.okr.measure import Measure
from okr_api.okr.numbers import reaches, weighted_mean
from okr_api.scoring.pace import expected_progress, first_above, mean_curve
from okr_api.scoring.status import paced, pending_until
from tests.scoring.sketch import BEGIN, END, day, standing
from tests.scoring.strategies import FRACTIONS, INSTANTS, WEIGHTS, curves, measures, near, readings_of

quick = settings(max_examples=100, deadline=None)
WEIGHTED = st.lists(st.tuples(WEIGHTS, curves()), min_size=1, max_size=4)
MEANS = WEIGHTED.map(mean_curve)


def expected(curve: Curve, at: datetime) -> float:
    """Return the expected progress, which must not be null."""
    found = expected_progress(curve, at)
    assert found is not None
    return found


@quick
@given(curves() | MEANS)
def test_a_curve_runs_forward_and_never_falls(curve: Curve):
    assert curve
    for (earlier, less), (later, more) in itertools.pairwise(curve):
        assert earlier <= later
        assert less <= more
    assert curve[0][1] == 0
    assert curve[-1][1] <= 1


@quick
@given(curves() | MEANS, st.lists(INSTANTS, min_size=2, max_size=8))
def test_what_is_expected_never_falls(curve: Curve, instants: list[datetime]):
    found = [expected(curve, at) for at in sorted(instants)]
    assert found == sorted(found)
    assert all(0 <= fraction <= 1 for fraction in found)


@quick
@given(WEIGHTED, st.lists(INSTANTS, max_size=5))
def test_a_mean_of_curves_is_everywhere_the_mean_of_what_they_expect(parts, instants):
    mean = mean_curve(parts)
    corners = [at for _, curve in parts for at, _ in curve]
    for at in [*instants, *corners]:
        direct = weighted_mean((weight, expected(curve, at)) for weight, curve in parts)
        assert expected(mean, at) == pytest.approx(direct, abs=1e-9)


@quick
@given(st.data(), WEIGHTED)
def test_the_order_of_parts_changes_no_bit_of_a_curve(data: st.DataObject, parts):
    assert mean_curve(data.draw(st.permutations(parts))) == mean_curve(parts)


@quick
@given(curves(), st.lists(WEIGHTS, min_size=1, max_size=5))
def test_the_mean_of_one_curve_is_that_curve(curve: Curve, weights: list[float]):
    assert mean_curve((weight, curve) for weight in weights) == curve


def by_the_gap(progress: float, curve: Curve, judged_from: datetime, at: datetime) -> Status:
    """Return the derived status by its definition: the gap at that very instant against the thresholds."""
    if at < judged_from:
        return Status.PENDING
    gap = expected(curve, at) - progress
    if reaches(0.10, gap):
        return Status.ON_TRACK
    return Status.AT_RISK if reaches(0.25, gap) else Status.OFF_TRACK


@settings(max_examples=200, deadline=None)
@given(
    curves() | MEANS,
    FRACTIONS | st.sampled_from([0.0, 0.4, 0.45, 0.6, 0.75, 0.9]),
    st.sampled_from([pending_until(BEGIN, END), pending_until(BEGIN, day(30)), BEGIN]),
    st.lists(INSTANTS, min_size=1, max_size=8),
)
def test_a_timeline_says_at_every_instant_what_the_gap_says(curve, progress, judged_from, instants):
    timeline = paced(progress, curve, judged_from=judged_from)
    corners = [at for at, _ in curve]
    for at in [*instants, *corners, judged_from]:
        if not near(at, timeline.turns) or at == judged_from:
            assert timeline.at(at) is by_the_gap(progress, curve, judged_from, at)


@quick
@given(curves() | MEANS, FRACTIONS, st.lists(INSTANTS, min_size=1, max_size=5))
def test_a_next_turn_is_the_first_instant_with_another_status(curve, progress, instants):
    timeline = paced(progress, curve, judged_from=pending_until(BEGIN, END))
    assert list(timeline.turns) == sorted(set(timeline.turns))
    assert len(timeline.statuses) == len(timeline.turns) + 1
    for at in instants:
        turn = timeline.next_turn(at)
        if turn is None:
            assert timeline.at(at) is timeline.statuses[-1]
        else:
            assert turn > at
            assert timeline.at(turn) is not timeline.at(at)


@quick
@given(curves() | MEANS, FRACTIONS, st.lists(INSTANTS, max_size=5))
def test_more_than_a_level_is_expected_from_the_first_instant_above_it_on(curve, level, instants):
    turn = first_above(curve, level)
    for at in instants:
        if turn is None or not near(at, (turn,)):
            assert (expected(curve, at) > level + 1e-9) == (turn is not None and at >= turn)


@quick
@given(st.data(), st.lists(INSTANTS, min_size=1, max_size=6))
def test_better_progress_never_worsens_the_derived_status(data: st.DataObject, instants):
    curve = data.draw(curves())
    less, more = sorted((data.draw(FRACTIONS), data.draw(FRACTIONS)))
    order = [Status.PENDING, Status.ON_TRACK, Status.AT_RISK, Status.OFF_TRACK]
    judged_from = pending_until(BEGIN, END)
    worse, better = (paced(each, curve, judged_from=judged_from) for each in (less, more))
    for at in instants:
        assert order.index(better.at(at)) <= order.index(worse.at(at))


@quick
@given(st.data(), st.lists(INSTANTS, min_size=1, max_size=8))
def test_what_is_shown_is_the_first_that_applies(data: st.DataObject, instants: list[datetime]):
    measure: Measure = data.draw(measures())
    read = data.draw(readings_of(measure))
    found = standing(measure, read)
    newest = max((each.effective_at for each in read), default=None)
    silent = max(newest, BEGIN) if newest else BEGIN
    for at in instants:
        stale = silent + (day(10) - BEGIN) <= at < END
        still = found.reported_until is not None and at < found.reported_until
        expectation = Status.STALE if stale else found.reported_status if still else found.derived.at(at)
        assert found.status.at(at) is expectation
