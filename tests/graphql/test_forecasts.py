"""Forecasts of key results over the API: of check-ins, formulas and limits, and in a bounded number of reads."""

from datetime import timedelta
from typing import Any

import pytest

from okr_api.okr.formula import FormulaFunction
from okr_api.okr.visibility import EVERYTHING
from okr_api.query_engine.forecasts import load_forecasts
from okr_api.query_engine.snapshot import Snapshot
from okr_api.scoring.forecast import MAX_FORECAST_READINGS
from okr_api.services import key_results, objectives
from okr_api.services.formulas import FormulaRequest
from okr_api.services.references import Ref
from tests.acme import MORE_OBJECTIVES, TODAY, Acme, days_ago, decrease, increase, said
from tests.loop_blocks import MAX_BLOCK_S, least_block
from tests.serving import Client

FORECAST = """forecast {
    reason method readingCount dueAt value interval { low high level } progress
    progressInterval { low high level } currentRate requiredRate reachesTargetOn
}"""
ONE = f"query ($of: String) {{ keyResult(externalId: $of) {{ {FORECAST} }} }}"
MORE_KEY_RESULTS = MORE_OBJECTIVES.replace("objective", "key_result")
MORE_READINGS = """
    insert into check_in
    select made.* from check_in copied join key_result other on other.title like 'One of many%'
        and other.id <> copied.key_result_id,
        jsonb_populate_record(copied, jsonb_build_object('id', gen_random_uuid(), 'key_result_id', other.id)) made
    where copied.key_result_id in (select key_result_id from check_in)
"""
WITHOUT = {
    "method": None, "value": None, "interval": None, "progress": None, "progressInterval": None,
    "currentRate": None, "reachesTargetOn": None,
}  # fmt: skip


async def forecast(client: Client, of: str) -> dict[str, Any]:
    found: dict[str, Any] = (await client.one(ONE, of=of))["forecast"]
    return found


def nothing(found: dict[str, Any]) -> dict[str, Any]:
    """Return what a forecast without a projection has beside its reason."""
    return {name: value for name, value in found.items() if name in WITHOUT}


async def test_a_straight_line_goes_on(client: Client, acme: Acme):
    for days, value in ((28, 1), (21, 2), (14, 3), (7, 4)):
        await acme.check_in("macros", value, effective_at=days_ago(days))
    found = await forecast(client, "macros")
    assert (found["reason"], found["method"], found["readingCount"]) == (None, "LINEAR_TREND", 4)
    weeks = 67 / 7  # from the last reading to the end of the quarter, an hour of summer time aside
    assert found["value"] == pytest.approx(4 + weeks, abs=0.2)
    assert found["currentRate"] == pytest.approx(1.0)
    assert found["progress"] == 1.0
    assert found["requiredRate"] == pytest.approx(6 / (60 / 7), rel=0.02)
    assert found["interval"]["level"] == 0.8
    assert found["interval"]["low"] <= found["value"] <= found["interval"]["high"]
    assert found["reachesTargetOn"] == str(TODAY + timedelta(days=35))


async def test_there_is_no_projection_without_three_readings(client: Client, acme: Acme):
    for count, days in enumerate((20, 10)):
        found = await forecast(client, "macros")
        assert (found["reason"], found["readingCount"]) == ("TOO_FEW_READINGS", count)
        assert nothing(found) == WITHOUT
        assert (found["requiredRate"] is None) == (count == 0)
        await acme.check_in("macros", 1, effective_at=days_ago(days))
    at = days_ago(10)
    await acme.check_in("macros", 2, effective_at=at)
    await acme.check_in("macros", 3, effective_at=at)  # takes the place of the reading at that instant
    assert (await forecast(client, "macros"))["readingCount"] == 3


async def test_it_says_why_there_is_none(client: Client, acme: Acme):
    for name, value in (("failover", 1.0), ("macros", 5.0)):
        for days in (20, 15, 10):
            await acme.check_in(name, value, effective_at=days_ago(days))
    found = await forecast(client, "failover")
    assert (found["reason"], nothing(found)) == ("MEASURE_HAS_NO_TREND", WITHOUT)
    assert (await forecast(client, "rollout"))["reason"] == "MEASURE_HAS_NO_TREND"
    due = {"due_on": TODAY - timedelta(days=1)}
    await acme.done(key_results.edit_key_result, key_result="macros", edits=due, measure={})
    found = await forecast(client, "macros")
    assert (found["reason"], found["requiredRate"], nothing(found)) == ("DUE_HAS_PASSED", None, WITHOUT)
    await acme.done(key_results.edit_key_result, key_result="macros", edits={"due_on": None}, measure={})
    assert (await forecast(client, "macros"))["reason"] is None
    await acme.done(objectives.pause_objective, objective="clear_backlog", reason="Later")
    assert (await forecast(client, "macros"))["reason"] == "NOT_RUNNING"


