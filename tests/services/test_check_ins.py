"""Check-ins: what is recorded, what is rejected, and what moves."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from okr_api.okr.check_in import MAX_CHECK_INS, ReportedStatus
from okr_api.okr.cycle import CycleState
from okr_api.okr.measure import KeyResultMeasure, Measure
from okr_api.services import cycles, key_results, objectives
from okr_api.services.check_in_lookup import CheckInRequest
from okr_api.services.mutation_runner import MutationResult
from okr_api.services.references import Ref
from tests.acme import TODAY, ZONE, Acme, Workplace, days_ago, increase, node, said

RECORDED = {"change": 1, "check_in": 1, "feed_head": 1}


def item_refusals(outcome: MutationResult) -> list[tuple[int, str, tuple[str, ...]]]:
    return [(e.index, e.code, e.path) for e in outcome.item_errors]


async def refused(acme: Acme, *items: CheckInRequest, **more: Any) -> list[tuple[int, str, tuple[str, ...]]]:
    """Record items that must be rejected; check that no table changed, and return the items' refusals."""
    before = await acme.tables()
    outcome = await acme.say(*items, **more)
    assert await acme.tables() == before
    assert (outcome.seq, outcome.errors) == (await acme.seq(), ())
    assert outcome.ids == {"items": [None] * len(items)}
    return item_refusals(outcome)


# ── Effects of one check-in ──


async def test_a_check_in_moves_its_path_to_the_root_and_nothing_else(acme: Acme):
    before = await acme.tables()
    id = await acme.check_in(acme.backlog, 50)
    assert await acme.written(before) == RECORDED | {"key_result": 1, "objective": 3}
    assert acme.named(await acme.moved()) == {
        "backlog": (None, 0.75),
        "clear_backlog": (0.0, 0.375),
        "answer_fast": (0.0, 0.375),
        "customers_stay": (0.0, 0.09375),
    }
    change = await acme.change()
    assert (change["kind"], change["node_type"], change["node_id"], change["check_in_ids"]) == (
        "CHECK_IN_RECORDED", "CHECK_IN", id, [id],
    )  # fmt: skip
    assert await acme.verify() == []


async def test_a_check_in_is_kept_as_it_was_said(acme: Acme):
    at = days_ago(3)
    id = await acme.check_in(
        acme.macros, 3, confidence=0.6, status=ReportedStatus.AT_RISK, note="Slow", effective_at=at,
        external_id="c-1",
    )  # fmt: skip
    change = await acme.change()
    assert await acme.row("check_in", id) == {
        "organization_id": acme.organization.id,
        "id": id,
        "external_id": "c-1",
        "key_result_id": acme.macros,
        "objective_id": None,
        "definition": 1,
        "seq": change["seq"],
        "place": 0,
        "value": 3.0,
        "milestones_done": None,
        "confidence": 0.6,
        "status": "AT_RISK",
        "note": "Slow",
        "effective_at": at,
        "recorded_at": change["recorded_at"],
        "author_name": "tests",
        "author_person_id": None,
        "supersedes_id": None,
        "retraction_reason": None,
        "imported_as": None,
        "metric_reading_id": None,
    }


@pytest.mark.parametrize(
    ("name", "said_of_it", "progress"),
    (
        ("backlog", {"value": 200}, 0.0),
        ("backlog", {"value": 0}, 1.0),
        ("backlog", {"value": 300}, 0.0),
        ("macros", {"value": 25}, 1.0),
        ("uptime", {"value": 99.9}, 1.0),
        ("uptime", {"value": 99.8}, 0.0),
        ("errors", {"value": 1}, 1.0),
        ("errors", {"value": 1.1}, 0.0),
        ("load", {"value": 55}, 1.0),
        ("load", {"value": 39}, 0.0),
        ("failover", {"value": 0}, 0.0),
        ("failover", {"value": 1}, 1.0),
        ("rollout", {"milestones_done": ()}, 0.0),
        ("rollout", {"milestones_done": ("everywhere", "plan", "plan")}, 0.75),
        ("latency", {"value": 200}, 0.7),
        ("latency", {"value": 250}, 0.5),
    ),
)  # fmt: skip
async def test_each_measure_turns_a_reading_into_progress(
    acme: Acme, name: str, said_of_it: dict[str, Any], progress: float
):
    await acme.check_in(name, **said_of_it)
    assert await acme.progress(getattr(acme, name)) == pytest.approx(progress, abs=1e-15)
    assert await acme.verify() == []


