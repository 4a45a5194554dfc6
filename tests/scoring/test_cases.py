"""Cases that implementations often get wrong."""

import math
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from okr_api.okr.author import Author
from okr_api.okr.check_in import CheckIn, effective
from okr_api.okr.computed_values import (
    Band,
    ObjectiveStanding,
    ProgressReason,
    Status,
)
from okr_api.okr.cycle import CycleState
from okr_api.okr.errors import NoSpan, ReadingInFuture
from okr_api.okr.objective import ObjectiveKind, ObjectiveState, ProgressSource
from okr_api.scoring.grading import band_of
from okr_api.scoring.pace import expected_progress
from okr_api.scoring.rollup import counting_in
from tests.scoring.sketch import (
    BEGIN,
    CYCLE,
    END,
    OBJECTIVE,
    YES_NO,
    Sketch,
    at_least,
    at_most,
    day,
    decrease,
    due_on,
    in_order,
    increase,
    milestones,
    reading,
    standing,
    uid,
    values,
    within,
    zones,
)

BERLIN = ZoneInfo("Europe/Berlin")


# ── One key result ──


def test_start_equal_to_target_is_refused_when_written_and_has_no_progress_when_imported():
    with pytest.raises(NoSpan):
        increase(5, 5).checked()
    found = standing(increase(5, 5), values((10, 5)))
    assert (found.progress, found.progress_reason) == (None, ProgressReason.NO_SPAN)


def test_going_backwards_counts_as_nothing():
    found = standing(increase(20, 60), values((10, 10)))
    assert (found.raw_progress, found.progress) == (-0.25, 0)


def test_overshoot_is_kept_in_raw_progress_only():
    found = standing(decrease(80, 20), values((10, 5)))
    assert (found.raw_progress, found.progress) == (1.25, 1)


def test_a_decrease_that_rests_at_its_start_has_a_positive_zero():
    found = standing(decrease(80, 20), values((10, 80)))
    assert math.copysign(1, found.raw_progress or 0.0) == 1
    assert str(found.raw_progress) == "0.0"


@pytest.mark.parametrize(
    ("measure", "value", "progress"),
    (
        (increase(-40, -20), -25, 0.75),
        (increase(-10, 0), -4, 0.6),
        (increase(0, 50), 10, 0.2),
        (decrease(0, -50), -10, 0.2),
        (decrease(30, 0), 12, 0.6),
    ),
)
def test_zero_and_negative_starts_and_targets_are_numbers_like_any_other(measure, value, progress):
    assert standing(measure, values((10, value))).progress == progress


@pytest.mark.parametrize("measure", (at_least(5), at_most(5), within(5, 9), within(1, 5)))
def test_a_limit_that_is_met_exactly_holds(measure):
    found = standing(measure, values((10, 5)))
    assert (found.holds, found.progress) == (True, 1)


def test_stay_within_without_a_reading_has_no_progress():
    found = standing(within(10, 20))
    assert (found.progress, found.holds, found.held_share) == (None, None, None)
    assert found.progress_reason is ProgressReason.NOT_MEASURED


def test_one_lucky_last_reading_does_not_make_up_for_the_time_outside():
    found = standing(within(10, 20), values((10, 25), (90, 15)))
    assert (found.holds, found.progress) == (True, 0)


def test_always_inside_is_exactly_one():
    tenth_of_a_second = 0.1 / 86_400
    found = standing(within(10, 20), values(*((10 + each * tenth_of_a_second, 15) for each in range(11))))
    assert (found.progress, found.held_share) == (1, 1)


def test_all_milestones_done_are_exactly_one():
    weights = {f"step{each}": 0.1 for each in range(11)}
    assert standing(milestones(**weights), [reading(10, done=tuple(weights))]).progress == 1


def test_milestones_of_any_order_give_the_same_bits():
    weights = {"a": 0.1, "b": 0.7, "c": 0.2, "d": 1e6, "e": 1e-6}
    ways = [weights, dict(reversed(weights.items()))]
    done = [reading(10, done=("a", "c", "e"))]
    assert len({standing(milestones(**way), done).progress for way in ways}) == 1


