"""The most important rules: each violation has its own error and changes no table."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from okr_api.okr.entity import NodeType
from okr_api.query_engine.global_ids import encode_id
from tests.acme import Workplace
from tests.graphql.conftest import Stage

MACROS = {"keyResult": {"externalId": "macros"}}
SAME = {
    "objective": {"externalId": "clear_backlog"},
    "title": "New",
    "measure": "INCREASE",
    "startValue": 5,
    "targetValue": 5,
}
Case = tuple[str, Callable[[], dict[str, Any]], str, list[str], str]

CASES: dict[str, Case] = {
    "a start that is the target": (
        "keyResultCreate",
        lambda: SAME,
        "NO_SPAN",
        ["targetValue"],
        "progress cannot be computed",
    ),
    "more than five minutes ahead": (
        "checkInRecord",
        lambda: {**MACROS, "value": 1, "effectiveAt": (datetime.now(UTC) + timedelta(minutes=6)).isoformat()},
        "READING_IN_FUTURE",
        ["effectiveAt"],
        "five minutes ahead",
    ),
    "a loop": (
        "objectiveMove",
        lambda: {
            "objective": {"externalId": "answer_fast"},
            "parent": {"keyResult": {"externalId": "backlog"}},
        },
        "ALIGNMENT_LOOPS",
        ["parent", "keyResult", "externalId"],
        "",
    ),
    "a stale version": (
        "objectiveUpdate",
        lambda: {"objective": {"externalId": "never_down"}, "title": "Mine", "expectedVersion": 7},
        "VERSION_CONFLICT",
        ["expectedVersion"],
        "version 1, not 7",
    ),
}


@pytest.mark.parametrize("what", CASES)
async def test_it_is_refused(what: str, stage: Stage):
    mutation, input, code, path, words = CASES[what]
    tables = await stage.acme.tables()
    [error] = (await stage.client.try_(mutation, **input()))["errors"]
    assert (error["code"], error["path"]) == (code, path)
    assert words in error["message"]
    assert await stage.acme.tables() == tables


async def test_not_a_number_is_refused(stage: Stage):
    tables = await stage.acme.tables()
    query = "mutation ($input: CheckInRecordInput!) { checkInRecord(input: $input) { seq } }"
    for value in ("NaN", "Infinity", "1e400"):
        body = f'{{"query": {json.dumps(query)}, "variables": {{"input": {{"keyResult": {{"externalId": "macros"}}, "value": {value}}}}}}}'
        response = await stage.client.http.post(
            "/graphql", content=body, headers={"Content-Type": "application/json"}
        )
        [error] = response.json()["errors"]
        assert error["extensions"]["code"] in ("BAD_REQUEST", "BAD_USER_INPUT")
        assert any(word in error["message"] for word in ("not JSON", "non numeric", "finite"))
    assert await stage.acme.tables() == tables


async def test_the_same_key_with_other_input_is_refused(stage: Stage):
    await stage.client.do("checkInRecord", **MACROS, value=1, idempotencyKey="nightly")
    tables = await stage.acme.tables()
    [error] = (await stage.client.try_("checkInRecord", **MACROS, value=2, idempotencyKey="nightly"))[
        "errors"
    ]
    assert (error["code"], error["path"]) == ("IDEMPOTENCY_MISMATCH", ["idempotencyKey"])
    assert await stage.acme.tables() == tables


async def test_another_organisations_id_is_not_found(stage: Stage):
    beta = await Workplace.found(stage.acme.database, stage.acme.notifier, "Beta")
    await beta.cycle("Quarter")
    theirs = encode_id(NodeType.KEY_RESULT, await beta.key_result("Theirs", await beta.objective("Theirs")))
    tables = await stage.acme.tables()
    [error] = (await stage.client.try_("checkInRecord", keyResult={"id": theirs}, value=2))["errors"]
    assert (error["code"], error["path"], error["message"]) == (
        "NOT_FOUND",
        ["keyResult", "id"],
        "There is no such key result",
    )
    assert await stage.client.one("query ($id: ID!) { node(id: $id) { id } }", id=theirs) is None
    assert await stage.acme.tables() == tables
