"""Cycles: planned, activated, reviewed, closed, reopened; nested; by local days."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from okr_api.okr.cycle import CycleState
from okr_api.services import cycles, key_results, objectives
from okr_api.services.cycles import edit_cycle, plan_cycle
from okr_api.services.references import Ref
from tests.acme import TODAY, Acme, Workplace, at_least, days_ago

MADE = {"change": 1, "cycle": 1, "cycle_version": 1, "feed_head": 1}
QUARTER_DAYS = (TODAY - timedelta(days=30), TODAY + timedelta(days=59))


async def test_a_new_cycle_is_a_draft_with_the_instants_of_its_local_days(acme: Acme):
    before = await acme.tables()
    id = await acme.done(
        plan_cycle,
        name=" Spring ",
        starts_on=date(2026, 1, 1),
        ends_on=date(2026, 3, 31),
        external_id="spring",
    )
    assert await acme.written(before) == MADE
    assert await acme.row("cycle", id) == {
        "organization_id": acme.organization.id,
        "id": id,
        "external_id": "spring",
        "name": "Spring",
        "starts_on": date(2026, 1, 1),
        "ends_on": date(2026, 3, 31),
        "parent_id": None,
        "state": "DRAFT",
        "version": 1,
        "starts_at": datetime(2025, 12, 31, 23, tzinfo=UTC),
        "ends_at": datetime(2026, 3, 31, 22, tzinfo=UTC),  # summer time began two days before
        "rules": None,
    }
    change = await acme.change()
    assert (change["kind"], change["node_id"], change["deltas"]) == ("CYCLE_CREATED", id, [])


@pytest.mark.parametrize(
    ("first", "last", "hours"),
    (
        (date(2026, 3, 29), date(2026, 3, 29), 23),
        (date(2026, 10, 25), date(2026, 10, 25), 25),
        (date(2026, 1, 1), date(2026, 12, 31), 365 * 24),
    ),
)
async def test_the_day_on_which_summer_time_turns_is_as_long_as_it_is(
    acme: Acme, first: date, last: date, hours: int
):
    id = await acme.done(plan_cycle, name="Turns", starts_on=first, ends_on=last)
    row = await acme.row("cycle", id)
    assert row["ends_at"] - row["starts_at"] == timedelta(hours=hours)


NEXT = {
    CycleState.DRAFT: {"activate": CycleState.ACTIVE},
    CycleState.ACTIVE: {"review": CycleState.REVIEW},
    CycleState.REVIEW: {"activate": CycleState.ACTIVE, "close": CycleState.CLOSED},
    CycleState.CLOSED: {"reopen": CycleState.REVIEW},
}
STEPS: dict[str, tuple[Any, dict[str, Any], str]] = {
    "activate": (cycles.activate_cycle, {}, "CYCLE_ACTIVATED"),
    "review": (cycles.begin_review, {}, "CYCLE_REVIEW_BEGUN"),
    "close": (cycles.close_cycle, {}, "CYCLE_CLOSED"),
    "reopen": (cycles.reopen_cycle, {"reason": "Too soon"}, "CYCLE_REOPENED"),
}


@pytest.mark.parametrize("state", CycleState)
async def test_of_all_steps_from_a_state_only_those_in_the_order_of_states_are_taken(
    acme: Acme, state: CycleState
):
    for name, (service, inputs, kind) in STEPS.items():
        id = await acme.cycle(f"{state} {name}", state=state)
        if name not in NEXT[state]:
            assert (await acme.refused(service, cycle=id, **inputs)).code() == "CYCLE_TRANSITION"
            continue
        before = await acme.tables()
        await acme.done(service, cycle=id, **inputs)
        assert await acme.written(before) == MADE
        assert (await acme.row("cycle", id))["state"] == NEXT[state][name]
        change = await acme.change()
        assert (change["kind"], change["fields"], change["reason"]) == (kind, ["state"], inputs.get("reason"))


async def test_the_pace_is_judged_and_things_go_stale_only_from_activation_on(acme: Acme):
    await acme.cycle("Next", *QUARTER_DAYS, state=CycleState.DRAFT)
    key_result = await acme.key_result("Early", await acme.objective("Early"))
    assert (await acme.row("key_result", key_result))["statuses"] == ["PENDING"]
    await acme.fetch(
        "update key_result set created_at = created_at - interval '40 days' where id = $1", key_result
    )
    await acme.done(cycles.activate_cycle, cycle=acme.current_cycle)
    assert [delta["status_after"] for delta in (await acme.change())["deltas"]] == ["STALE", "STALE"]
    await acme.done(cycles.begin_review, cycle=acme.current_cycle)
    assert "STALE" not in (await acme.row("key_result", key_result))["statuses"]
    assert await acme.verify() == []


async def test_closing_needs_each_key_result_graded_or_a_reason_why_not(acme: Acme):
    await acme.cycle("Short")
    objective = await acme.objective("O")
    one, two = await acme.key_result("One", objective), await acme.key_result("Two", objective)
    dropped = await acme.key_result("Dropped", objective)
    for title in ("Draft", "Dropped draft"):
        await acme.key_result("Of a draft", await acme.objective(title, draft=True, external_id=title))
    await acme.done(objectives.drop_objective, objective="Dropped draft", reason="R")
    await acme.done(key_results.drop_key_result, key_result=dropped, reason="R")
    await acme.done(cycles.begin_review, cycle=acme.current_cycle)
    await acme.check_in(one, 50)
    for reason in (None, "", "  "):
        refusal = await acme.refused(cycles.close_cycle, cycle=acme.current_cycle, not_measured_reason=reason)
        assert (refusal.code(), refusal.path) == ("NOT_ALL_GRADED", ("notMeasuredReason",))
        assert refusal.message.startswith("1 key result has no score, 'Two' first")
    await acme.check_in(two, 100)
    await acme.done(cycles.close_cycle, cycle=acme.current_cycle)
    row = await acme.row("objective", objective)
    assert (row["state"], row["score_at_end"], row["outcome"], row["version"]) == (
        "CLOSED",
        0.75,
        "MISSED",
        2,
    )
    assert (await acme.row("key_result", two))["outcome"] == "ACHIEVED"
    assert (await acme.row("key_result", dropped))["outcome"] is None
    drafts = await acme.fetch(
        "select state, is_dropped_draft from objective where title in ('Draft', 'Dropped draft') order by 1"
    )
    assert [tuple(row.values()) for row in drafts] == [("DRAFT", False), ("DROPPED", True)]
    assert await acme.verify() == []


async def test_a_limit_never_read_is_not_graded(acme: Acme):
    await acme.cycle("Short")
    await acme.key_result("Limit", await acme.objective("O"), at_least(1))
    await acme.done(cycles.begin_review, cycle=acme.current_cycle)
    assert (await acme.refused(cycles.close_cycle, cycle=acme.current_cycle)).code() == "NOT_ALL_GRADED"


async def test_reopening_needs_a_reason_and_opens_what_had_closed_and_nothing_else(acme: Acme):
    await acme.check_in("macros", 10)
    await acme.done(objectives.pause_objective, objective="never_down", reason="R")
    await acme.done(cycles.begin_review, cycle="quarter")
    await acme.done(cycles.close_cycle, cycle="quarter", not_measured_reason="R")
    assert (await acme.refused(cycles.reopen_cycle, cycle="quarter", reason=" ")).code() == "REASON_REQUIRED"
    await acme.done(cycles.reopen_cycle, cycle="quarter", reason="Too soon")
    states = await acme.fetch(
        "select external_id, state, outcome, version from objective order by external_id"
    )
    assert [tuple(row.values()) for row in states] == [
        ("answer_fast", "PUBLISHED", None, 3),
        ("clear_backlog", "PUBLISHED", None, 3),
        ("customers_stay", "PUBLISHED", None, 1),
        ("never_down", "PAUSED", None, 2),
    ]
    assert await acme.verify() == []


async def test_an_enclosing_cycle_closes_last_and_reopens_first(acme: Acme):
    await acme.done(cycles.begin_review, cycle="year")
    assert (await acme.refused(cycles.close_cycle, cycle="year", not_measured_reason="R")).code() == (
        "CYCLE_TRANSITION"
    )
    await acme.done(cycles.begin_review, cycle="quarter")
    await acme.done(cycles.close_cycle, cycle="quarter", not_measured_reason="R")
    await acme.done(cycles.close_cycle, cycle="year", not_measured_reason="R")
    assert (await acme.refused(cycles.reopen_cycle, cycle="quarter", reason="R")).code() == "CYCLE_TRANSITION"
    await acme.done(cycles.reopen_cycle, cycle="year", reason="R")
    await acme.done(cycles.reopen_cycle, cycle="quarter", reason="R")
    assert await acme.verify() == []


async def test_a_closed_cycle_encloses_no_new_one(acme: Acme):
    closed = await acme.cycle("Closed", *QUARTER_DAYS, state=CycleState.CLOSED)
    days = {"starts_on": TODAY, "ends_on": TODAY}
    assert (await acme.refused(plan_cycle, name="Late", parent=closed, **days)).code() == "CYCLE_IS_CLOSED"
    open_one = await acme.cycle("Open", TODAY, TODAY)
    refusal = await acme.refused(edit_cycle, cycle=open_one, edits={"parent": Ref(closed)})
    assert refusal.code() == "CYCLE_IS_CLOSED"


async def test_what_is_graded_stays_as_it_was_graded_while_the_year_goes_on(acme: Acme):
    await acme.check_in("macros", 5)
    await acme.done(cycles.begin_review, cycle="quarter")
    await acme.done(cycles.close_cycle, cycle="quarter", not_measured_reason="R")
    before = await acme.row("objective", acme.answer_fast)
    await acme.done(edit_cycle, cycle="year", edits={"name": "The year"})
    await acme.cycle("Next quarter", QUARTER_DAYS[1] + timedelta(days=1), parent="year")
    await acme.objective("Next", "customers_stay")
    assert await acme.row("objective", acme.answer_fast) == before
    assert await acme.progress(acme.customers_stay) == 0.0625
    assert await acme.verify() == []


# ── Days ──


async def test_other_days_recount_by_the_readings_that_now_lie_inside(acme: Acme):
    await acme.cycle("Moved", TODAY - timedelta(days=90), TODAY - timedelta(days=61))
    key_result = await acme.key_result("K", await acme.objective("O"))
    for value, days in ((10, 80), (40, 45), (70, 20), (90, 1)):
        await acme.check_in(key_result, value, effective_at=days_ago(days))
    assert await acme.progress(key_result) == 0.1
    for days, progress in ((31, 0.4), (5, 0.7), (61, 0.1), (-5, 0.9)):
        await acme.done(edit_cycle, cycle=acme.current_cycle, edits={"ends_on": TODAY - timedelta(days=days)})
        assert await acme.progress(key_result) == progress
        assert await acme.verify() == []


async def test_other_days_move_the_pace_in_one_change(acme: Acme):
    before = await acme.tables()
    await acme.done(edit_cycle, cycle="quarter", edits={"ends_on": TODAY + timedelta(days=20), "name": "Q"})
    assert await acme.written(before) == MADE | {"key_result": 8, "objective": 4}
    change = await acme.change()
    assert (change["kind"], change["fields"]) == ("CYCLE_UPDATED", ["ends_on", "name"])
    row = await acme.row("key_result", acme.macros)
    assert row["expected_at"][-1] == (await acme.row("cycle", acme.quarter))["ends_at"]
    assert await acme.verify() == []


@pytest.mark.parametrize(
    ("edits", "code", "path"),
    (
        ({"ends_on": TODAY - timedelta(days=31)}, "INVALID_INPUT", ("endsOn",)),
        ({"ends_on": TODAY + timedelta(days=215)}, "CYCLE_OUTSIDE_PARENT", ("endsOn",)),
        ({"starts_on": TODAY - timedelta(days=151)}, "CYCLE_OUTSIDE_PARENT", ("startsOn",)),
        ({"starts_on": date(1899, 12, 31)}, "INVALID_INPUT", ("startsOn",)),
        ({"name": ""}, "INVALID_INPUT", ("name",)),
        ({"external_id": "year"}, "EXTERNAL_ID_IS_TAKEN", ("externalId",)),
        ({"parent": Ref(external_id="nowhere")}, "NOT_FOUND", ("id",)),
        ({"parent": Ref(external_id="quarter")}, "CYCLE_LOOPS", ("id",)),
    ),
)  # fmt: skip
async def test_an_edit_that_makes_no_cycle_is_refused(
    resting: Acme, edits: dict[str, Any], code: str, path: tuple[str, ...]
):
    refusal = await resting.refused(edit_cycle, cycle="quarter", edits=edits)
    assert (refusal.code(), refusal.path) == (code, path)


async def test_a_year_is_not_cut_short_of_its_quarters_nor_put_under_one(resting: Acme):
    short = {"ends_on": QUARTER_DAYS[1] - timedelta(days=1)}
    assert (await resting.refused(edit_cycle, cycle="year", edits=short)).code() == "CYCLE_OUTSIDE_PARENT"
    loop = {"parent": Ref(resting.quarter)}
    assert (await resting.refused(edit_cycle, cycle="year", edits=loop)).code() == "CYCLE_LOOPS"


async def test_days_that_leave_a_due_day_outside_are_refused(acme: Acme):
    await acme.key_result("Due", "answer_fast", due_on=TODAY + timedelta(days=50))
    refusal = await acme.refused(edit_cycle, cycle="quarter", edits={"ends_on": TODAY + timedelta(days=49)})
    assert (refusal.code(), refusal.path) == ("INVALID_INPUT", ("endsOn",))


async def test_a_cycle_is_not_taken_out_from_under_what_its_objectives_contribute_to(acme: Acme):
    refusal = await acme.refused(edit_cycle, cycle="quarter", edits={"parent": None})
    assert refusal.code() == "CYCLE_DOES_NOT_ENCLOSE"
    half = await acme.cycle("Half", QUARTER_DAYS[0], QUARTER_DAYS[1] + timedelta(days=90), parent="year")
    await acme.done(edit_cycle, cycle="quarter", edits={"parent": Ref(half)})
    refusal = await acme.refused(edit_cycle, cycle=half, edits={"parent": None})
    assert refusal.code() == "CYCLE_DOES_NOT_ENCLOSE"
    for child in ("answer_fast", "never_down"):
        await acme.move(child, None)
    await acme.done(edit_cycle, cycle=half, edits={"parent": None})
    assert await acme.verify() == []


@pytest.mark.parametrize(
    ("given", "code", "path"),
    (
        ({"ends_on": TODAY - timedelta(days=1)}, "INVALID_INPUT", ("endsOn",)),
        ({"ends_on": TODAY + timedelta(days=18_300)}, "INVALID_INPUT", ("endsOn",)),
        ({"ends_on": date(2201, 1, 1)}, "INVALID_INPUT", ("endsOn",)),
        ({"name": " "}, "INVALID_INPUT", ("name",)),
        ({"external_id": "quarter"}, "EXTERNAL_ID_IS_TAKEN", ("externalId",)),
        ({"parent": "nowhere"}, "NOT_FOUND", ("id",)),
        ({"parent": "quarter", "ends_on": TODAY + timedelta(days=60)}, "CYCLE_OUTSIDE_PARENT", ("endsOn",)),
    ),
)  # fmt: skip
async def test_what_makes_no_cycle_is_refused(
    resting: Acme, given: dict[str, Any], code: str, path: tuple[str, ...]
):
    refusal = await resting.refused(
        plan_cycle, **({"name": "N", "starts_on": TODAY, "ends_on": TODAY} | given)
    )
    assert (refusal.code(), refusal.path) == (code, path)


async def test_a_cycle_in_review_or_closed_is_not_edited(acme: Acme):
    for state, code in ((CycleState.REVIEW, "CYCLE_IS_IN_REVIEW"), (CycleState.CLOSED, "CYCLE_IS_CLOSED")):
        id = await acme.cycle(state, state=state)
        assert (await acme.refused(edit_cycle, cycle=id, edits={"name": "N"})).code() == code


async def test_every_step_conflicts_with_an_edit_that_was_not_seen(acme: Acme):
    for service, inputs in (
        (edit_cycle, {"edits": {"name": "N"}}), (cycles.begin_review, {}),
    ):  # fmt: skip
        refusal = await acme.refused(service, cycle="quarter", expected_version=1, **inputs)
        assert (refusal.code(), refusal.current_version) == ("VERSION_CONFLICT", 2)
    await acme.done(cycles.begin_review, cycle="quarter", expected_version=2)


async def test_a_zone_where_midnight_is_skipped_has_its_days_all_the_same(acme: Acme):
    # Paraguay's summer time skipped midnight of 6 October 2024.
    place = await Workplace.found(acme.database, acme.notifier, "Asunción", "America/Asuncion")
    id = await place.done(plan_cycle, name="Day", starts_on=date(2024, 10, 6), ends_on=date(2024, 10, 6))
    row = await place.row("cycle", id)
    assert row["starts_at"] == datetime(2024, 10, 6, 4, tzinfo=UTC)
    assert row["ends_at"] == datetime(2024, 10, 7, 3, tzinfo=UTC)