def test_imported_milestones_without_weight_have_no_progress_and_no_curve_that_fails():
    found = standing(milestones(a=(0.0, 20), b=0.0), [reading(10, done=("a",))])
    assert (found.progress, found.progress_reason) == (None, ProgressReason.NO_TARGET)
    assert expected_progress(found.expected, END) == 0


# ── Readings ──


def test_a_changed_target_is_counted_from_the_same_start():
    read = values((10, 40))
    assert standing(increase(20, 60), read).progress == 0.5
    assert standing(increase(20, 100), read).progress == 0.25


def test_a_reading_older_than_the_current_one_changes_no_progress():
    assert standing(increase(0, 100), values((20, 50), (10, 90))).current_value == 50


def test_of_two_readings_at_one_instant_the_one_recorded_later_is_current():
    assert standing(increase(0, 100), values((20, 50), (20, 40))).current_value == 40


def test_of_two_readings_at_one_instant_in_one_mutation_the_later_place_is_current():
    read = [reading(20, 40, seq=7, place=1), reading(20, 50, seq=7, place=0)]
    assert standing(increase(0, 100), read).current_value == 40


def test_a_reading_that_lies_ahead_is_refused_beyond_five_minutes_and_else_taken_as_now():
    assert effective(BEGIN + timedelta(minutes=5), BEGIN) == BEGIN
    with pytest.raises(ReadingInFuture):
        effective(BEGIN + timedelta(minutes=5, microseconds=1), BEGIN)


def test_a_reading_before_the_cycle_is_current_and_one_after_it_is_history():
    assert standing(increase(0, 100), values((-30, 20))).progress == 0.2
    assert standing(increase(0, 100), values((50, 40), (100, 90))).progress == 0.4


def test_a_corrected_reading_counts_as_if_it_had_never_been():
    """Superseded readings are not among those that are passed in."""
    wrong, right = in_order(reading(10, 90), reading(10, 40))
    later = reading(20, 60, seq=3)
    assert standing(increase(None, 100), [right, later]) != standing(
        increase(None, 100), [wrong, right, later]
    )
    assert standing(increase(None, 100), [right, later]).start_value == 40
    assert standing(increase(0, 100), [right]).latest_check_in_id == right.check_in_id


def test_taking_back_the_only_reading_leaves_nothing_measured():
    found = standing(increase(0, 100), [])
    assert (found.progress, found.progress_reason) == (None, ProgressReason.NOT_MEASURED)
    assert (found.current_value, found.latest_check_in_id, found.coverage) == (None, None, 0)


def test_readings_under_an_old_definition_measure_nothing():
    read = [reading(10, 40, definition=1), reading(20, 5, seq=2, definition=2)]
    assert standing(increase(None, 100), read, definition=2).start_value == 5


def test_a_note_changes_no_number():
    measured = values((10, 40))
    noted = [*measured, reading(20, seq=9, confidence=None, status=None)]
    before, after = standing(increase(0, 100), measured), standing(increase(0, 100), noted)
    assert (before.progress, before.latest_check_in_id) == (after.progress, after.latest_check_in_id)


# ── Days ──


MARCH = replace(CYCLE, starts_on=date(2026, 3, 1), ends_on=date(2026, 3, 31))
"""Summer time begins on the 29th."""


