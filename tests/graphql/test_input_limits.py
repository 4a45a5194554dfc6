"""Variables are counted before they are coerced, over every transport."""

from collections.abc import AsyncIterator
from time import process_time
from typing import Any

import pytest

from okr_api.graphql.execution.executor import VariableSource
from okr_api.graphql.execution.operation_cache import ANSWERED_ONCE, OperationCache
from okr_api.graphql.input_limits import (
    MAX_INPUT_DEPTH,
    MAX_INPUT_LIST,
    MAX_INPUT_NAME_CHARACTERS,
    MAX_INPUT_OBJECT_FIELDS,
    MAX_INPUT_OBJECTS,
    MAX_INPUT_VALUES,
    VALUES_PER_COST,
    price_of_inputs,
)
from okr_api.graphql.schema import schema
from tests import conftest
from tests.acme import World
from tests.serving import Server, serving

QUERY = "query ($filter: ObjectiveFilter, $ids: [ID!]!) { objectives(filter: $filter) { totalCount } nodes(ids: $ids) { id } }"
RECORDED = "mutation ($input: CheckInRecordManyInput!) { checkInRecordMany(input: $input) { seq } }"
FOLLOWED = "subscription ($filter: ChangeFilter) { changes(filter: $filter) { seq } }"


def nested(levels: int) -> Any:
    value: Any = {}
    for _ in range(levels - 1):
        value = {"not": value}
    return value


def filters(count: int) -> Any:
    """Return a filter of so many objects in all."""
    groups, left = [], count - 1
    while left:
        size = min(left - 1, 1_000)
        groups.append({"and": [{}] * size})
        left -= 1 + size
    return {"or": groups}


BEYOND: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "values in all": (
        {str(i): ["x"] * 999 for i in range(12)},
        {str(i): ["x"] * 1_000 for i in range(12)},
    ),
    "values of a list": ({"ids": ["x"] * MAX_INPUT_LIST}, {"ids": ["x"] * (MAX_INPUT_LIST + 1)}),
    "input objects": (
        {"filter": filters(MAX_INPUT_OBJECTS)},
        {"filter": filters(MAX_INPUT_OBJECTS + 1)},
    ),
    "levels of lists": ({"filter": nested(MAX_INPUT_DEPTH)}, {"filter": nested(MAX_INPUT_DEPTH + 1)}),
    "fields of an input object": (
        {"filter": {str(i): 1 for i in range(MAX_INPUT_OBJECT_FIELDS)}},
        {"filter": {str(i): 1 for i in range(MAX_INPUT_OBJECT_FIELDS + 1)}},
    ),
    "name": (
        {"filter": {"n" * MAX_INPUT_NAME_CHARACTERS: 1}},
        {"filter": {"n" * (MAX_INPUT_NAME_CHARACTERS + 1): 1}},
    ),
}


@pytest.fixture(scope="module")
async def served(
    server: conftest.Server, acme_template: tuple[str, World]
) -> AsyncIterator[tuple[Server, str]]:
    async with server.copy_of(acme_template[0]) as name, serving(server.url_of(name)) as running:
        yield running, acme_template[1].token


@pytest.mark.parametrize("what", BEYOND)
async def test_inputs_beyond_a_limit_are_refused_over_every_transport(served: tuple[Server, str], what: str):
    running, token = served
    allowed, beyond = BEYOND[what]
    price_of_inputs(allowed)
    client = running.client(token)
    stream = {"Accept": "text/event-stream"}
    for text in (QUERY, FOLLOWED):
        request = {"query": text, "variables": beyond}
        over_stream = await client.http.post("/graphql", json=request, headers=stream)
        assert (what in over_stream.text, "TOO_COMPLEX" in over_stream.text) == (True, True), over_stream.text
        async with running.socket(token) as socket:
            over_socket = await (await socket.subscribe(text, **beyond)).problem()
        assert (over_socket["code"], what in over_socket["message"]) == ("TOO_COMPLEX", True)
    answer = await client.answer(QUERY, **beyond)
    assert list(answer) == ["errors"]
    assert [error["extensions"] for error in answer["errors"]] == [{"code": "TOO_COMPLEX"}]


def test_a_thousand_check_ins_are_allowed_and_cost_by_their_values():
    item = {
        "keyResult": {"id": "x"},
        "value": 1,
        "note": "n",
        "effectiveAt": "t",
        "confidence": 1,
        "externalId": "e",
    }
    assert price_of_inputs({"input": {"items": [item] * 1_000}}) == (2 + 8 * 1_000) // VALUES_PER_COST
    assert MAX_INPUT_VALUES > 11 * 1_000  # with every field, and two references of two values each


def test_making_a_thousand_inputs_takes_about_as_long_as_checking_them():
    """Inputs are made as graphql-core does it; Strawberry's own conversion took ten times as long."""
    documents = OperationCache(schema, ANSWERED_ONCE)
    operation = documents.operation(RECORDED, None)
    items = [
        {"keyResult": {"id": "x"}, "value": 1.5, "note": "n", "effectiveAt": "2026-01-01T00:00:00Z"}
    ] * 1_000
    checking, making = [], []
    for _ in range(3):
        values = VariableSource(documents, operation, {"input": {"items": items}})
        begun = process_time()
        checked = values.coerced
        checking.append(process_time() - begun)
        shape = documents.shape(operation, {}, lambda checked=checked: checked)
        begun = process_time()
        made = shape.roots[0].given.long(checked)
        making.append(process_time() - begun)
        assert len(made["input"].items) == 1_000
    assert min(making) < 4 * min(checking)
