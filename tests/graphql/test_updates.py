"""Partial updates: an omitted field stays, null clears it, a value replaces it."""

from typing import Any

import pytest

from tests.graphql.cases import day
from tests.graphql.conftest import Stage

PERSON = "{ name email externalId }"
TEAM = "{ name parent { externalId } externalId }"
CYCLE = "{ name startsOn endsOn parent { externalId } externalId }"
OBJECTIVE = """{
    title description kind progressSource owner { externalId } team { externalId } contributors { externalId }
    cycle { externalId } externalId
}"""
KEY_RESULT = """{
    title description unit startValue targetValue weight dueOn owner { externalId } externalId measure
    milestones { key name weight }
}"""
WHOLE: dict[str, tuple[str, str, dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    # The selection; then: created with, cleared by null, and the result of that
    "person": (
        "person",
        PERSON,
        {"name": "Dana", "email": "d@acme.example"},
        {"email": None},
        {"email": None},
    ),
    "team": (
        "team",
        TEAM,
        {"name": "Day", "parent": {"externalId": "support"}},
        {"parent": None},
        {"parent": None},
    ),
    "cycle": (
        "cycle",
        CYCLE,
        {"name": "Q", "startsOn": day(60), "endsOn": day(90), "parent": {"externalId": "year"}},
        {"parent": None},
        {"parent": None},
    ),
    "objective": (
        "objective",
        OBJECTIVE,
        {
            "title": "O",
            "description": "Why",
            "kind": "LEARNING",
            "cycle": {"externalId": "quarter"},
            "owner": {"externalId": "ann"},
            "team": {"externalId": "support"},
            "progressSource": "BOTH",
        },
        {"description": None, "owner": None, "team": None},
        {"description": None, "owner": None, "team": None},
    ),
    "keyResult": (
        "keyResult",
        KEY_RESULT,
        {
            "title": "K",
            "description": "More",
            "objective": {"externalId": "clear_backlog"},
            "measure": "INCREASE",
            "unit": "€",
            "startValue": 1,
            "targetValue": 2,
            "weight": 3,
            "dueOn": day(10),
            "owner": {"externalId": "ann"},
        },
        {"description": None, "unit": None, "startValue": None, "dueOn": None, "owner": None},
        {"description": None, "unit": None, "startValue": None, "dueOn": None, "owner": None},
    ),
}


@pytest.mark.parametrize("kind", WHOLE)
async def test_null_takes_away_and_what_is_left_out_stays(kind: str, stage: Stage):
    field, selected, created, cleared, left = WHOLE[kind]
    client = stage.client
    made = await client.do(f"{kind}Create", f"{field} {selected}", **created, externalId=f"one-{kind}")
    whole = made[field]
    named = {field: {"externalId": f"one-{kind}"}}
    assert None not in [value for name, value in whole.items() if name in left]
    unchanged = await client.do(
        f"{kind}Update", f"{field} {{ version ...on {field[0].upper()}{field[1:]} {selected} }}", **named
    )
    assert unchanged[field] == {**whole, "version": 1}
    emptied = await client.do(f"{kind}Update", f"{field} {selected}", **named, **cleared)
    assert emptied[field] == {**whole, **left}
    renamed = await client.do(f"{kind}Update", f"{field} {selected}", **named, externalId=f"other-{kind}")
    assert renamed[field] == {**whole, **left, "externalId": f"other-{kind}"}
    nameless = await client.do(
        f"{kind}Update", f"{field} {selected}", **{field: {"externalId": f"other-{kind}"}}, externalId=None
    )
    assert nameless[field] == {**whole, **left, "externalId": None}


async def test_a_change_names_the_fields_that_were_edited(stage: Stage):
    done = await stage.client.do(
        "objectiveUpdate",
        objective={"externalId": "never_down"},
        title="Stay up",
        owner={"externalId": "ann"},
    )
    page = await stage.client.one(
        "query ($after: Seq!) { changes(after: $after) { nodes { kind fields actor { name person { name } } } } }",
        after=done["seq"] - 1,
    )
    [change] = page["nodes"]
    assert change == {
        "kind": "OBJECTIVE_UPDATED",
        "fields": ["owner", "title"],
        "actor": {"name": "Ann", "person": {"name": "Ann"}},
    }


async def test_an_expected_version_that_still_holds_lets_the_edit_through(stage: Stage):
    version = (await stage.client.one('{ keyResult(externalId: "load") { version } }'))["version"]
    done = await stage.client.do(
        "keyResultUpdate",
        "keyResult { version title }",
        keyResult={"externalId": "load"},
        title="Load!",
        expectedVersion=version,
    )
    assert done["keyResult"] == {"version": version + 1, "title": "Load!"}


async def test_a_check_in_conflicts_with_nobodys_title(stage: Stage):
    version = (await stage.client.one('{ keyResult(externalId: "latency") { version } }'))["version"]
    await stage.client.do("checkInRecord", keyResult={"externalId": "latency"}, value=350)
    await stage.client.do(
        "keyResultUpdate", keyResult={"externalId": "latency"}, title="Fast", expectedVersion=version
    )


async def test_milestones_are_replaced_as_a_whole(stage: Stage):
    done = await stage.client.do(
        "keyResultUpdate",
        "keyResult { milestones { key name weight dueOn done } }",
        keyResult={"externalId": "rollout"},
        milestones=[{"name": "Plan", "key": "plan"}, {"name": "Go", "weight": 3, "dueOn": day(5)}],
        reason="As agreed",
    )
    assert done["keyResult"]["milestones"] == [
        {"key": "plan", "name": "Plan", "weight": 1.0, "dueOn": None, "done": False},
        {"key": "2", "name": "Go", "weight": 3.0, "dueOn": day(5), "done": False},
    ]


async def test_another_measure_begins_afresh_and_keeps_the_unit(stage: Stage):
    done = await stage.client.do(
        "keyResultUpdate",
        "keyResult { measure unit startValue targetValue currentValue progress progressReason }",
        keyResult={"externalId": "backlog"},
        measure="AT_MOST",
        targetValue=20,
    )
    assert done["keyResult"] == {
        "measure": "AT_MOST",
        "unit": "tickets",
        "startValue": None,
        "targetValue": 20.0,
        "currentValue": None,
        "progress": None,
        "progressReason": "NOT_MEASURED",
    }


async def test_a_correction_takes_the_place_of_a_reading_and_a_retraction_takes_it_away(stage: Stage):
    client = stage.client
    selected = "checkIn { isCurrent supersedes { externalId isCurrent supersededBy { isCurrent } } keyResult { currentValue } }"
    corrected = await client.do(
        "checkInRecord", selected, supersedes={"externalId": "first"}, value=4, externalId="right"
    )
    assert corrected["checkIn"] == {
        "isCurrent": True,
        "supersedes": {"externalId": "first", "isCurrent": False, "supersededBy": {"isCurrent": True}},
        "keyResult": {"currentValue": 4.0},
    }
    retracted = await client.do(
        "checkInRetract",
        f"{selected[:-1]} retractionReason value }}",
        checkIn={"externalId": "right"},
        reason=" Wrong metric ",
    )
    assert retracted["checkIn"] == {
        "isCurrent": False,
        "supersedes": {"externalId": "right", "isCurrent": False, "supersededBy": {"isCurrent": False}},
        "keyResult": {"currentValue": None},
        "retractionReason": "Wrong metric",
        "value": None,
    }