def at(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Return a local time in Berlin as an instant."""
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


def test_the_last_local_day_still_counts_and_the_next_does_not():
    last = replace(reading(0, 70.0), effective_at=at(3, 31, 23, 59))
    after = replace(reading(0, 90.0, seq=2), effective_at=at(4, 1))
    assert standing(increase(0, 100), [last], cycle=MARCH, zone=BERLIN).progress == 0.7
    assert standing(increase(0, 100), [last, after], cycle=MARCH, zone=BERLIN).progress == 0.7


def test_summer_time_makes_a_cycle_an_hour_shorter_and_ends_it_at_local_midnight():
    curve = standing(increase(), cycle=MARCH, zone=BERLIN).expected
    assert curve == ((at(3, 1), 0.0), (at(4, 1), 1.0))
    assert curve[1][0] - curve[0][0] == timedelta(days=31) - timedelta(hours=1)


def test_a_due_day_is_over_at_its_local_midnight():
    found = standing(YES_NO, cycle=MARCH, zone=BERLIN, due_on=date(2026, 3, 29)).expected
    assert found == ((at(3, 30), 0.0), (at(3, 30), 1.0))


def test_stay_within_counts_hours_that_there_were():
    """From 29 March 0:00 to 30 March 0:00 there are 23 hours in Berlin, 11 of them before noon."""
    instants = [at(3, 29), at(3, 29, 12), at(3, 30)]
    read = [
        replace(reading(0, value, seq=seq), effective_at=instant)
        for seq, (instant, value) in enumerate(zip(instants, (15.0, 25.0, 15.0), strict=True))
    ]
    assert standing(within(10, 20), read, cycle=MARCH, zone=BERLIN).progress == 11 / 23


# ── Objectives ──


def sketch_of(*progresses: float, **fields: object) -> Sketch:
    """Return a sketch with an objective whose key results have these progresses, computed."""
    sketch = Sketch()
    sketch.objective("top", **fields)
    for place, progress in enumerate(progresses):
        sketch.measured(f"k{place}", "top", progress)
    sketch.count_all()
    return sketch


def test_overshoot_of_one_part_makes_up_for_nothing_in_another():
    assert sketch_of(1.5, 0.5)["top"].progress == 0.75


def test_three_parts_at_exactly_0_7_are_green():
    score = sketch_of(0.7, 0.7, 0.7)["top"].score_at_end
    assert score is not None
    assert score < 0.7  # because of a rounding error
    assert band_of(score) is Band.GREEN
    assert band_of(0.7 - 2e-9) is Band.YELLOW


def test_three_aspirational_parts_at_exactly_0_7_are_achieved():
    found = sketch_of(0.7, 0.7, 0.7, kind=ObjectiveKind.ASPIRATIONAL, state=ObjectiveState.CLOSED)
    assert found["top"].outcome is Status.ACHIEVED


def test_a_missing_child_is_left_out_and_lowers_the_coverage():
    sketch = sketch_of()
    for name, progress in (("full", 0.6), ("empty", None)):
        sketch.objective(name)
        sketch.align(name, "top")
        if progress is not None:
            sketch.measured(f"of {name}", name, progress)
    sketch.count_all()
    assert (sketch["top"].progress, sketch["top"].coverage) == (0.6, 0.5)
    assert sketch["empty"].progress_reason is ProgressReason.NOTHING_COUNTS


def test_all_weights_zero_give_no_number_but_a_reason():
    sketch = Sketch()
    sketch.objective("top")
    sketch.measured("a", "top", 0.8, weight=0.0)
    sketch.measured("b", "top", 0.4, weight=0.0)
    sketch.count_all()
    found = sketch["top"]
    assert (found.progress, found.coverage, found.score_at_end) == (None, None, None)
    assert found.progress_reason is ProgressReason.NOTHING_COUNTS


def test_when_the_last_part_that_counted_goes_there_is_no_number_any_more():
    sketch = sketch_of(0.8)
    sketch.pause("k0")
    deltas = sketch.recount(key_results=["k0"])
    assert [(delta.before, delta.after) for delta in deltas] == [(0.8, 0.8), (0.8, None)]
    assert sketch["top"].progress_reason is ProgressReason.NOTHING_COUNTS


def test_when_the_last_key_result_goes_the_objectives_count_and_the_change_says_so():
    sketch = sketch_of(0.8)
    sketch.objective("child")
    sketch.measured("of child", "child", 0.2)
    sketch.align("child", "top")
    sketch.count_all()
    assert sketch["top"].progress == 0.8
    sketch.pause("k0")
    *_, top = sketch.recount(key_results=["k0"])
    assert (top.before, top.after) == (0.8, 0.2)
    assert (top.source_before, top.source_after) == (ProgressSource.KEY_RESULTS, ProgressSource.OBJECTIVES)


def diamond() -> Sketch:
    """Return a diamond: C serves A and B, and both serve the company."""
    sketch = Sketch()
    for name in ("company", "A", "B", "C"):
        sketch.objective(name, progress_source=ProgressSource.BOTH)
    for child, parent in (("A", "company"), ("B", "company"), ("C", "A"), ("C", "B")):
        sketch.align(child, parent)
    sketch.measured("of A", "A", 0.2)
    sketch.measured("of B", "B", 0.4)
    sketch.measured("of C", "C", 0.8)
    sketch.count_all()
    return sketch


def test_a_part_that_arrives_over_two_ways_is_removed_from_neither():
    sketch = diamond()
    assert sketch["A"].progress == 0.5
    assert sketch["B"].progress == pytest.approx(0.6)
    assert sketch["company"].progress == pytest.approx(0.55)


def test_in_a_diamond_each_ancestor_moves_once_and_after_all_beneath_it():
    sketch = diamond()
    sketch.read("of C", 20, 1.0)
    deltas = sketch.recount(key_results=["of C"])
    moved = [delta.node_id for delta in deltas]
    assert moved == [uid("of C"), uid("C"), *sorted([uid("A"), uid("B")]), uid("company")]


def test_a_child_counts_once_in_an_objective_with_the_larger_of_its_weights():
    sketch = sketch_of(0.2, progress_source=ProgressSource.BOTH)
    sketch.objective("child")
    sketch.measured("of child", "child", 0.8)
    sketch.align("child", "top", 1)
    sketch.align("child", "k0", 3)
    sketch.count_all()
    counting = counting_in(sketch.tree, sketch.tree.objectives[uid("top")])
    assert counting.key_results + counting.objectives == (uid("k0"), uid("child"))
    assert counting.weights == (1, 3)
    assert sketch["top"].progress == pytest.approx(0.65)


def test_what_is_aligned_to_a_key_result_never_rewrites_its_value():
    sketch = sketch_of(0.2, progress_source=ProgressSource.OBJECTIVES)
    sketch.objective("child")
    sketch.measured("of child", "child", 0.8)
    sketch.align("child", "k0")
    before = sketch.key("k0")
    moved = {delta.node_id for delta in sketch.count_all()}
    assert sketch.key("k0") is before
    assert moved == {uid("of child"), uid("child"), uid("top")}
    assert sketch["top"].progress == 0.8


def test_support_changes_no_number():
    sketch = sketch_of(0.2, progress_source=ProgressSource.BOTH)
    before = sketch["top"]
    sketch.objective("child")
    sketch.measured("of child", "child", 0.8)
    sketch.align("child", "top", 5, supports=True)
    sketch.count_all()
    assert sketch["top"] is before


def test_recounting_stops_at_a_closed_objective():
    sketch = diamond()
    for name in ("A", "B"):
        sketch.tree.objectives[uid(name)] = replace(
            sketch.tree.objectives[uid(name)], state=ObjectiveState.CLOSED
        )
    sketch.count_all()
    before = sketch["A"], sketch["B"], sketch["company"]
    sketch.read("of C", 20, 1.0)
    moved = {delta.node_id for delta in sketch.recount(key_results=["of C"])}
    assert moved == {uid("of C"), uid("C")}
    assert (sketch["A"], sketch["B"], sketch["company"]) == before


def test_who_does_not_move_hands_nothing_on():
    """A key result without weight moves no parent, so nothing above it is recomputed."""
    sketch = diamond()
    sketch.measured("weightless", "C", 0.1, weight=0.0)
    sketch.count_all()
    untouched = ObjectiveStanding(progress=0.123)
    sketch.tree.objective_standings[uid("company")] = untouched
    sketch.read("weightless", 20, 0.9)
    assert [delta.node_id for delta in sketch.recount(key_results=["weightless"])] == [uid("weightless")]
    assert sketch["company"] is untouched


def test_a_draft_pushes_nothing():
    sketch = sketch_of(0.2, state=ObjectiveState.DRAFT)
    sketch.read("k0", 20, 0.9)
    assert sketch.recount(key_results=["k0"]) == ()
    assert sketch["top"].progress == 0.9


def test_moving_a_subtree_moves_old_and_new_ancestors_at_once():
    sketch = Sketch()
    for name in ("root", "old", "new", "leaf"):
        sketch.objective(name)
    for child, parent in (("old", "root"), ("new", "root")):
        sketch.align(child, parent)
    edge = sketch.align("leaf", "old")
    sketch.measured("k", "leaf", 0.6)
    sketch.count_all()
    sketch.tree.drop_alignment(edge)
    sketch.align("leaf", "new")
    deltas = {
        delta.node_id: (delta.before, delta.after) for delta in sketch.recount(objectives=["old", "new"])
    }
    assert deltas[uid("old")] == (0.6, None)
    assert deltas[uid("new")] == (None, 0.6)
    assert sketch["root"].progress == 0.6


# ── Status ──


def test_status_is_never_averaged():
    """One part is off track and three are on track: the status of the objective is that of its own pace."""
    sketch = Sketch()
    sketch.objective("top")
    for name, progress, said in (
        ("a", 0.9, None),
        ("b", 0.9, None),
        ("c", 0.9, None),
        ("d", 0.0, "OFF_TRACK"),
    ):
        sketch.key_result(name, "top", readings=[reading(45, progress, status=said)])
    sketch.count_all()
    shown = Counter(sketch.key(name).status.at(day(50)) for name in "abcd")
    assert shown == {Status.ON_TRACK: 3, Status.OFF_TRACK: 1}
    assert sketch["top"].progress == pytest.approx(0.675)
    assert sketch["top"].status.at(day(50)) is Status.ON_TRACK


def test_an_unmeasured_key_result_is_pending_however_late():
    found = standing(increase())
    assert found.derived.at(day(99)) is Status.PENDING
    assert found.progress is None


def test_nothing_is_stale_outside_its_running_cycle():
    for state in (CycleState.REVIEW, CycleState.CLOSED, CycleState.DRAFT):
        found = standing(increase(), values((10, 0.5)), cycle=replace(CYCLE, state=state))
        assert Status.STALE not in found.status.statuses
    assert standing(increase(), values((10, 0.5))).status.at(day(100)) is not Status.STALE
    assert Status.STALE not in standing(increase(), values((95, 0.5))).status.statuses


def test_a_draft_shows_pending_whatever_was_reported():
    draft = replace(OBJECTIVE, state=ObjectiveState.DRAFT)
    read = [reading(10, 0.5, status="OFF_TRACK")]
    drafted = standing(increase(), read, objective=draft)
    planned = standing(increase(), read, cycle=replace(CYCLE, state=CycleState.DRAFT))
    for found in (drafted, planned):
        assert found.derived.statuses == found.status.statuses == (Status.PENDING,)


def test_a_part_that_is_set_aside_or_over_never_turns():
    closed = replace(OBJECTIVE, state=ObjectiveState.CLOSED)
    found = standing(increase(), values((10, 1.0)), objective=closed)
    assert found.status.statuses == (Status.ACHIEVED,)
    assert found.status.next_turn(BEGIN) is None


def test_a_limit_that_is_due_early_is_judged_early():
    found = standing(at_most(5), values((1, 6)), due_on=due_on(40))
    assert found.derived.turns == (day(2),)


# ── Scores ──


def test_a_score_uses_no_reading_from_after_the_cycle():
    assert standing(increase(), values((50, 0.6), (101, 1.0))).score_at_end == 0.6


def test_the_latest_reading_of_a_range_holds_to_the_end_of_the_cycle():
    found = standing(within(10, 20), values((0, 25), (50, 15)))
    assert (found.progress, found.score_at_end) == (0, 0.5)


def test_zones_are_achieved_at_their_target():
    closed = replace(OBJECTIVE, state=ObjectiveState.CLOSED)
    assert standing(zones(), values((10, 0.7)), objective=closed).outcome is Status.ACHIEVED
    assert standing(increase(), values((10, 0.7)), objective=closed).outcome is Status.MISSED


def test_confidence_is_never_mixed_into_progress():
    sure = standing(increase(), [reading(10, 0.5, confidence=1.0)])
    unsure = standing(increase(), [reading(10, 0.5, confidence=0.0)])
    assert replace(sure, confidence=None) == replace(unsure, confidence=None)


def test_a_check_in_becomes_the_reading_that_it_says():
    said = CheckIn(
        id=uid("check-in"),
        external_id=None,
        key_result_id=uid("key result"),
        definition=2,
        effective_at=day(3),
        recorded_at=day(4),
        author=Author("a nightly job"),
        seq=5,
        place=6,
        value=7.0,
    ).reading
    assert said.order == (day(3), 5, 6)
    assert (said.value, said.definition, said.measures) == (7.0, 2, True)
