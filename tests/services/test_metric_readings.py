"""Readings of metrics: recorded once, they move every key result that is bound to the metric."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from okr_api.auth.actor import Scope
from okr_api.okr.cycle import CycleState
from okr_api.okr.metric import MAX_CHECK_INS_OF_READINGS, MAX_METRIC_READINGS
from okr_api.services import cycles, key_results, metrics, objectives
from okr_api.services.metric_reading_lookup import MetricReadingRequest
from okr_api.services.metric_readings import record_readings
from okr_api.services.mutation_runner import IdempotencyKey, MutationResult
from tests.acme import TODAY, Acme, Workplace, at_most, days_ago, decrease, node, ref, said

BIND_BACK = "update key_result set metric_from = $1 where metric_id is not null"


def read(metric: UUID | str | None, value: float | None = None, **more: Any) -> MetricReadingRequest:
    """Return a reading; `more` are other fields of `MetricReadingRequest`."""
    if isinstance(more.get("supersedes"), UUID | str):
        more["supersedes"] = ref(more["supersedes"])
    return MetricReadingRequest(metric=ref(metric), value=value, **more)


async def record(
    acme: Workplace, *items: MetricReadingRequest, atomic: bool = True, once: IdempotencyKey | None = None
) -> MutationResult:
    """Record readings in one mutation."""
    return await acme.do(record_readings, items=items, atomic=atomic, scope=Scope.CHECK_IN, once=once)


async def recorded(
    acme: Workplace, metric: UUID | str | None, value: float | None = None, **more: Any
) -> UUID:
    """Record one reading, which must succeed; return its id."""
    outcome = await record(acme, read(metric, value, **more))
    assert not outcome.errors, outcome.errors
    assert not outcome.item_errors, outcome.item_errors
    return node(outcome)


async def bind(acme: Workplace, key_result: UUID | str, metric: UUID | str | None) -> None:
    """Bind a key result to a metric; as if that had been done before the quarter began."""
    await acme.done(
        key_results.edit_key_result, key_result=key_result, edits={"metric": ref(metric)}, measure={}
    )
    await acme.fetch(BIND_BACK, TODAY - timedelta(days=100))


@pytest.fixture
async def tickets(acme: Acme) -> UUID:
    """The metric of open tickets, to which `backlog` is bound, and a key result of another team's objective."""
    metric = await acme.done(metrics.add_metric, name="Open tickets", unit="tickets", external_id="tickets")
    await acme.key_result("Few", "never_down", at_most(150, "tickets"), external_id="few")
    for key_result in ("backlog", "few"):
        await bind(acme, key_result, metric)
    return metric


async def few(acme: Acme) -> UUID:
    [row] = await acme.fetch("select id from key_result where external_id = 'few'")
    id: UUID = row["id"]
    return id


async def check_ins(acme: Workplace) -> list[dict[str, Any]]:
    """Return all check-ins in recorded order."""
    return await acme.fetch("select * from check_in order by seq, place")


async def numbers(acme: Workplace) -> dict[str, list[str]]:
    """Return every stored number of objectives and key results, without which check-in is the latest."""
    found: dict[str, list[str]] = {}
    for table in ("objective", "key_result"):
        rows = await acme.fetch(
            f"select (to_jsonb(t) - 'latest_check_in_id' - 'metric_id' - 'metric_from' - 'version' - 'announced_at')::text"
            " as text"
            f" from {table} t order by id"
        )
        found[table] = [row["text"] for row in rows]
    return found