async def test_saying_only_how_sure_one_is_moves_no_progress_but_is_a_change(acme: Acme):
    await acme.check_in(acme.macros, 5)
    await acme.check_in(acme.macros, confidence=0.9)
    assert acme.named(await acme.moved()) == {
        "macros": (0.5, 0.5),
        "clear_backlog": (0.25, 0.25),
        "answer_fast": (0.25, 0.25),
        "customers_stay": (0.0625, 0.0625),
    }
    row = await acme.row("objective", acme.customers_stay)
    assert (row["confidence"], row["lowest_confidence"]) == (0.9, 0.9)


async def test_a_note_is_a_check_in_that_reports_nothing_stale(acme: Acme):
    await acme.fetch("update key_result set created_at = created_at - interval '40 days'")
    old = await acme.check_in(acme.macros, 5, effective_at=days_ago(20))
    assert (await acme.change())["deltas"][0]["status_after"] == "STALE"
    await acme.check_in(acme.macros, note="Still at it")
    [delta] = (await acme.change())["deltas"]
    assert (delta["status_before"], delta["status_after"]) == ("STALE", "ON_TRACK")
    assert (await acme.row("key_result", acme.macros))["latest_check_in_id"] == old


async def test_repeating_a_value_moves_nothing_that_is_told(acme: Acme):
    for name, said_of_it in (
        ("macros", {"value": 5, "confidence": 0.5, "status": ReportedStatus.AT_RISK}),
        ("uptime", {"value": 99.95}),
        ("rollout", {"milestones_done": ("plan",)}),
    ):
        await acme.check_in(name, **said_of_it, effective_at=days_ago(2))
        latest = await acme.check_in(name, **said_of_it)
        assert (await acme.change())["deltas"] == []
        assert (await acme.row("key_result", getattr(acme, name)))["latest_check_in_id"] == latest
    assert await acme.verify() == []


async def test_taking_a_repeated_value_back_moves_nothing_that_is_told(acme: Acme):
    turns = "select status_turns from key_result where external_id = 'macros'"
    await acme.check_in("macros", 5, effective_at=days_ago(2))
    await acme.check_in("macros", 5, external_id="repeated")
    [later] = await acme.fetch(turns)
    await acme.retract("repeated")
    assert (await acme.change())["deltas"] == []
    [sooner] = await acme.fetch(turns)
    assert sooner["status_turns"] < later["status_turns"]
    assert await acme.verify() == []


async def test_a_note_keeps_an_objective_that_was_never_measured_from_going_stale(acme: Acme):
    alone = await acme.objective("Alone", "answer_fast")
    only = await acme.key_result("Only", alone)
    await acme.fetch("update key_result set created_at = created_at - interval '40 days' where id = $1", only)
    await acme.check_in(only, note="Still nothing", effective_at=days_ago(12))
    assert (await acme.row("objective", alone))["statuses"] == ["PENDING", "STALE", "PENDING"]
    assert {d["status_after"] for d in (await acme.change())["deltas"]} == {"STALE"}
    await acme.check_in(only, note="Nothing yet")
    told = {(d["status_before"], d["status_after"]) for d in (await acme.change())["deltas"][:2]}
    assert told == {("STALE", "PENDING")}
    assert await acme.verify() == []


# ── Effective times ──


