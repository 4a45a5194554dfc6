"""References in inputs: exactly one id, of an entity of the right type; anything else changes nothing."""

from typing import Any

import pytest

from okr_api.okr.change import NodeType
from okr_api.query_engine.global_ids import encode_id
from tests.graphql.conftest import Stage

RECORD = (
    "mutation ($input: CheckInRecordInput!) { checkInRecord(input: $input) { seq errors { code path } } }"
)
LITERAL = (
    "mutation {{ checkInRecord(input: {{ keyResult: {}, value: 5 }}) {{ seq errors {{ code path }} }} }}"
)
ONE_VARIABLE = (
    "mutation ($id: ID, $other: String) "
    "{ checkInRecord(input: { keyResult: { id: $id, externalId: $other }, value: 5 }) { seq } }"
)
NOT_ONE: dict[str, dict[str, Any]] = {
    "none": {},
    "both": {"id": "key_x", "externalId": "macros"},
    "null": {"externalId": None},
    "one and null": {"externalId": "macros", "id": None},
}


@pytest.mark.parametrize("given", NOT_ONE)
async def test_a_reference_has_exactly_one_id(given: str, stage: Stage):
    before = await stage.acme.tables()
    for _ in range(2):  # the second time by a plan
        problem = await stage.client.problem(RECORD, input={"keyResult": NOT_ONE[given], "value": 5})
        assert problem["code"] in ("BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED")
        assert "EntityRef" in problem["message"]
    assert await stage.acme.tables() == before


@pytest.mark.parametrize("literal", ("{}", '{id: "key_x", externalId: "macros"}', "{externalId: null}"))
async def test_a_reference_in_a_document_has_exactly_one_id(literal: str, stage: Stage):
    problem = await stage.client.problem(LITERAL.format(literal))
    assert problem["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_variables_within_a_reference_must_leave_exactly_one_id(stage: Stage):
    answer = await stage.client.answer(ONE_VARIABLE, other="macros")
    assert {one["extensions"]["code"] for one in answer["errors"]} == {"GRAPHQL_VALIDATION_FAILED"}


async def test_a_key_result_and_an_objective_of_the_same_external_id_are_told_apart(stage: Stage):
    client = stage.client
    await client.do("objectiveUpdate", objective={"externalId": "never_down"}, externalId="load")
    for kind in ("objective", "keyResult"):
        made = await client.do(
            "objectiveAlign",
            "objective { parents { parent { __typename externalId } } }",
            objective={"externalId": "clear_backlog"},
            parent={kind: {"externalId": "load"}},
            kind="SUPPORTS",
        )
        parents = [one["parent"] for one in made["objective"]["parents"]]
        assert {"__typename": kind[0].upper() + kind[1:], "externalId": "load"} in parents


async def test_an_id_of_another_type_is_not_found(stage: Stage):
    found = {"id": encode_id(NodeType.OBJECTIVE, stage.acme.never_down)}
    assert await stage.client.refused("checkInRecord", keyResult=found, value=1) == [
        ("NOT_FOUND", ["keyResult", "id"])
    ]