async def test_a_limit_has_a_value_and_no_way_to_go(client: Client, acme: Acme):
    for days, value in ((20, 0.2), (15, 0.4), (10, 0.3)):
        await acme.check_in("errors", value, effective_at=days_ago(days))
    found = await forecast(client, "errors")
    assert found["value"] > 0
    assert found["interval"]["low"] == 0.0  # what was never negative does not become so
    names = ("progress", "progressInterval", "requiredRate", "reachesTargetOn")
    assert [found[name] for name in names] == [None] * 4


async def test_a_formula_is_projected_as_if_it_were_read(client: Client, acme: Acme):
    parts = [
        await acme.key_result(name, "never_down", increase(), external_id=name) for name in ("one", "two")
    ]
    formula = FormulaRequest(FormulaFunction.SUM, tuple(Ref(id) for id in parts))
    await acme.key_result("Sum", "never_down", increase(), external_id="sum", formula=formula)
    await acme.key_result("Read", "never_down", increase(), external_id="read")
    for day in range(29, 1, -1):  # more than are used, so that some are left out
        one, two = float(30 - day), float((day * 7) % 5)
        at = days_ago(day)
        await acme.say(
            said("one", one, effective_at=at), said("two", two, effective_at=at),
            said("read", one + two, effective_at=at),
        )  # fmt: skip
    found, read = await forecast(client, "sum"), await forecast(client, "read")
    assert found.pop("requiredRate") == pytest.approx(read.pop("requiredRate"))  # by the clock
    assert found == read
    assert found["readingCount"] == MAX_FORECAST_READINGS


async def test_corrected_readings_and_former_definitions_do_not_count(client: Client, acme: Acme):
    for days, value in ((20, 1), (15, 2), (10, 3)):
        last = await acme.check_in("macros", value, effective_at=days_ago(days))
    await acme.check_in("macros", 2.5, supersedes=last)
    found = await forecast(client, "macros")
    assert (found["readingCount"], found["currentRate"]) == (3, pytest.approx(1.05))
    await acme.done(
        key_results.edit_key_result, key_result="macros", edits={}, measure={"start_value": 1.0}, reason="R"
    )
    assert (await forecast(client, "macros"))["readingCount"] == 0


async def many(acme: Acme, count: int) -> list[str]:
    """Create key results with more readings than are used; return their ids as the query engine has them."""
    ids = []
    for number in range(count):
        id = await acme.key_result(f"One of many {number}", "clear_backlog", decrease(9.0, -90.0))
        await acme.say(*(said(id, 9.0 - n, effective_at=days_ago(29 - n)) for n in range(28)))
        ids.append(id.hex)
    return ids


async def test_statements_do_not_depend_on_the_number_of_key_results(acme: Acme):
    ids, statements = await many(acme, 20), set()
    for some in (ids[:2], ids):
        async with Snapshot(acme.database, acme.organization.id, visibility=EVERYTHING) as snapshot:
            found = await load_forecasts(snapshot, some)
            assert {one["reading_count"] for one in found.values()} == {MAX_FORECAST_READINGS}
            statements.add(snapshot.statements)
    assert len(statements) == 1


async def test_forecasts_of_many_key_results_are_made_in_short_steps(client: Client, acme: Acme):
    await many(acme, 1)
    one = await acme.fetch("select id from key_result where title like 'One of many%'")
    await acme.fetch(MORE_KEY_RESULTS, one[0]["id"], 99)
    await acme.fetch(MORE_READINGS)
    many_only = 'filter: { title: { contains: "One of many" } }'
    ask = f"{{ keyResults(first: 100, {many_only}) {{ nodes {{ {FORECAST} }} }} }}"
    nodes = (await client.one(ask))["nodes"]
    assert {node["forecast"]["readingCount"] for node in nodes} == {MAX_FORECAST_READINGS}
    block = await least_block(lambda: client.ask(ask))
    assert block.seconds < MAX_BLOCK_S, block
