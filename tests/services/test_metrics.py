"""Metrics: what they are, and which key results can be bound to them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from okr_api.okr.cycle import CycleState
from okr_api.okr.measure import KeyResultMeasure, Measure
from okr_api.okr.metric import MAX_KEY_RESULTS_OF_A_METRIC, BetterDirection
from okr_api.services import cycles, key_results, metrics, organization
from tests.acme import TODAY, YES_NO, Acme, Workplace, decrease, increase, milestones, ref, within

BOUND_COPIES = """
    insert into key_result
    select made.* from key_result copied, generate_series(1, $2) number, jsonb_populate_record(copied,
        jsonb_build_object('id', gen_random_uuid(), 'external_id', null, 'number', number)) made
    where copied.id = $1
"""


@pytest.fixture
async def revenue(acme: Acme) -> UUID:
    return await acme.done(metrics.add_metric, name="Revenue", unit="EUR", external_id="revenue")


async def bind(acme: Workplace, key_result: UUID | str, metric: UUID | str | None, **measure: Any) -> None:
    await acme.done(
        key_results.edit_key_result, key_result=key_result, edits={"metric": ref(metric)}, measure=measure
    )


async def test_a_metric_is_created_edited_and_deleted(acme: Acme):
    before = await acme.tables()
    id = await acme.done(
        metrics.add_metric, name=" Revenue ", unit="EUR", description="All of it", external_id="revenue",
        better_direction=BetterDirection.UP, owner="ann", team=ref("support"),
    )  # fmt: skip
    assert await acme.written(before) == {"change": 1, "feed_head": 1, "metric": 1, "metric_version": 1}
    made = {
        "organization_id": acme.organization.id,
        "id": id,
        "external_id": "revenue",
        "name": "Revenue",
        "unit": "EUR",
        "description": "All of it",
        "better_direction": "UP",
        "owner_id": acme.ann,
        "team_id": acme.support,
        "version": 1,
        "removed": False,
    }
    assert await acme.row("metric", id) == made
    edits = {"unit": None, "better_direction": BetterDirection.DOWN, "owner": None, "team": None}
    await acme.done(metrics.edit_metric, metric=id, edits=edits, expected_version=1)
    assert (await acme.change())["fields"] == ["better_direction", "owner_id", "team_id", "unit"]
    await acme.done(metrics.delete_metric, metric="revenue", expected_version=2)
    assert await acme.row("metric", id) == made | {
        "external_id": None, "unit": None, "better_direction": "DOWN", "owner_id": None, "team_id": None,
        "version": 3, "removed": True,
    }  # fmt: skip
    assert [row["version"] for row in await acme.versions("metric", id)] == [1, 2, 3]
    kinds = await acme.fetch("select kind from change where node_id = $1 order by seq", id)
    assert [row["kind"] for row in kinds] == ["METRIC_CREATED", "METRIC_UPDATED", "METRIC_DELETED"]
    assert (await acme.refused(metrics.edit_metric, metric=id, edits={})).code() == "NOT_FOUND"
    assert await acme.verify() == []


async def test_a_key_result_is_created_bound_and_moves_no_number(acme: Acme, revenue: UUID):
    made = await acme.key_result("Sell", "never_down", increase(0, 10, "EUR"), metric=ref(revenue))
    row = await acme.row("key_result", made)
    assert (row["metric_id"], row["metric_from"], row["progress"]) == (revenue, TODAY, None)
    assert await acme.fetch("select from check_in") == []


@pytest.mark.parametrize(
    ("measure", "code"),
    (
        (increase(0, 10, "USD"), "UNIT_DIFFERS"),
        (increase(0, 10), "UNIT_DIFFERS"),
        (YES_NO, "METRIC_DOES_NOT_FIT"),
        (milestones(plan=1), "METRIC_DOES_NOT_FIT"),
    ),
)
async def test_a_metric_fits_a_number_of_the_same_unit(
    acme: Acme, revenue: UUID, measure: Measure, code: str
):
    refusal = await acme.refused(
        key_results.define_key_result, objective="never_down", title="Sell", measure=measure, metric=revenue
    )
    assert (refusal.code(), refusal.path) == (code, ("metric",))
    made = await acme.key_result("Sell", "never_down", measure)
    edit = {"key_result": made, "edits": {"metric": ref(revenue)}, "measure": {}}
    refusal = await acme.refused(key_results.edit_key_result, **edit)
    assert (refusal.code(), refusal.path) == (code, ("metric",))


async def test_what_is_bound_keeps_a_fitting_measure(acme: Acme, revenue: UUID):
    made = await acme.key_result("Sell", "never_down", increase(0, 10, "EUR"), metric=ref(revenue))
    for measure, code, path in (
        ({"unit": "USD"}, "UNIT_DIFFERS", ("unit",)),
        ({"kind": KeyResultMeasure.BOOLEAN, "unit": None}, "METRIC_DOES_NOT_FIT", ("unit",)),
        ({"kind": KeyResultMeasure.BOOLEAN}, "METRIC_DOES_NOT_FIT", ("measure",)),
    ):
        refusal = await acme.refused(key_results.edit_key_result, key_result=made, edits={}, measure=measure)
        assert (refusal.code(), refusal.path) == (code, path)
    await bind(acme, made, None, unit="USD")
    assert (await acme.row("key_result", made))["unit"] == "USD"


async def test_the_unit_of_a_bound_metric_stays_and_it_is_not_deleted(acme: Acme, revenue: UUID):
    past = await acme.cycle("Past", TODAY - timedelta(days=90), TODAY - timedelta(days=10))
    made = await acme.key_result(
        "Sold", await acme.objective("Was"), increase(0, 10, "EUR"), metric=ref(revenue)
    )
    edit = {"metric": revenue, "edits": {"unit": "USD"}}
    refusal = await acme.refused(metrics.edit_metric, **edit)
    assert (refusal.code(), refusal.path) == ("METRIC_IS_BOUND", ("unit",))
    refusal = await acme.refused(metrics.delete_metric, metric="revenue")
    assert (refusal.code(), refusal.path) == ("METRIC_IS_BOUND", ("id",))
    await acme.done(cycles.begin_review, cycle=past)
    await acme.done(cycles.close_cycle, cycle=past, not_measured_reason="Nobody looked")
    assert (await acme.refused(metrics.edit_metric, **edit)).code() == "METRIC_IS_BOUND"
    await acme.done(metrics.delete_metric, metric="revenue")
    assert (await acme.row("key_result", made))["metric_id"] == revenue
    await acme.done(cycles.reopen_cycle, cycle=past, reason="Too soon")
    assert await acme.verify() == []


async def test_a_key_result_is_bound_to_another_metric_from_today_on(acme: Acme, revenue: UUID):
    made = await acme.key_result("Sell", "never_down", increase(0, 10, "EUR"), metric=ref(revenue))
    other = await acme.done(metrics.add_metric, name="Orders", unit="EUR")
    await acme.fetch("update key_result set metric_from = '2020-01-01' where id = $1", made)
    await bind(acme, made, revenue)
    assert (await acme.row("key_result", made))["metric_from"].year == 2020
    await bind(acme, made, other)
    row = await acme.row("key_result", made)
    assert (row["metric_id"], row["metric_from"]) == (other, TODAY)


async def test_a_key_result_of_a_draft_cycle_can_be_bound(acme: Acme, revenue: UUID):
    await acme.cycle("Next", TODAY + timedelta(days=60), TODAY + timedelta(days=90), state=CycleState.DRAFT)
    await acme.key_result("Sell", await acme.objective("Will be"), decrease(9, 1, "EUR"), metric=ref(revenue))
    assert (await acme.refused(metrics.delete_metric, metric="revenue")).code() == "METRIC_IS_BOUND"


async def test_at_most_100_key_results_are_bound_to_a_metric(acme: Acme, revenue: UUID):
    made = await acme.key_result("Sell", "never_down", within(1, 2, "EUR"), metric=ref(revenue))
    await acme.fetch(BOUND_COPIES, made, MAX_KEY_RESULTS_OF_A_METRIC - 2)
    await acme.key_result("The last", "never_down", within(1, 2, "EUR"), metric=ref(revenue))
    more = {"objective": "never_down", "title": "One more", "measure": within(1, 2, "EUR"), "metric": revenue}
    refusal = await acme.refused(key_results.define_key_result, **more)
    assert (refusal.code(), refusal.path) == ("TOO_MANY", ("metric",))


async def test_who_has_left_owns_no_new_metric(acme: Acme, revenue: UUID):
    await acme.done(organization.remove_person, person="ben")
    refusal = await acme.refused(metrics.edit_metric, metric=revenue, edits={"owner": ref("ben")})
    assert refusal.code() == "PERSON_IS_REMOVED"