async def test_a_back_dated_older_reading_does_not_overwrite_a_newer_one(acme: Acme):
    newer = await acme.check_in(acme.macros, 5, effective_at=days_ago(2))
    await acme.check_in(acme.macros, 1, effective_at=days_ago(9))
    row = await acme.row("key_result", acme.macros)
    assert (row["current_value"], row["latest_check_in_id"], row["progress"]) == (5.0, newer, 0.5)
    assert (await acme.change())["deltas"] == []


async def test_an_unknown_start_is_the_first_reading_by_effective_time_whenever_it_was_recorded(acme: Acme):
    opened = await acme.key_result("Open", acme.clear_backlog, increase(None, 100))
    await acme.check_in(opened, 60)
    assert (await acme.row("key_result", opened))["progress"] == 0.0
    await acme.check_in(opened, 20, effective_at=days_ago(5))
    row = await acme.row("key_result", opened)
    assert (row["counted_from"], row["current_value"], row["progress"]) == (20.0, 60.0, 0.5)
    await acme.check_in(opened, 40, effective_at=days_ago(3))
    assert (await acme.row("key_result", opened))["progress"] == 0.5
    assert await acme.verify() == []


async def test_of_two_readings_at_one_instant_the_later_recorded_one_counts(acme: Acme):
    at = days_ago(1)
    await acme.check_in(acme.macros, 8, effective_at=at)
    await acme.check_in(acme.macros, 3, effective_at=at)
    assert await acme.progress(acme.macros) == 0.3
    await acme.say(said("macros", 9, effective_at=at), said("macros", 4, effective_at=at))
    assert await acme.progress(acme.macros) == 0.4
    assert await acme.verify() == []


async def test_up_to_five_minutes_ahead_is_stored_as_now(acme: Acme):
    ahead = datetime.now(UTC) + timedelta(minutes=4, seconds=50)
    id = await acme.check_in(acme.macros, 5, effective_at=ahead)
    row = await acme.row("check_in", id)
    assert row["effective_at"] == row["recorded_at"] < ahead


async def test_more_than_five_minutes_ahead_is_refused(resting: Acme):
    ahead = datetime.now(UTC) + timedelta(minutes=5, seconds=20)
    assert await refused(resting, said("macros", 5, effective_at=ahead)) == [
        (0, "READING_IN_FUTURE", ("effectiveAt",))
    ]
    assert await refused(resting, said("macros", 5, effective_on=TODAY + timedelta(days=2))) == [
        (0, "READING_IN_FUTURE", ("effectiveOn",))
    ]


async def test_today_is_never_ahead_also_in_the_morning(acme: Acme):
    now = datetime.now(UTC)
    # The sign in the name of an Etc/GMT zone is reversed.
    morning = f"Etc/GMT{now.hour - 3:+d}" if now.hour < 14 else f"Etc/GMT{now.hour - 27:+d}"
    today = now.astimezone(ZoneInfo(morning)).date()
    place = await Workplace.found(acme.database, acme.notifier, "Early", morning)
    await place.cycle("Quarter", today - timedelta(days=9), today)
    key_result = await place.key_result("K", await place.objective("O"))
    id = await place.check_in(key_result, 5, effective_on=today)
    row = await place.row("check_in", id)
    assert row["effective_at"] == row["recorded_at"]
    assert await place.progress(key_result) == 0.05


async def test_a_day_means_its_local_noon(acme: Acme):
    day = TODAY - timedelta(days=3)
    id = await acme.check_in(acme.macros, 5, effective_on=day)
    at = (await acme.row("check_in", id))["effective_at"]
    assert at.astimezone(ZoneInfo(ZONE)).isoformat()[:19] == f"{day}T12:00:00"


async def test_a_day_and_an_instant_together_are_refused(resting: Acme):
    item = said("macros", 5, effective_on=TODAY - timedelta(days=3), effective_at=days_ago(1))
    assert await refused(resting, item) == [(0, "INVALID_INPUT", ("effectiveOn",))]


