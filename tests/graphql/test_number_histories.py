"""Histories of numbers over the API: their points, corrections, days, permissions, limits and costs."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from okr_api.auth.actor import Scope
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import TooMany
from okr_api.okr.formula import FormulaFunction
from okr_api.okr.history import MAX_HISTORY_POINTS, HistoryMetric, HistoryStep, instants_between
from okr_api.okr.visibility import EVERYTHING
from okr_api.query_engine import histories
from okr_api.query_engine.global_ids import encode_id
from okr_api.query_engine.histories import history_loader
from okr_api.query_engine.snapshot import Snapshot
from okr_api.services.formulas import FormulaRequest
from okr_api.services.references import Ref
from tests.acme import Acme, at_most, days_ago, increase, said
from tests.loop_blocks import MAX_BLOCK_S, least_block
from tests.restricting import restrict
from tests.serving import Client, Server

BERLIN = ZoneInfo("Europe/Berlin")
OF_KEY_RESULT = """query ($of: String, $metric: HistoryMetric!, $from: DateTime, $to: DateTime, $step: HistoryStep! = DAY) {
    keyResult(externalId: $of) { history(metric: $metric, from: $from, to: $to, step: $step) { at value } }
}"""
OF_OBJECTIVE = OF_KEY_RESULT.replace("keyResult", "objective")
EACH = """
    progress confidence
    byProgress: history(metric: PROGRESS) { at value } byConfidence: history(metric: CONFIDENCE) { at value }
    byValue: history(metric: VALUE, step: WEEK) { at value }
    byExpected: history(metric: EXPECTED_PROGRESS) { at value } expectedProgress
"""
ALL = f"""{{
    objectives(first: 100) {{ nodes {{ {EACH} }} }}
    keyResults(first: 100) {{ nodes {{ currentValue {EACH} }} }}
}}"""
MANY_CHECK_INS = """
    insert into check_in
    select made.* from check_in copied, generate_series(1, $1) number, jsonb_populate_record(copied,
        jsonb_build_object('id', gen_random_uuid(), 'external_id', null, 'value', number % 10,
            'effective_at', copied.effective_at + number * $2::interval)) made
