"""`notices` report unexpected effects: parts that do not count, check-ins without effect."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.acme import ZONE, Acme
from tests.graphql.cases import day
from tests.restricting import restrict
from tests.serving import Client

NOTICES = "notices { code message path }"
NEW = {"cycle": {"externalId": "quarter"}, "title": "New"}
STEP = {"title": "Step", "measure": "INCREASE", "startValue": 0, "targetValue": 10}
Told = list[tuple[str, list[str]]]


async def told(client: Client, mutation: str, **input: Any) -> Told:
    """Run a mutation; return the codes and paths of its notices."""
    done = await client.do(mutation, NOTICES, **input)
    assert all(notice["message"] for notice in done["notices"])
    return [(notice["code"], notice["path"]) for notice in done["notices"]]


NOT_COUNTED: Told = [("OBJECTIVE_NOT_COUNTED", ["parent", "objective", "externalId"])]
SWITCHED: Told = [("PROGRESS_SOURCE_SWITCHED", [])]


@pytest.mark.parametrize(
    ("mutation", "input"),
    (
        ("objectiveCreate", NEW),
        ("objectiveCreate", {**NEW, "draft": True}),
        ("objectiveAlign", {"objective": {"externalId": "clear_backlog"}}),
        ("objectiveMove", {"objective": {"externalId": "clear_backlog"}}),
    ),
)
async def test_a_child_that_the_parent_does_not_count_is_told(
    mutation: str, input: dict[str, Any], client: Client
):
    under = {**input, "parent": {"objective": {"externalId": "never_down"}}}
    done = await client.do(mutation, NOTICES, **under)
    [notice] = done["notices"]
    assert [(notice["code"], notice["path"])] == NOT_COUNTED
    assert "'Never go down' counts its 6 key results and not this objective" in notice["message"]
    assert "progressSource is AUTO" in notice["message"]
    assert "BOTH" in notice["message"]


async def test_what_is_meant_to_change_no_number_and_what_counts_is_not_told(client: Client):
    supports = {"alignmentKind": "SUPPORTS", "parent": {"objective": {"externalId": "never_down"}}}
    assert await told(client, "objectiveCreate", **NEW, **supports) == []
    weightless = {"weight": 0, "parent": {"objective": {"externalId": "never_down"}}}
    assert await told(client, "objectiveCreate", **NEW, **weightless) == []
    assert (
        await told(client, "objectiveCreate", **NEW, parent={"objective": {"externalId": "answer_fast"}})
        == []
    )
    assert await told(client, "keyResultCreate", **STEP, objective={"externalId": "never_down"}) == []
    await client.do("objectiveUpdate", objective={"externalId": "never_down"}, progressSource="BOTH")
    assert (
        await told(client, "objectiveCreate", **NEW, parent={"objective": {"externalId": "never_down"}}) == []
    )


async def test_what_begins_to_exist_or_goes_on_under_a_parent_that_does_not_count_it_is_told(client: Client):
    draft = await client.make(
        "objectiveCreate", **NEW, draft=True, parent={"objective": {"externalId": "never_down"}}
    )
    assert await told(client, "objectivePublish", objective={"id": draft}) == [("OBJECTIVE_NOT_COUNTED", [])]
    assert await told(client, "objectivePause", objective={"id": draft}, reason="Later") == []
    assert await told(client, "objectiveRestore", objective={"id": draft}) == [("OBJECTIVE_NOT_COUNTED", [])]


async def test_what_is_aligned_to_a_key_result_that_does_not_count_is_told(client: Client):
    await client.do("objectiveUpdate", objective={"externalId": "never_down"}, progressSource="BOTH")
    await client.do("keyResultPause", keyResult={"externalId": "uptime"}, reason="Later")
    done = await client.do(
        "objectiveAlign",
        NOTICES,
        objective={"externalId": "clear_backlog"},
        parent={"keyResult": {"externalId": "uptime"}},
    )
    [notice] = done["notices"]
    assert (notice["code"], notice["path"]) == (
        "OBJECTIVE_NOT_COUNTED",
        ["parent", "keyResult", "externalId"],
    )
    assert notice["message"].startswith("'Uptime' is PAUSED, so that 'Never go down' counts nothing")


async def test_an_edit_that_switches_the_source_is_told_with_what_counts_now(client: Client):
    done = await client.do(
        "keyResultCreate", f"{NOTICES} keyResult {{ id }}", **STEP, objective={"externalId": "answer_fast"}
    )
    [notice] = done["notices"]
    assert [(notice["code"], notice["path"])] == SWITCHED
    assert "'Answer fast' now counts its 1 key result" in notice["message"]
    step = {"keyResult": {"id": done["keyResult"]["id"]}}
    done = await client.do("keyResultPause", NOTICES, **step, reason="Later")
    assert "now counts its 1 contributing objective" in done["notices"][0]["message"]
    assert await told(client, "keyResultRestore", **step) == SWITCHED
    assert await told(client, "keyResultUpdate", **step, weight=0) == SWITCHED
    assert await told(client, "keyResultUpdate", **step, weight=2) == SWITCHED
    assert await told(client, "keyResultMove", **step, objective={"externalId": "never_down"}) == SWITCHED
    source = {"objective": {"externalId": "never_down"}, "progressSource": "OBJECTIVES"}
    assert await told(client, "objectiveUpdate", **source) == SWITCHED


async def test_a_key_result_that_its_objective_does_not_count_is_told(client: Client):
    await client.do("objectiveUpdate", objective={"externalId": "answer_fast"}, progressSource="OBJECTIVES")
    within = {"objective": {"externalId": "answer_fast"}}
    done = await client.do("keyResultCreate", f"{NOTICES} keyResult {{ id }}", **STEP, **within)
    assert [(one["code"], one["path"]) for one in done["notices"]] == [
        ("KEY_RESULT_NOT_COUNTED", ["objective", "externalId"])
    ]
    step = {"keyResult": {"id": done["keyResult"]["id"]}}
    assert await told(client, "keyResultUpdate", **step, title="Other") == []
    await client.do("keyResultPause", **step, reason="Later")
    assert await told(client, "keyResultRestore", **step) == [("KEY_RESULT_NOT_COUNTED", [])]


async def over(client: Client) -> None:
    """Create a cycle that has ended and is still active, with a key result `late`."""
    for mutation, input in (
        ("cycleCreate", {"name": "Over", "startsOn": day(-60), "endsOn": day(-2), "externalId": "over"}),
        ("cycleActivate", {"cycle": {"externalId": "over"}}),
        ("objectiveCreate", {"title": "Late", "cycle": {"externalId": "over"}, "externalId": "late"}),
        ("keyResultCreate", {**STEP, "objective": {"externalId": "late"}, "externalId": "late"}),
    ):
        await client.do(mutation, **input)


async def test_a_value_from_after_the_last_day_of_the_cycle_is_told_to_count_nowhere(client: Client):
    await over(client)
    late = {"keyResult": {"externalId": "late"}, "value": 5}
    nowhere = "CHECK_IN_NOT_COUNTED"
    assert await told(client, "checkInRecord", **late) == [(nowhere, ["effectiveAt"])]
    assert await told(client, "checkInRecord", **late, effectiveOn=day(-1)) == [(nowhere, ["effectiveOn"])]
    assert await told(client, "checkInRecord", **late, effectiveOn=day(-2)) == []
    # The first instant after the cycle.
    ended = datetime.fromisoformat(day(-1)).replace(tzinfo=ZoneInfo(ZONE))
    assert await told(client, "checkInRecord", **late, effectiveAt=ended.isoformat()) == [
        (nowhere, ["effectiveAt"])
    ]
    assert await told(client, "checkInRecord", keyResult={"externalId": "late"}, note="Done") == []
    items = [{**late, "effectiveOn": day(-2)}, {**late, "effectiveOn": day(-1)}]
    assert await told(client, "checkInRecordMany", items=items) == [(nowhere, ["items", "1", "effectiveOn"])]


async def test_a_correction_of_an_earlier_definition_is_told_to_count_nowhere(client: Client):
    await client.do("checkInRecord", keyResult={"externalId": "macros"}, value=5, externalId="first")
    await client.do("keyResultUpdate", keyResult={"externalId": "macros"}, unit="texts")
    assert await told(client, "checkInRecord", supersedes={"externalId": "first"}, value=4) == [
        ("CHECK_IN_NOT_COUNTED", [])
    ]


async def test_a_replay_answers_the_same_notices_and_a_refusal_none(client: Client):
    await over(client)
    under = {**NEW, "parent": {"objective": {"externalId": "never_down"}}, "idempotencyKey": "one"}
    late = {"keyResult": {"externalId": "late"}, "value": 5, "idempotencyKey": "two"}
    for mutation, input in (("objectiveCreate", under), ("checkInRecord", late)):
        first, again = [await client.do(mutation, NOTICES, **input) for _ in range(2)]
        assert first["notices"]
        assert again == {**first, "replayed": True}
    refused = await client.try_(
        "objectiveCreate", NOTICES, **{**under, "idempotencyKey": "three", "title": ""}
    )
    assert (refused["notices"], len(refused["errors"])) == ([], 1)


ROADBLOCK = {"title": "No servers", "type": "RESOURCE", "externalId": "servers"}
UNSEEING: Told = [("ASSIGNEE_CANNOT_SEE", [])]


async def test_work_that_is_given_to_somebody_who_does_not_see_the_objective_is_told(
    acme: Acme, client: Client
):
    await restrict(acme, "never_down", acme.cem)
    on = {"keyResult": {"externalId": "uptime"}}
    ben, cem = {"externalId": "ben"}, {"externalId": "cem"}
    raised = await client.do("roadblockCreate", NOTICES, on=on, **ROADBLOCK, owner=ben)
    [notice] = raised["notices"]
    assert notice["message"].startswith("Ben does not see 'Never go down' and is not notified")
    known = {"roadblock": {"externalId": "servers"}}
    assert await told(client, "roadblockUpdate", **known, title="Too few servers") == []
    assert await told(client, "roadblockUpdate", **known, owner=cem) == []
    assert await told(client, "roadblockEscalate", **known, to=ben, reason="He buys them") == UNSEEING
    assert await told(client, "keyResultUpdate", keyResult={"externalId": "uptime"}, owner=ben) == UNSEEING
    assert await told(client, "keyResultUpdate", keyResult={"externalId": "uptime"}, title="Up") == []
    assert await told(client, "keyResultUpdate", keyResult={"externalId": "uptime"}, checkInOwner=cem) == []
    assert (
        await told(client, "initiativeCreate", **{"for": on}, title="Buy some", owner={"externalId": "ann"})
        == []
    )
    assert await told(client, "experimentCreate", **on, hypothesis="So", owner=ben) == UNSEEING


async def test_nobody_is_named_who_sees_the_objective(acme: Acme, client: Client):
    on = {"keyResult": {"externalId": "uptime"}}
    assert await told(client, "roadblockCreate", on=on, **ROADBLOCK, owner={"externalId": "ben"}) == []
