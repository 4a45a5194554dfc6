"""Key results: what the steps of their life change, and which measures are rejected."""

from datetime import timedelta
from typing import Any

import pytest

from okr_api.okr.measure import KeyResultMeasure, Measure, Milestone
from okr_api.services import (
    alignments,
    cycles,
    key_results,
    objectives,
)
from okr_api.services.key_results import define_key_result, edit_key_result, move_key_result
from okr_api.services.references import Ref
from tests.acme import (
    TODAY,
    YES_NO,
    Acme,
    at_least,
    at_most,
    days_ago,
    decrease,
    increase,
    milestones,
    within,
    zones,
)

MADE = {"change": 1, "feed_head": 1, "key_result": 1, "key_result_version": 1}
NAN = float("nan")


async def edit(acme: Acme, name: str, /, **measure: Any) -> None:
    await acme.done(edit_key_result, key_result=name, edits={}, measure=measure, reason="as agreed")


async def test_a_new_key_result_is_kept_as_it_was_defined_and_moves_only_its_path(acme: Acme):
    await acme.check_in("macros", 10)
    before = await acme.tables()
    id = await acme.done(
        define_key_result,
        objective="clear_backlog",
        title=" Calm ",
        measure=increase(1, 5, "h"),
        description="Why",
        weight=2.0,
        due_on=TODAY,
        owner="ben",
        external_id="calm",
    )
    assert await acme.written(before) == MADE | {"objective": 3}
    assert acme.named(await acme.moved()) == {
        id: (None, None),
        "clear_backlog": (0.5, 0.25),
        "answer_fast": (0.5, 0.25),
        "customers_stay": (0.125, 0.0625),
    }
    row = await acme.row("key_result", id)
    assert {
        name: row[name]
        for name in (
            "external_id",
            "objective_id",
            "title",
            "description",
            "measure",
            "unit",
            "start_value",
            "target_value",
            "milestones",
            "weight",
            "due_on",
            "owner_id",
            "state",
            "definition",
            "version",
            "progress",
            "progress_reason",
            "coverage",
            "counted_from",
        )
    } == {
        "external_id": "calm",
        "objective_id": acme.clear_backlog,
        "title": "Calm",
        "description": "Why",
        "measure": "INCREASE",
        "unit": "h",
        "start_value": 1.0,
        "target_value": 5.0,
        "milestones": [],
        "weight": 2.0,
        "due_on": TODAY,
        "owner_id": acme.ben,
        "state": "ACTIVE",
        "definition": 1,
        "version": 1,
        "progress": None,
        "progress_reason": "NOT_MEASURED",
        "coverage": 0.0,
        "counted_from": 1.0,
    }
    change = await acme.change()
    assert (change["kind"], change["node_type"], change["node_id"]) == (
        "KEY_RESULT_CREATED",
        "KEY_RESULT",
        id,
    )
    assert await acme.verify() == []


@pytest.mark.parametrize(
    ("measure", "code", "path"),
    (
        (increase(5, 5), "NO_SPAN", ("targetValue",)),
        (increase(0, 9e-10), "NO_SPAN", ("targetValue",)),
        (increase(5, 4), "WRONG_DIRECTION", ("targetValue",)),
        (decrease(4, 5), "WRONG_DIRECTION", ("targetValue",)),
        (increase(0, None), "NO_TARGET", ("targetValue",)),
        (increase(0, NAN), "INVALID_INPUT", ("targetValue",)),
        (increase(float("-inf"), 1), "INVALID_INPUT", ("startValue",)),
        (increase(0, 1.1e15), "INVALID_INPUT", ("targetValue",)),
        (at_least(NAN), "INVALID_INPUT", ("targetValue",)),
        (within(2, 2), "NO_SPAN", ("upperBound",)),
        (within(3, 2), "NO_SPAN", ("upperBound",)),
        (Measure(KeyResultMeasure.WITHIN, lower_bound=1), "NO_TARGET", ("lowerBound",)),
        (Measure(KeyResultMeasure.AT_MOST), "NO_TARGET", ("targetValue",)),
        (Measure(KeyResultMeasure.BOOLEAN, target_value=1), "INVALID_INPUT", ("targetValue",)),
        (milestones(), "NO_TARGET", ("milestones",)),
        (milestones(a=0, b=0), "INVALID_INPUT", ("milestones",)),
        (milestones(a=NAN), "INVALID_INPUT", ("milestones", "0", "weight")),
        (zones(0, 5, 5, 9), "WRONG_DIRECTION", ("targetValue",)),
        (zones(0, 5, 4, 9), "WRONG_DIRECTION", ("targetValue",)),
        (Measure(KeyResultMeasure.INCREASE, unit="", target_value=1), "INVALID_INPUT", ("unit",)),
    ),
)
async def test_what_is_no_measure_is_refused(
    resting: Acme, measure: Measure, code: str, path: tuple[str, ...]
):
    refusal = await resting.refused(define_key_result, objective="answer_fast", title="T", measure=measure)
    assert (refusal.code(), refusal.path) == (code, path)