async def test_one_reading_moves_its_key_results_and_their_ancestors_in_one_change(acme: Acme, tickets: UUID):
    await acme.check_in("backlog", 150)
    before = await acme.tables()
    reading = await recorded(acme, tickets, 100)
    written = await acme.written(before)
    assert written == {
        "change": 1, "feed_head": 1, "metric_reading": 1, "check_in": 2, "key_result": 2, "objective": 4,
    }  # fmt: skip
    change = await acme.change()
    assert (change["kind"], change["node_type"], change["node_id"]) == (
        "METRIC_READING_RECORDED", "METRIC_READING", reading,
    )  # fmt: skip
    made = await check_ins(acme)
    assert {row["key_result_id"] for row in made[1:]} == {acme.backlog, await few(acme)}
    assert {(row["value"], row["metric_reading_id"], row["author_name"]) for row in made[1:]} == {
        (100.0, reading, "tests")
    }
    assert change["check_in_ids"] == [row["id"] for row in made[1:]]
    moved = acme.named(await acme.moved())
    assert moved.keys() == {
        "backlog",
        await few(acme),
        "clear_backlog",
        "answer_fast",
        "never_down",
        "customers_stay",
    }
    assert moved["backlog"] == (0.25, 0.5)
    assert await acme.verify() == []


async def test_a_reading_is_the_same_as_checking_in_by_hand(acme: Acme, tickets: UUID):
    at = days_ago(2)
    reading = await recorded(acme, tickets, 80, effective_at=at)
    by_metric, deltas = await numbers(acme), (await acme.change())["deltas"]
    await record(acme, read(None, supersedes=reading, retraction_reason="Once more by hand"))
    outcome = await acme.say(*(said(each, 80, effective_at=at) for each in ("backlog", await few(acme))))
    assert outcome.applied
    assert await numbers(acme) == by_metric
    assert (await acme.change())["deltas"] == deltas


async def test_a_correction_and_a_retraction_take_the_check_ins_with_them(acme: Acme, tickets: UUID):
    await acme.check_in("backlog", 150, effective_at=days_ago(5))
    reading = await recorded(acme, tickets, 100, effective_at=days_ago(2))
    corrected = await recorded(acme, None, 60, supersedes=reading)
    assert await acme.progress(acme.backlog) == 0.7
    rows = await check_ins(acme)
    assert [row["supersedes_id"] for row in rows[3:]] == [row["id"] for row in rows[1:3]]
    assert {row["effective_at"] for row in rows[1:]} == {rows[1]["effective_at"]}
    outcome = await record(acme, read(None, supersedes=corrected, retraction_reason="Wrong system"))
    assert await acme.progress(acme.backlog) == 0.25
    change = await acme.change()
    assert (change["kind"], change["reason"]) == ("METRIC_READING_RETRACTED", "Wrong system")
    assert [row["retraction_reason"] for row in (await check_ins(acme))[5:]] == ["Wrong system"] * 2
    again = await record(acme, read(None, 5, supersedes=corrected))
    assert [each.code for each in again.item_errors] == ["ALREADY_SUPERSEDED"]
    assert outcome.applied
    assert await acme.verify() == []


async def test_a_check_in_that_was_corrected_by_hand_stays_as_it_is(acme: Acme, tickets: UUID):
    reading = await recorded(acme, tickets, 100)
    [made] = [row for row in await check_ins(acme) if row["key_result_id"] == acme.backlog]
    await acme.check_in(None, 40, supersedes=made["id"])
    await recorded(acme, None, 160, supersedes=reading)
    assert await acme.progress(acme.backlog) == 0.8
    [row] = await acme.fetch("select current_value from key_result where external_id = 'few'")
    assert row["current_value"] == 160


async def test_a_correction_within_the_same_mutation(acme: Acme, tickets: UUID):
    outcome = await record(
        acme, read(tickets, 100, external_id="a"), read(None, 50, supersedes="a"), read(tickets, 20)
    )
    assert len([id for id in outcome.ids["items"] if id]) == 3
    assert await acme.progress(acme.backlog) == 0.9
    rows = await check_ins(acme)
    assert [row["place"] for row in rows] == list(range(6))
    assert await acme.verify() == []


