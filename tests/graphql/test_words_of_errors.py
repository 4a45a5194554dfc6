"""Error messages show values as JSON, as clients write them: null and true, not None and True."""

import re
from typing import Any

import pytest

from tests.graphql.conftest import Stage

QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
PYTHON = re.compile(r"\b(None|True|False|dict|list|str|int|float|Undefined)\b")
ODD = (None, True, False, [None, True], {"a": None, "b": [False]}, {}, [], 5, 1.5, "x", "None", "it's None")
TYPES = {
    "ID!": "query ($v: ID!) { node(id: $v) { __typename } }",
    "[ID!]!": "query ($v: [ID!]!) { nodes(ids: $v) { __typename } }",
    "Int!": "query ($v: Int!) { cycles(first: $v) { totalCount } }",
    "Seq!": "query ($v: Seq!) { changes(after: $v) { endSeq } }",
    "Date": "query ($v: Date) { currentCycle(on: $v) { id } }",
    "DateTime": "query ($v: DateTime) { objectiveTree(asOf: $v) { seq } }",
    "ObjectiveFilter": "query ($v: ObjectiveFilter) { objectives(filter: $v) { totalCount } }",
    "ObjectiveOrder": "query ($v: ObjectiveOrder) { objectives(orderBy: $v) { totalCount } }",
    "CheckInRecordInput!": "mutation ($v: CheckInRecordInput!) { checkInRecord(input: $v) { seq } }",
    "Float": "mutation ($v: Float) { checkInRecord(input: {value: $v}) { seq } }",
    "Boolean!": "query ($v: Boolean!) { seq @skip(if: $v) }",
    "String": "query ($v: String) { objectives(filter: {title: {contains: $v}}) { totalCount } }",
}
LITERALS = (
    "{ node(id: null) { __typename } }",
    "{ node(id: true) { __typename } }",
    "{ nodes(ids: [null]) { __typename } }",
    "{ cycles(first: true) { totalCount } }",
    "{ changes(after: null) { endSeq } }",
    "{ objectives(filter: {title: {contains: true}}) { totalCount } }",
    "mutation { checkInRecord(input: null) { seq } }",
    "mutation { checkInRecord(input: {value: true}) { seq } }",
    "query ($v: ID! = null) { node(id: $v) { __typename } }",
    "{ seq @skip(if: null) }",
)


async def messages(stage: Stage, query: str, **variables: Any) -> list[str]:
    """Return the messages of the top-level errors of a response."""
    answer = await stage.client.answer(query, **variables)
    return [error["message"] for error in answer.get("errors", ())]


@pytest.mark.parametrize("kind", TYPES)
async def test_a_variable_of_the_wrong_kind_is_told_in_words_of_json(kind: str, stage: Stage):
    told = [one for value in ODD for one in await messages(stage, TYPES[kind], v=value)]
    assert told
    assert [one for one in told if PYTHON.search(QUOTED.sub("", one))] == []


@pytest.mark.parametrize("query", LITERALS)
async def test_a_literal_of_the_wrong_kind_is_told_in_words_of_graphql(query: str, stage: Stage):
    told = await messages(stage, query)
    assert told
    assert [one for one in told if PYTHON.search(one)] == []
    assert not ("null" in query and "null" not in " ".join(told))