async def test_a_direction_that_opposes_its_span_hints_at_the_other_one_and_at_a_limit(resting: Acme):
    for measure, hint in (
        (increase(90, 10), "use DECREASE, or AT_LEAST if 10 is"),
        (decrease(4, 5), "use INCREASE, or AT_MOST if 5 is"),
    ):
        refusal = await resting.refused(
            define_key_result, objective="answer_fast", title="T", measure=measure
        )
        assert hint in refusal.message


@pytest.mark.parametrize(
    ("given", "code", "path"),
    (
        ({"title": ""}, "INVALID_INPUT", ("title",)),
        ({"weight": 1e-7}, "INVALID_INPUT", ("weight",)),
        ({"due_on": TODAY + timedelta(days=60)}, "INVALID_INPUT", ("dueOn",)),
        ({"due_on": TODAY - timedelta(days=31)}, "INVALID_INPUT", ("dueOn",)),
        ({"external_id": "macros"}, "EXTERNAL_ID_IS_TAKEN", ("externalId",)),
        ({"owner": "nobody"}, "NOT_FOUND", ("id",)),
        ({"objective": "macros"}, "NOT_FOUND", ("id",)),
        (
            {
                "measure": Measure(
                    KeyResultMeasure.MILESTONES, milestones=(Milestone("a", "A", 1, TODAY - timedelta(99)),)
                )
            },
            "INVALID_INPUT",
            ("milestones", "0", "dueOn"),
        ),
    ),
)
async def test_what_makes_no_key_result_is_refused(
    resting: Acme, given: dict[str, Any], code: str, path: tuple[str, ...]
):
    given = {"objective": "answer_fast", "title": "T", "measure": YES_NO} | given
    refusal = await resting.refused(define_key_result, **given)
    assert (refusal.code(), refusal.path) == (code, path)


async def test_a_dropped_objective_takes_no_new_key_result(acme: Acme):
    await acme.done(objectives.drop_objective, objective="answer_fast", reason="R")
    refusal = await acme.refused(define_key_result, objective="answer_fast", title="T", measure=YES_NO)
    assert refusal.code() == "STATE_DOES_NOT_FIT"


async def test_another_target_mid_cycle_is_counted_anew_under_the_same_definition(acme: Acme):
    await acme.check_in("macros", 5)
    before = await acme.tables()
    await acme.done(
        edit_key_result,
        key_result="macros",
        edits={"weight": 3.0},
        measure={"target_value": 20.0},
        reason="More",
    )
    assert await acme.written(before) == MADE | {"objective": 3}
    assert acme.named(await acme.moved()) == {
        "macros": (0.5, 0.25),
        "clear_backlog": (0.25, 0.1875),
        "answer_fast": (0.25, 0.1875),
        "customers_stay": (0.0625, 0.046875),
    }
    row, change = await acme.row("key_result", acme.macros), await acme.change()
    assert (row["definition"], row["version"]) == (1, 2)
    assert (change["kind"], change["fields"], change["reason"]) == (
        "KEY_RESULT_UPDATED",
        ["target_value", "weight"],
        "More",
    )
    assert await acme.verify() == []