async def test_readings_count_from_the_day_of_the_binding_on(acme: Acme):
    metric = await acme.done(metrics.add_metric, name="Macros")
    await recorded(acme, metric, 9)
    await acme.done(
        key_results.edit_key_result, key_result="macros", edits={"metric": ref(metric)}, measure={}
    )
    assert (await acme.row("key_result", acme.macros))["metric_from"] == TODAY
    await recorded(acme, metric, 4, effective_at=days_ago(1.5))
    assert await acme.progress(acme.macros) is None
    await recorded(acme, metric, 5, effective_on=TODAY)
    assert await acme.progress(acme.macros) == 0.5


async def test_a_correction_to_a_time_that_does_not_count_retracts_the_check_in(acme: Acme, tickets: UUID):
    await acme.done(cycles.edit_cycle, cycle="quarter", edits={"ends_on": TODAY - timedelta(days=3)})
    reading = await recorded(acme, tickets, 100, effective_at=days_ago(10))
    assert await acme.progress(acme.backlog) == 0.5
    await recorded(acme, None, 100, supersedes=reading, effective_at=days_ago(1))
    assert await acme.progress(acme.backlog) is None
    assert (await check_ins(acme))[-1]["retraction_reason"] is not None
    assert await acme.verify() == []


async def test_only_open_cycles_move(acme: Acme, tickets: UUID):
    past = await acme.cycle("Past", TODAY - timedelta(days=90), TODAY - timedelta(days=10))
    before = await acme.key_result("Before", await acme.objective("Was"), decrease(200, 0, "tickets"))
    await acme.cycle("Next", TODAY + timedelta(days=60), TODAY + timedelta(days=90), state=CycleState.DRAFT)
    later = await acme.key_result("Later", await acme.objective("Will be"), decrease(200, 0, "tickets"))
    for key_result in (before, later):
        await bind(acme, key_result, tickets)
    await acme.done(cycles.begin_review, cycle=past)
    await recorded(acme, tickets, 120, effective_at=days_ago(20))
    assert await acme.progress(before) == 0.4  # in review, within its days
    await recorded(acme, tickets, 50)
    assert await acme.progress(before) == 0.4  # after its last day
    await acme.done(cycles.close_cycle, cycle=past)
    first = await recorded(acme, tickets, 90, effective_at=days_ago(15))
    assert [await acme.progress(each) for each in (before, later, acme.backlog)] == [0.4, None, 0.75]
    assert len(await acme.fetch("select from check_in where metric_reading_id = $1", first)) == 2
    assert await acme.verify() == []


async def test_drafts_and_what_was_dropped_take_no_readings_and_what_is_paused_does(
    acme: Acme, tickets: UUID
):
    draft = await acme.objective("Perhaps", draft=True)
    perhaps = await acme.key_result("Perhaps", draft, decrease(200, 0, "tickets"))
    await bind(acme, perhaps, tickets)
    await acme.done(key_results.drop_key_result, key_result="few", reason="Not ours")
    await acme.done(key_results.pause_key_result, key_result="backlog", reason="Later")
    await recorded(acme, tickets, 100)
    assert [row["key_result_id"] for row in await check_ins(acme)] == [acme.backlog]
    await acme.done(objectives.drop_objective, objective="clear_backlog", reason="Not ours")
    await recorded(acme, tickets, 80)
    assert len(await check_ins(acme)) == 1
    assert (await acme.change())["deltas"] == []


async def test_a_key_result_that_is_unbound_keeps_its_check_ins_and_takes_no_more(acme: Acme, tickets: UUID):
    reading = await recorded(acme, tickets, 100)
    await bind(acme, "backlog", None)
    row = await acme.row("key_result", acme.backlog)
    assert (row["metric_id"], row["metric_from"], row["progress"]) == (None, None, 0.5)
    await recorded(acme, tickets, 50)
    assert await acme.progress(acme.backlog) == 0.5
    await recorded(acme, None, 150, supersedes=reading)
    assert await acme.progress(acme.backlog) == 0.25  # what came from the reading is corrected with it