async def test_times_before_1900_are_refused_where_a_calendar_would_break(resting: Acme):
    first = datetime(1, 1, 1, tzinfo=ZoneInfo("Pacific/Kiritimati"))
    assert await refused(
        resting, said("macros", 5, effective_at=first), said("macros", 5, effective_on=first.date())
    ) == [
        (0, "INVALID_INPUT", ("effectiveAt",)),
        (1, "INVALID_INPUT", ("effectiveOn",)),
    ]


async def test_a_reading_from_before_the_cycle_is_a_valid_current_value(acme: Acme):
    await acme.check_in(acme.macros, 5, effective_at=days_ago(300))
    assert await acme.progress(acme.macros) == 0.5


# ── Corrections ──


async def test_a_correction_counts_in_the_place_of_what_it_supersedes(acme: Acme):
    first = await acme.check_in(acme.macros, 5, effective_at=days_ago(4))
    await acme.check_in(acme.macros, 6, effective_at=days_ago(2))
    second = await acme.check_in(acme.macros, 7, effective_at=days_ago(1))
    corrected = await acme.check_in(None, 8, supersedes=second)
    assert await acme.progress(acme.macros) == 0.8
    assert (await acme.row("check_in", corrected))["effective_at"] == (await acme.row("check_in", second))[
        "effective_at"
    ]
    await acme.check_in(None, 1, supersedes=first)
    assert await acme.progress(acme.macros) == 0.8
    assert await acme.verify() == []


async def test_taking_the_latest_back_brings_the_one_before_to_count_again(acme: Acme):
    await acme.check_in(acme.macros, 5, effective_at=days_ago(3))
    second = await acme.check_in(acme.macros, 9)
    retraction = await acme.retract(second, "Wrong key result")
    change = await acme.change()
    assert (change["kind"], change["reason"], change["check_in_ids"]) == (
        "CHECK_IN_RETRACTED", "Wrong key result", [retraction],
    )  # fmt: skip
    assert acme.named(await acme.moved())["macros"] == (0.9, 0.5)
    assert await acme.verify() == []


async def test_taking_the_only_one_back_leaves_it_unmeasured(acme: Acme):
    await acme.retract(await acme.check_in(acme.macros, 9))
    row = await acme.row("key_result", acme.macros)
    assert (row["progress"], row["progress_reason"], row["current_value"]) == (None, "NOT_MEASURED", None)


async def test_what_has_been_corrected_or_taken_back_is_not_corrected_again(acme: Acme):
    first = await acme.check_in(acme.macros, 5)
    second = await acme.check_in(None, 6, supersedes=first)
    retraction = await acme.retract(second)
    for gone in (first, second, retraction):
        assert await refused(acme, said(None, 7, supersedes=gone)) == [(0, "ALREADY_SUPERSEDED", ("id",))]
    twice = [said(None, 7, supersedes=await acme.check_in("macros", 1))] * 2
    assert await refused(acme, *twice) == [(1, "ALREADY_SUPERSEDED", ("id",))]


async def test_a_correction_of_another_key_results_check_in_is_refused(acme: Acme):
    first = await acme.check_in(acme.macros, 5)
    assert await refused(acme, said("backlog", 6, supersedes=first)) == [(0, "INVALID_INPUT", ("id",))]
    assert await refused(acme, said(None, 6, supersedes=UUID(int=7))) == [(0, "NOT_FOUND", ("id",))]
    assert await refused(acme, said(None, 6)) == [(0, "NOT_FOUND", ("keyResult",))]


async def test_taking_back_needs_a_reason(acme: Acme):
    first = await acme.check_in(acme.macros, 5)
    item = said(None, supersedes=first, retraction_reason=" ")
    assert await refused(acme, item) == [(0, "REASON_REQUIRED", ("reason",))]


