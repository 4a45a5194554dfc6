"""References in inputs: exactly one id, of an entity of the right type; anything else changes nothing."""

from typing import Any

import pytest

from okr_api.okr.entity import NodeType
from okr_api.query_engine.global_ids import encode_id
from tests.graphql.conftest import Stage
from tests.serving import input_type

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
ONE, BOTH = {"externalId": "macros"}, {"id": "key_x", "externalId": "macros"}
NOT_ONE: dict[str, dict[str, Any]] = {
    "none": {},
    "both": BOTH,
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
        assert problem["path"][:2] == ["input", "keyResult"]
    assert await stage.acme.tables() == before


@pytest.mark.parametrize(
    ("mutation", "input", "path"),
    (
        ("objectiveCreate", {"title": "A", "cycle": {}}, ["cycle"]),
        ("objectiveCreate", {"title": "A", "cycle": ONE, "owner": BOTH}, ["owner"]),
        ("objectiveCreate", {"title": "A", "cycle": ONE, "contributors": [ONE, {}]}, ["contributors", "1"]),
        ("objectiveCreate", {"title": "A", "cycle": ONE, "parent": {}}, ["parent"]),
        ("objectiveCreate", {"title": "A", "cycle": ONE, "parent": {"objective": BOTH}}, ["parent", "objective"]),
        ("objectiveUpdate", {"objective": ONE, "priorities": [{}]}, ["priorities", "0"]),
        ("checkInRecordMany", {"items": [{"keyResult": ONE}, {"keyResult": BOTH}]}, ["items", "1", "keyResult"]),
        ("checkInRecord", {"keyResult": ONE, "value": "five"}, ["value"]),
        ("objectiveCreate", {"title": "A"}, []),
    ),
)  # fmt: skip
async def test_an_error_of_a_variable_names_its_field(
    mutation: str, input: dict[str, Any], path: list[str], stage: Stage
):
    text = f"mutation ($input: {input_type(mutation)}!) {{ {mutation}(input: $input) {{ seq }} }}"
    for _ in range(2):  # the second time by a plan
        problem = await stage.client.problem(text, input=input)
        assert (problem["code"], problem["path"]) == ("BAD_USER_INPUT", ["input", *path])


async def test_all_wrong_fields_of_a_variable_are_told(stage: Stage):
    wrong = {"keyResult": {}, "value": "five", "confidence": []}
    answer = await stage.client.answer(RECORD, input=wrong)
    paths = [error["extensions"]["path"] for error in answer["errors"]]
    assert sorted(paths) == [["input", "confidence"], ["input", "keyResult"], ["input", "value"]]


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