async def test_a_repeated_call_with_its_key_records_once(acme: Acme, tickets: UUID):
    once = IdempotencyKey("night", b"input")
    first = await record(acme, read(tickets, 100), once=once)
    tables = await acme.tables()
    again = await record(acme, read(tickets, 100), once=once)
    assert (again.seq, again.replayed, again.ids) == (first.seq, True, first.ids)
    assert [each["node_id"] for each in again.deltas] == [str(each["node_id"]) for each in first.deltas]
    assert await acme.tables() == tables


async def test_what_is_rejected_stores_no_key(acme: Acme, tickets: UUID):
    once = IdempotencyKey("night", b"input")
    before = await acme.tables()
    outcome = await record(acme, read(tickets, 1), read("nobody", 1), once=once)
    assert [(each.index, each.code, each.path) for each in outcome.item_errors] == [(1, "NOT_FOUND", ("id",))]
    assert outcome.ids == {"items": [None, None]}
    assert await acme.tables() == before


async def test_items_that_are_not_atomic_apply_one_by_one(acme: Acme, tickets: UUID):
    later = datetime.now().astimezone() + timedelta(hours=1)
    outcome = await record(
        acme,
        read("nobody", 1),
        read(tickets, 100, external_id="x"),
        read(tickets, 90, external_id="x"),
        read(tickets, float("nan")),
        read(tickets, 1, effective_at=later),
        read(tickets),
        read(None, supersedes="x", retraction_reason=" "),
        atomic=False,
    )
    assert [(each.index, each.code) for each in outcome.item_errors] == [
        (0, "NOT_FOUND"),
        (2, "EXTERNAL_ID_IS_TAKEN"),
        (3, "INVALID_INPUT"),
        (4, "READING_IN_FUTURE"),
        (5, "NOTHING_TO_RECORD"),
        (6, "REASON_REQUIRED"),
    ]
    assert await acme.progress(acme.backlog) == 0.5


@pytest.mark.parametrize(("count", "code"), ((0, "INVALID_INPUT"), (MAX_METRIC_READINGS + 1, "TOO_MANY")))
async def test_there_are_1_to_1_000_readings(acme: Acme, tickets: UUID, count: int, code: str):
    items = [read(tickets, 1)] * count
    refusal = await acme.refused(record_readings, items=items, scope=Scope.CHECK_IN)
    assert (refusal.code(), refusal.path) == (code, ("items",))


async def test_the_check_ins_of_one_mutation_are_limited(acme: Acme, tickets: UUID):
    for name in range(4):
        await bind(acme, await acme.key_result(f"More {name}", "never_down", at_most(1, "tickets")), tickets)
    assert 6 * MAX_METRIC_READINGS > MAX_CHECK_INS_OF_READINGS
    items = [read(tickets, 1)] * MAX_METRIC_READINGS
    refusal = await acme.refused(record_readings, items=items, scope=Scope.CHECK_IN)
    assert (refusal.code(), refusal.path) == ("TOO_MANY", ("items",))


async def test_a_metric_of_another_organisation_is_not_there(acme: Acme, tickets: UUID):
    other = await Workplace.found(acme.database, acme.notifier, "Beta")
    reading = await recorded(acme, tickets, 100)
    for item in (read(ref(tickets), 1), read(None, 1, supersedes=ref(reading))):  # type: ignore[arg-type]
        outcome = await record(other, item)
        assert [each.code for each in outcome.item_errors] == ["NOT_FOUND"]


async def test_a_correction_names_the_metric_of_what_it_corrects_or_none(acme: Acme, tickets: UUID):
    other = await acme.done(metrics.add_metric, name="Other")
    reading = await recorded(acme, tickets, 100)
    outcome = await record(acme, read(other, 1, supersedes=reading))
    assert [(each.code, each.path) for each in outcome.item_errors] == [("INVALID_INPUT", ("id",))]
    await recorded(acme, tickets, 1, supersedes=reading)