async def test_a_correction_of_an_old_definitions_reading_stays_under_it(acme: Acme):
    first = await acme.check_in(acme.macros, 5)
    await acme.done(
        key_results.edit_key_result, key_result="macros", edits={}, measure={"start_value": 2.0}, reason="R"
    )
    corrected = await acme.check_in(None, 6, supersedes=first)
    assert (await acme.row("check_in", corrected))["definition"] == 1
    row = await acme.row("key_result", acme.macros)
    assert (row["definition"], row["progress_reason"]) == (2, "NOT_MEASURED")
    assert await acme.verify() == []


# ── Rejected check-ins ──


@pytest.mark.parametrize(
    ("name", "said_of_it", "code", "path"),
    (
        ("macros", {}, "NOTHING_TO_RECORD", ()),
        ("macros", {"note": ""}, "NOTHING_TO_RECORD", ()),
        ("macros", {"value": float("nan")}, "INVALID_INPUT", ("value",)),
        ("macros", {"value": float("inf")}, "INVALID_INPUT", ("value",)),
        ("macros", {"value": -1.1e15}, "INVALID_INPUT", ("value",)),
        ("macros", {"value": 10**400}, "INVALID_INPUT", ("value",)),
        ("macros", {"confidence": 1.01}, "INVALID_INPUT", ("confidence",)),
        ("macros", {"confidence": 70}, "INVALID_INPUT", ("confidence",)),
        ("macros", {"note": "x" * 4001}, "INVALID_INPUT", ("note",)),
        ("macros", {"note": "NUL \0"}, "INVALID_INPUT", ("note",)),
        ("macros", {"note": "lone \ud800"}, "INVALID_INPUT", ("note",)),
        ("macros", {"milestones_done": ("plan",)}, "INVALID_INPUT", ("milestonesDone",)),
        ("failover", {"value": 0.5}, "INVALID_INPUT", ("value",)),
        ("failover", {"value": 2}, "INVALID_INPUT", ("value",)),
        ("rollout", {"value": 1}, "INVALID_INPUT", ("value",)),
        ("rollout", {"milestones_done": ("plan", "party")}, "INVALID_INPUT", ("milestonesDone",)),
        ("macros", {"value": 1, "external_id": ""}, "INVALID_INPUT", ("externalId",)),
        ("macros", {"value": 1, "external_id": "x" * 201}, "INVALID_INPUT", ("externalId",)),
        ("macros", {"value": 1, "external_id": "\0"}, "INVALID_INPUT", ("externalId",)),
        ("nobody", {"value": 1}, "NOT_FOUND", ("id",)),
    ),
)  # fmt: skip
async def test_what_a_key_result_cannot_take_is_refused(
    resting: Acme, name: str, said_of_it: dict[str, Any], code: str, path: tuple[str, ...]
):
    assert await refused(resting, said(name, **said_of_it)) == [(0, code, path)]


async def test_a_number_of_500_kinds_is_a_double_and_minus_nought_is_nought(acme: Acme):
    id = await acme.check_in("macros", -0.0)
    assert str((await acme.row("check_in", id))["value"]) == "0.0"
    id = await acme.check_in("macros", 1e15)
    assert (await acme.row("check_in", id))["value"] == 1e15


async def test_a_draft_or_dropped_objective_and_a_dropped_key_result_take_none(acme: Acme):
    draft = await acme.key_result("Of a draft", await acme.objective("Draft", draft=True))
    assert await refused(acme, said(draft, 1)) == [(0, "STATE_DOES_NOT_FIT", ("id",))]
    await acme.done(key_results.drop_key_result, key_result="macros", reason="No")
    assert await refused(acme, said("macros", 1)) == [(0, "STATE_DOES_NOT_FIT", ("id",))]
    await acme.done(objectives.drop_objective, objective="never_down", reason="No")
    assert await refused(acme, said("failover", 1)) == [(0, "STATE_DOES_NOT_FIT", ("id",))]