@pytest.mark.parametrize(
    ("measure", "definition"),
    (
        ({"start_value": 1.0}, 2),
        ({"unit": "pieces"}, 2),
        ({"kind": KeyResultMeasure.AT_LEAST, "target_value": 3.0}, 2),
        ({"kind": KeyResultMeasure.BOOLEAN}, 2),
        ({"target_value": 9.0}, 1),
        ({"start_value": 0.0, "unit": None}, 1),
    ),
)
async def test_another_measure_start_or_unit_after_the_first_reading_is_a_new_definition(
    acme: Acme, measure: dict[str, Any], definition: int
):
    await edit(acme, "macros", **measure)
    assert (await acme.row("key_result", acme.macros))["definition"] == 1
    await acme.done(
        edit_key_result,
        key_result="macros",
        edits={},
        measure={"kind": KeyResultMeasure.INCREASE, "start_value": 0.0, "target_value": 10.0, "unit": None},
        reason="as agreed",
    )
    await acme.check_in("macros", 5)
    await edit(acme, "macros", **measure)
    row = await acme.row("key_result", acme.macros)
    assert row["definition"] == definition
    assert (row["progress_reason"] == "NOT_MEASURED") is (definition == 2)
    assert await acme.verify() == []


async def test_readings_after_the_cycle_are_readings_too_when_the_start_changes(acme: Acme):
    await acme.cycle("Past", TODAY - timedelta(days=60), TODAY - timedelta(days=31))
    past = await acme.key_result("Past", await acme.objective("Past"))
    await acme.check_in(past, 7, effective_at=days_ago(3))
    await acme.check_in(past, note="And so it stays")
    await acme.done(edit_key_result, key_result=past, edits={}, measure={"start_value": 5.0})
    assert (await acme.row("key_result", past))["definition"] == 2


async def test_another_kind_begins_afresh_and_keeps_only_the_unit(acme: Acme):
    await edit(acme, "latency", kind=KeyResultMeasure.AT_MOST, target_value=250.0)
    row = await acme.row("key_result", acme.latency)
    assert [
        row[name]
        for name in ("measure", "unit", "start_value", "target_value", "commit_value", "stretch_value")
    ] == [
        "AT_MOST",
        "ms",
        None,
        250.0,
        None,
        None,
    ]
    refusal = await acme.refused(
        edit_key_result,
        key_result="latency",
        edits={},
        measure={"kind": KeyResultMeasure.WITHIN, "lower_bound": 1.0},
    )
    assert (refusal.code(), refusal.path) == ("NO_TARGET", ("lowerBound",))


async def test_milestones_may_be_weighed_anew_after_they_were_done(acme: Acme):
    await acme.check_in("rollout", milestones_done=("plan",))
    await edit(acme, "rollout", milestones=milestones(plan=3, everywhere=1).milestones)
    assert await acme.progress(acme.rollout) == 0.75
    assert await acme.verify() == []


async def test_moving_a_key_result_moves_both_objectives_and_all_above_them(acme: Acme):
    await acme.check_in("macros", 5)
    await acme.done(move_key_result, key_result="macros", objective="never_down")
    assert acme.named(await acme.moved()) == {
        "clear_backlog": (0.25, 0.0),
        "never_down": (0.0, pytest.approx(0.5 / 7)),
        "answer_fast": (0.25, 0.0),
        "customers_stay": (0.0625, pytest.approx(0.5 / 7 * 0.75)),
    }
    change = await acme.change()
    assert (change["kind"], change["fields"]) == ("KEY_RESULT_MOVED", ["objective_id"])
    assert await acme.verify() == []


async def test_a_moved_key_result_takes_what_serves_it_along_and_makes_no_loop(acme: Acme):
    helper = await acme.objective("Helper", "uptime")
    below = await acme.objective("Below", helper)
    for target in (helper, below):
        refusal = await acme.refused(move_key_result, key_result="uptime", objective=target)
        assert (refusal.code(), refusal.path) == ("ALIGNMENT_LOOPS", ("id",))
    await acme.done(move_key_result, key_result="uptime", objective="answer_fast")
    refusal = await acme.refused(alignments.align, objective="answer_fast", parent=below)
    assert refusal.code() == "ALIGNMENT_LOOPS"
    assert await acme.verify() == []


async def test_a_move_to_where_its_helpers_or_its_due_day_do_not_fit_is_refused(acme: Acme):
    await acme.cycle("Elsewhere", TODAY, TODAY)
    elsewhere = await acme.objective("Elsewhere")
    await acme.objective("Helper", "uptime", cycle="quarter")
    refusal = await acme.refused(move_key_result, key_result="uptime", objective=elsewhere)
    assert refusal.code() == "CYCLE_DOES_NOT_ENCLOSE"
    due = await acme.key_result("Due", "never_down", due_on=TODAY + timedelta(days=1))
    assert (await acme.refused(move_key_result, key_result=due, objective=elsewhere)).path == ("id",)