"""


def iso(at: datetime) -> str:
    return at.isoformat()


async def points(
    client: Client, of: str, metric: str = "PROGRESS", ask: str = OF_KEY_RESULT, **more: Any
) -> Any:
    return (await client.one(ask, of=of, metric=metric, **more))["history"]


def value_on(found: Sequence[Any], at: datetime) -> float | None:
    """Return the value of the last point that is not after an instant."""
    return [one["value"] for one in found if datetime.fromisoformat(one["at"]) <= at][-1]


async def measure_all(acme: Acme) -> None:
    """Check in on everything, correct and retract some of it, and add formulas and a limit by time."""
    for days, value in ((40.0, 1), (28.0, 2), (21.0, 4), (20.5, 3), (3.0, 6)):
        last = await acme.check_in("macros", value, effective_at=days_ago(days), confidence=value / 10)
    await acme.check_in("macros", 5, supersedes=last)
    gone = await acme.check_in("backlog", 50, effective_at=days_ago(9))
    await acme.check_in("backlog", 150, effective_at=days_ago(12))
    await acme.retract(gone)
    for name, read in (
        ("uptime", 99.95),
        ("errors", 2.0),
        ("load", 55.0),
        ("failover", 1.0),
        ("latency", 250.0),
    ):
        await acme.check_in(name, read, effective_at=days_ago(15))
    await acme.check_in("errors", 0.5, effective_at=days_ago(2))
    await acme.check_in("rollout", None, milestones_done=("plan",), effective_at=days_ago(5))
    await acme.key_result("More", "clear_backlog", increase(), external_id="more")
    await acme.check_in("more", 7, effective_at=days_ago(11))
    formula = FormulaRequest(FormulaFunction.SUM, (Ref(external_id="macros"), Ref(external_id="more")))
    await acme.key_result("Sum", "never_down", increase(None, 500.0), external_id="sum", formula=formula)
    await acme.key_result("Few", "never_down", at_most(100.0), external_id="few", formula=formula)


async def test_the_last_point_is_the_present_number_of_every_node(client: Client, acme: Acme):
    await measure_all(acme)
    found = await client.ask(ALL)
    nodes = found["objectives"]["nodes"] + found["keyResults"]["nodes"]
    assert len(nodes) == 4 + 8 + 3
    for node in nodes:
        last = {name: node[f"by{name}"][-1]["value"] for name in ("Progress", "Confidence", "Value")}
        assert last == {
            "Progress": node["progress"],
            "Confidence": node["confidence"],
            "Value": node.get("currentValue"),
        }
        assert node["byExpected"][-1]["value"] == pytest.approx(node["expectedProgress"], abs=1e-6)
        assert len(node["byProgress"]) == len(node["byConfidence"]) > len(node["byValue"])
    assert sum(node["progress"] is not None and node["progress"] > 0 for node in nodes) > 8


async def test_corrections_count_from_what_they_correct_and_what_was_retracted_never_did(
    client: Client, acme: Acme
):
    await acme.check_in("macros", 2, effective_at=days_ago(20))
    last = await acme.check_in("macros", 8, effective_at=days_ago(10))
    found = await points(client, "macros", "VALUE")
    at = (25, 15, 5)
    assert [value_on(found, days_ago(days)) for days in at] == [None, 2, 8]
    corrected = await acme.check_in("macros", 6, supersedes=last)
    found = await points(client, "macros", "VALUE")
    assert [value_on(found, days_ago(days)) for days in at] == [None, 2, 6]
    await acme.retract(corrected)
    found = await points(client, "macros", "VALUE")
    assert [value_on(found, days_ago(days)) for days in at] == [None, 2, 2]
    late = await acme.check_in("macros", 4, effective_at=days_ago(22))
    found = await points(client, "macros")
    assert [value_on(found, days_ago(days)) for days in (*at, 21)] == [None, 0.2, 0.2, 0.4]
    assert late is not None


async def test_an_objective_goes_with_all_beneath_it(client: Client, acme: Acme):
    await acme.check_in("macros", 5, effective_at=days_ago(10))
    found = await points(client, "customers_stay", ask=OF_OBJECTIVE, **{"from": iso(days_ago(12))})
    assert {one["value"] for one in found} == {0.0, 0.0625}
    assert value_on(found, days_ago(11)) == 0.0
    assert value_on(found, days_ago(8)) == 0.0625
    values = await points(client, "customers_stay", "VALUE", ask=OF_OBJECTIVE)
    assert {one["value"] for one in values} == {None}


async def test_points_are_at_local_midnights_and_at_both_ends(client: Client, acme: Acme):
    begin, end = days_ago(10), days_ago(3)
    between = {"from": iso(begin), "to": iso(end)}
    instants = [datetime.fromisoformat(one["at"]) for one in await points(client, "macros", **between)]
    assert [instants[0], instants[-1]] == [begin, end]
    local = [at.astimezone(BERLIN) for at in instants[1:-1]]
    assert {(at.hour, at.minute, at.microsecond) for at in local} == {(0, 0, 0)}
    assert len({at.date() for at in local}) == len(local) == 7
    weekly = await points(client, "macros", **between, step="WEEK")
    assert len(weekly) == 3
    assert datetime.fromisoformat(weekly[1]["at"]).astimezone(BERLIN).weekday() == 0
    whole = await points(client, "macros")
    assert whole[0]["at"] == (await client.one('{ cycle(externalId: "quarter") { startsAt } }'))["startsAt"]
    alone = await points(client, "macros", **{"from": iso(end), "to": iso(end)})
    assert len(alone) == 1


@pytest.mark.parametrize(
    ("day", "hours"), (("2026-03-28", [24, 23, 24]), ("2026-10-24", [24, 25, 24])), ids=["spring", "autumn"]
)
def test_a_day_on_which_clocks_change_has_its_own_length(day: str, hours: list[int]):
    begin = datetime.fromisoformat(day).replace(tzinfo=BERLIN).astimezone(UTC)
    end = begin + timedelta(hours=sum(hours))
    found = instants_between(begin, end, HistoryStep.DAY, BERLIN)
    lengths = [(after - before) / timedelta(hours=1) for before, after in pairwise(found)]
    assert lengths == hours
    weeks = instants_between(begin, begin + timedelta(days=8), HistoryStep.WEEK, BERLIN)
    assert [at.astimezone(BERLIN).weekday() for at in weeks[1:-1]] == [0]


def test_a_day_that_a_time_zone_has_left_out_has_no_point():
    begin, end = datetime(2011, 12, 28, tzinfo=UTC), datetime(2012, 1, 2, tzinfo=UTC)
    found = instants_between(begin, end, HistoryStep.DAY, ZoneInfo("Pacific/Apia"))  # without 30 December
    assert len(set(found)) == len(found) == 7
    assert found == sorted(found)


async def test_only_what_is_expected_has_points_after_now(client: Client, acme: Acme):
    ends_at = (await client.one('{ cycle(externalId: "quarter") { endsAt } }'))["endsAt"]
    expected = await points(client, "macros", "EXPECTED_PROGRESS", to=ends_at)
    assert (expected[-1]["at"], expected[-1]["value"]) == (ends_at, 1.0)
    values = [one["value"] for one in expected]
    assert values == sorted(values)
    now = datetime.now(UTC)
    for metric in ("PROGRESS", "VALUE", "CONFIDENCE"):
        found = await points(client, "macros", metric, to=ends_at)
        assert abs(datetime.fromisoformat(found[-1]["at"]) - now) < timedelta(minutes=5)
        assert await points(client, "macros", metric, **{"from": iso(now + timedelta(days=1))}) == []


LONG_AGO = iso(datetime(2020, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("given", "code", "path"),
    (
        ({"from": iso(days_ago(1)), "to": iso(days_ago(2))}, "INVALID_INPUT", ["to"]),
        ({"from": LONG_AGO}, "TOO_MANY", ["to"]),
        ({"from": "1899-12-31T00:00:00Z"}, "INVALID_INPUT", ["from"]),
        ({"to": "2201-01-01T00:00:00Z"}, "INVALID_INPUT", ["to"]),
    ),
    ids=["ends before it begins", "too many points", "before 1900", "after 2200"],
)
async def test_bad_input_is_refused(
    client: Client, acme: Acme, given: dict[str, Any], code: str, path: list[str]
):
    answer = await client.answer(OF_OBJECTIVE, of="answer_fast", metric="PROGRESS", **given)
    [error] = answer["errors"]
    assert error["extensions"]["code"] == code
    assert error["extensions"]["path"][-1:] == path


def test_there_are_at_most_so_many_points():
    begin = datetime(2026, 1, 1, tzinfo=BERLIN).astimezone(UTC)
    last = begin + timedelta(days=MAX_HISTORY_POINTS - 2, hours=12)
    assert len(instants_between(begin, last, HistoryStep.DAY, BERLIN)) == MAX_HISTORY_POINTS
    with pytest.raises(TooMany):
        instants_between(begin, last + timedelta(days=1), HistoryStep.DAY, BERLIN)


async def test_hidden_objectives_count_and_have_no_history(acme: Acme, client: Client, served: Server):
    await acme.check_in("uptime", 99.95, effective_at=days_ago(10))
    everything = await points(client, "customers_stay", ask=OF_OBJECTIVE)
    await restrict(acme, "never_down", acme.cem)
    token = await acme.tokens.create(acme.organization.id, name="ben", scopes=[Scope.READ], person="ben")
    ben = served.client(token)
    found = await points(ben, "customers_stay", ask=OF_OBJECTIVE)
    assert [one["value"] for one in found[:-1]] == [one["value"] for one in everything[:-1]]
    assert {one["value"] for one in found} != {0.0}
    for ask, of in ((OF_OBJECTIVE, "never_down"), (OF_KEY_RESULT, "uptime")):
        answer = await ben.answer(ask, of=of, metric="PROGRESS")
        assert next(iter(answer["data"].values())) is None


async def many_objectives(acme: Acme, count: int) -> list[str]:
    """Create objectives with a key result that was checked in on, in a chain of two; return their ids."""
    ids = []
    for number in range(count):
        id = await acme.objective(f"One of many {number}")
        below = await acme.objective(f"Below {number}")
        await acme.align(below, id)
        await acme.key_result(f"Part {number}", below, increase(0.0, 10.0), external_id=f"part {number}")
        await acme.check_in(f"part {number}", 1, effective_at=days_ago(29))
        ids.append(id.hex)
    return ids


async def load(acme: Acme, node_type: NodeType, ids: Sequence[str], **more: Any) -> tuple[Any, int]:
    async with Snapshot(acme.database, acme.organization.id, visibility=EVERYTHING) as snapshot:
        found = await history_loader(node_type)(snapshot, ids, metric=HistoryMetric.PROGRESS, **more)
        return found, snapshot.statements


async def test_statements_do_not_depend_on_the_number_of_objectives_and_points(acme: Acme):
    ids = await many_objectives(acme, 8)
    counts = set()
    for some, more in ((ids[:1], {}), (ids, {}), (ids, {"since": days_ago(2)})):
        found, statements = await load(acme, NodeType.OBJECTIVE, some, **more)
        assert {key: points[-1]["value"] for key, points in found.items()} == dict.fromkeys(some, 0.1)
        counts.add(statements)
    assert len(counts) == 1


async def test_too_much_is_refused(acme: Acme, monkeypatch: pytest.MonkeyPatch):
    ids = await many_objectives(acme, 3)
    for name, most in (
        ("MAX_HISTORY_NODES", 3),
        ("MAX_HISTORY_NUMBERS", 6 * 40),
    ):
        monkeypatch.setattr(histories, name, most)
    await load(acme, NodeType.OBJECTIVE, ids)
    with pytest.raises(TooMany, match="3 nodes"):
        await load(acme, NodeType.OBJECTIVE, [*ids, acme.never_down.hex])
    monkeypatch.setattr(histories, "MAX_HISTORY_NUMBERS", 6 * 20)
    with pytest.raises(TooMany, match="weeks"):
        await load(acme, NodeType.OBJECTIVE, ids)
    await load(acme, NodeType.OBJECTIVE, ids, step=HistoryStep.WEEK)
    monkeypatch.setattr(histories, "MAX_HISTORY_OBJECTIVES", 5)
    with pytest.raises(TooMany, match="5 objectives"):
        await load(acme, NodeType.OBJECTIVE, ids, step=HistoryStep.WEEK)
    monkeypatch.setattr(histories, "MAX_HISTORY_READINGS", 2)
    part = (await acme.fetch("select id from key_result where external_id = 'part 0'"))[0]["id"].hex
    await load(acme, NodeType.KEY_RESULT, [part])
    for value in (2, 3):
        await acme.say(said("part 0", value, effective_at=days_ago(value)))
    with pytest.raises(TooMany, match="2 check-ins"):
        await load(acme, NodeType.KEY_RESULT, [part])


async def test_histories_of_many_objectives_are_computed_in_short_steps(client: Client, acme: Acme):
    await many_objectives(acme, 20)
    await acme.fetch(MANY_CHECK_INS, 400, timedelta(hours=1, minutes=40))
    ask = "{ objectives(first: 100) { nodes { history(metric: PROGRESS) { at value } } } }"
    nodes = (await client.ask(ask))["objectives"]["nodes"]
    assert len(nodes) == 4 + 40
    assert sum(len({one["value"] for one in node["history"]}) > 5 for node in nodes) >= 40
    block = await least_block(lambda: client.ask(ask))
    assert block.seconds < MAX_BLOCK_S, block


async def test_it_is_followed_by_events_as_well(client: Client, served: Server, acme: Acme):
    fast = encode_id(NodeType.OBJECTIVE, acme.answer_fast)
    async with served.socket(acme.token) as socket:
        events = await socket.subscribe(
            "subscription ($id: ID!, $after: Seq) { progressChanged(objectiveId: $id, after: $after) { seq deltas { node {"
            " ... on Measured { progress history(metric: PROGRESS) { value } } } } } }",
            id=fast,
            after=await acme.seq(),
        )
        await client.do("checkInRecord", keyResult={"externalId": "macros"}, value=5)
        nodes = [one["node"] for one in (await events.next())["deltas"]]
        assert len(nodes) >= 3
        assert [one["history"][-1]["value"] for one in nodes] == [one["progress"] for one in nodes]