async def test_a_paused_one_takes_them_and_moves_nothing_above(acme: Acme):
    await acme.done(key_results.pause_key_result, key_result="macros", reason="Later")
    await acme.check_in("macros", 5)
    assert acme.named(await acme.moved()) == {"macros": (None, 0.5)}


async def test_a_draft_cycle_and_a_closed_one_take_none(acme: Acme):
    await acme.cycle("Next", TODAY, TODAY, state=CycleState.DRAFT)
    key_result = await acme.key_result("Early", await acme.objective("Early"))
    assert await refused(acme, said(key_result, 1)) == [(0, "CYCLE_IS_DRAFT", ("id",))]
    await acme.done(cycles.begin_review, cycle="quarter")
    await acme.done(cycles.close_cycle, cycle="quarter", not_measured_reason="Over")
    assert await refused(acme, said("macros", 1)) == [(0, "CYCLE_IS_CLOSED", ("id",))]


async def test_a_review_takes_only_what_was_effective_inside_the_cycle(acme: Acme):
    await acme.done(cycles.begin_review, cycle="quarter")
    await acme.check_in("macros", 5, effective_at=days_ago(29))
    assert await refused(acme, said("macros", 5, effective_at=days_ago(32))) == [
        (0, "READING_OUTSIDE_CYCLE", ("effectiveAt",))
    ]
    [cycle] = await acme.fetch("select starts_at from cycle where name = 'Quarter'")
    assert await refused(
        acme, said("macros", 5, effective_at=cycle["starts_at"] - timedelta(microseconds=1))
    ) == [(0, "READING_OUTSIDE_CYCLE", ("effectiveAt",))]
    await acme.check_in("macros", 5, effective_at=cycle["starts_at"])


async def test_a_reading_at_the_cycles_last_instant_counts_and_one_at_its_end_is_history(acme: Acme):
    await acme.cycle("Past", TODAY - timedelta(days=100), TODAY - timedelta(days=11))
    key_result = await acme.key_result("Past", await acme.objective("Past"))
    [cycle] = await acme.fetch("select ends_at from cycle where name = 'Past'")
    await acme.check_in(key_result, 70, effective_at=cycle["ends_at"] - timedelta(microseconds=1))
    await acme.check_in(key_result, 90, effective_at=cycle["ends_at"])
    assert (await acme.row("key_result", key_result))["current_value"] == 70.0
    assert await acme.verify() == []


# ── Several at once ──


async def test_an_atomic_bulk_is_all_or_none_with_a_line_for_each_refused_item(resting: Acme):
    items = [said("macros", 1), said("nobody", 2), said("failover", 3), said("backlog", 4)]
    assert await refused(resting, *items) == [(1, "NOT_FOUND", ("id",)), (2, "INVALID_INPUT", ("value",))]


async def test_a_bulk_per_item_records_what_can_be_and_tells_of_the_rest(acme: Acme):
    items = [said("macros", 1), said("nobody", 2), said("failover", 3), said("backlog", 100)]
    before = await acme.tables()
    outcome = await acme.say(*items, atomic=False)
    assert await acme.written(before) == RECORDED | {"check_in": 2, "key_result": 2, "objective": 3}
    assert item_refusals(outcome) == [(1, "NOT_FOUND", ("id",)), (2, "INVALID_INPUT", ("value",))]
    first, *nothing, last = outcome.ids["items"]
    assert (nothing, node(outcome)) == ([None, None], first)
    assert (await acme.change())["check_in_ids"] == [first, last]
    assert [(await acme.row("check_in", id))["place"] for id in (first, last)] == [0, 3]


async def test_a_bulk_is_one_change_with_each_moved_node_once_leaf_to_root(acme: Acme):
    outcome = await acme.say(said("latency", 200), said("macros", 5), said("backlog", 100), said("macros", 6))
    assert outcome.seq == await acme.seq()
    moved = await acme.moved()
    assert acme.named(list(moved)) == [
        "backlog", "macros", "latency", "clear_backlog", "never_down", "answer_fast", "customers_stay",
    ]  # fmt: skip
    assert acme.named(moved)["macros"] == (None, 0.6)
    assert await acme.verify() == []