@pytest.mark.parametrize(
    ("step", "state"), ((key_results.pause_key_result, "PAUSED"), (key_results.drop_key_result, "DROPPED"))
)
async def test_a_paused_or_dropped_key_result_counts_in_no_mean_until_restored(
    acme: Acme, step: Any, state: str
):
    await acme.check_in("macros", 5)
    before = await acme.tables()
    await acme.done(step, key_result="backlog", reason="R")
    assert await acme.written(before) == MADE | {"objective": 3}
    assert acme.named(await acme.moved()) == {
        "backlog": (None, None),
        "clear_backlog": (0.25, 0.5),
        "answer_fast": (0.25, 0.5),
        "customers_stay": (0.0625, 0.125),
    }
    change = await acme.change()
    assert (change["kind"], change["reason"]) == (f"KEY_RESULT_{state}", "R")
    assert change["deltas"][0]["status_after"] == state
    assert (await acme.refused(step, key_result="backlog", reason="R")).code() == "STATE_DOES_NOT_FIT"
    assert (await acme.refused(step, key_result="macros", reason=" ")).code() == "REASON_REQUIRED"
    await acme.done(key_results.restore_key_result, key_result="backlog")
    assert acme.named(await acme.moved())["customers_stay"] == (0.125, 0.0625)
    refusal = await acme.refused(key_results.restore_key_result, key_result="backlog")
    assert refusal.code() == "STATE_DOES_NOT_FIT"
    assert await acme.verify() == []


async def test_a_dropped_key_result_is_not_paused(acme: Acme):
    await acme.done(key_results.drop_key_result, key_result="backlog", reason="R")
    refusal = await acme.refused(key_results.pause_key_result, key_result="backlog", reason="R")
    assert refusal.code() == "STATE_DOES_NOT_FIT"


async def test_all_weights_zero_is_no_number_not_nought(acme: Acme):
    await acme.check_in("macros", 5)
    for name in ("macros", "backlog"):
        await acme.done(edit_key_result, key_result=name, edits={"weight": 0.0}, measure={})
    assert acme.named(await acme.moved())["clear_backlog"] == (0.0, None)
    assert (await acme.row("objective", acme.clear_backlog))["progress_reason"] == "NOTHING_COUNTS"
    assert await acme.verify() == []


async def test_every_step_conflicts_with_an_edit_that_was_not_seen(acme: Acme):
    await acme.done(
        edit_key_result, key_result="macros", edits={"title": "T"}, measure={}, expected_version=1
    )
    for service, inputs in (
        (edit_key_result, {"edits": {}, "measure": {}}),
        (move_key_result, {"objective": "never_down"}),
        (key_results.pause_key_result, {"reason": "R"}),
        (key_results.drop_key_result, {"reason": "R"}),
        (key_results.restore_key_result, {}),
    ):
        refusal = await acme.refused(service, key_result="macros", expected_version=1, **inputs)
        assert (refusal.code(), refusal.current_version) == ("VERSION_CONFLICT", 2)


async def test_a_review_takes_no_edits_of_key_results(acme: Acme):
    await acme.done(cycles.begin_review, cycle="quarter")
    for service, inputs in (
        (define_key_result, {"objective": "answer_fast", "title": "T", "measure": at_most(1)}),
        (edit_key_result, {"key_result": "macros", "edits": {"title": "T"}, "measure": {}}),
        (move_key_result, {"key_result": "macros", "objective": "never_down"}),
        (key_results.drop_key_result, {"key_result": "macros", "reason": "R"}),
    ):
        assert (await acme.refused(service, **inputs)).code() == "CYCLE_IS_IN_REVIEW"


async def test_an_owner_is_named_changed_and_taken_away(acme: Acme):
    await acme.done(edit_key_result, key_result="macros", edits={"owner": Ref(external_id="cem")}, measure={})
    assert (await acme.row("key_result", acme.macros))["owner_id"] == acme.cem
    await acme.done(edit_key_result, key_result="macros", edits={"owner": None}, measure={})
    assert (await acme.row("key_result", acme.macros))["owner_id"] is None