async def test_a_thousand_items_are_taken_and_one_more_is_too_many(acme: Acme):
    full = [said("macros", n / 100) for n in range(MAX_CHECK_INS)]
    outcome = await acme.say(*full)
    assert (len(outcome.ids["items"]), outcome.item_errors) == (1000, ())
    assert await acme.progress(acme.macros) == 0.999
    before = await acme.tables()
    for items, code in ((full + full[:1], "TOO_MANY"), ([], "INVALID_INPUT")):
        outcome = await acme.say(*items)
        assert [(e.code(), e.path) for e in outcome.errors] == [(code, ("items",))]
    assert await acme.tables() == before
    assert await acme.verify() == []


async def test_an_external_id_names_one_check_in(acme: Acme):
    await acme.check_in("macros", 1, external_id="a")
    taken = [(0, "EXTERNAL_ID_IS_TAKEN", ("externalId",))]
    assert await refused(acme, said("backlog", 1, external_id="a")) == taken
    twice = (said("macros", 1, external_id="b"), said("macros", 2, external_id="b"))
    assert await refused(acme, *twice) == [(1, "EXTERNAL_ID_IS_TAKEN", ("externalId",))]
    corrected = await acme.check_in(None, 2, supersedes="a", external_id="c")
    assert (await acme.row("check_in", corrected))["external_id"] == "c"


async def test_a_refused_item_reserves_neither_its_external_id_nor_what_it_corrects(acme: Acme):
    first = await acme.check_in("macros", 1)
    outcome = await acme.say(
        said(None, float("nan"), supersedes=first, external_id="a"),
        said(None, 2, supersedes=first, external_id="a"),
        atomic=False,
    )
    assert item_refusals(outcome) == [(0, "INVALID_INPUT", ("value",))]
    assert await acme.progress(acme.macros) == 0.2


async def test_the_key_result_may_be_named_by_id_or_by_external_id(acme: Acme):
    await acme.check_in(acme.macros, 1)
    await acme.check_in("macros", 2)
    await acme.check_in(Ref(external_id="macros"), 3)
    assert await acme.progress(acme.macros) == 0.3


async def test_a_measure_changed_to_a_limit_and_back_keeps_each_readings_definition(acme: Acme):
    await acme.check_in("macros", 5)
    await acme.done(
        key_results.edit_key_result, key_result="macros", edits={}, reason="R",
        measure={"kind": KeyResultMeasure.AT_LEAST, "target_value": 3.0},
    )  # fmt: skip
    await acme.check_in("macros", 4)
    row = await acme.row("key_result", acme.macros)
    assert (row["definition"], row["holds"], row["held_share"], row["progress"]) == (2, True, 1.0, 1.0)
    await acme.done(
        key_results.edit_key_result, key_result="macros", edits={}, reason="R",
        measure={"kind": KeyResultMeasure.INCREASE, "start_value": 0.0, "target_value": 10.0},
    )  # fmt: skip
    row = await acme.row("key_result", acme.macros)
    assert (row["definition"], row["progress_reason"]) == (3, "NOT_MEASURED")
    assert await acme.verify() == []


async def test_stay_within_counts_the_time_inside_not_one_lucky_last_reading(acme: Acme):
    now = datetime.now(UTC)
    for value, days in ((50, 4), (90, 3), (50, 0)):
        await acme.check_in("load", value, effective_at=now - timedelta(days=days))
    row = await acme.row("key_result", acme.load)
    assert (row["holds"], row["held_share"], row["progress"]) == (
        True,
        pytest.approx(0.25),
        pytest.approx(0.25),
    )
    assert Measure(KeyResultMeasure.WITHIN).is_limit
    assert await acme.verify() == []
