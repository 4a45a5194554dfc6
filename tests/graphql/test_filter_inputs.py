"""Nulls and empty objects inside a filter are rejected with their path, in every filter of the schema."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, GraphQLList, get_named_type, get_nullable_type

from okr_api.graphql.schema import schema
from tests.graphql.conftest import Stage
from tests.serving import Client

ROOTS = {
    name: get_named_type(field.args["filter"].type)
    for name, field in schema._schema.query_type.fields.items()
    if "filter" in field.args
}
SELECTED = {"changes": "{ endSeq }"}
Wrong = tuple[dict[str, Any], list[str]]


def wrong_in(kind: GraphQLInputObjectType, depth: int = 0) -> Iterator[Wrong]:
    """Yield filters that each contain one null or one empty object, with the path to it."""
    for name, field in kind.fields.items():
        yield {name: None}, [name]
        inner = get_named_type(field.type)
        if not isinstance(inner, GraphQLInputObjectType):
            continue
        many = isinstance(get_nullable_type(field.type), GraphQLList)
        at = [name, "0"] if many else [name]
        yield {name: [{}] if many else {}}, at
        if inner is not kind or depth == 0:
            for value, path in wrong_in(inner, depth + (inner is kind)):
                yield {name: [value] if many else value}, [*at, *path]


CASES = [(root, value, path) for root, kind in ROOTS.items() for value, path in wrong_in(kind)]


def test_there_are_filters():
    assert set(ROOTS) == {
        "people", "teams", "priorities", "metrics", "cycles", "objectives", "keyResults", "checkIns", "changes",
        "initiatives", "dependencies", "absences", "roadblocks", "meetings", "decisions", "experiments", "lessons",
        "reviewRecords",
    }  # fmt: skip
    assert len(CASES) > 300


def asked(root: str) -> str:
    """Return a query with the filter as a variable."""
    after = "after: 0, " if root == "changes" else ""
    return f"query ($f: {ROOTS[root]}) {{ {root}({after}filter: $f) {SELECTED.get(root, '{ totalCount }')} }}"


@pytest.mark.parametrize("root", ROOTS)
async def test_null_and_empty_objects_inside_a_filter_are_refused_where_they_stand(root: str, stage: Stage):
    for of, value, path in CASES:
        if of == root:
            problem = await stage.client.problem(asked(root), f=value)
            assert (problem["code"], problem["path"]) == ("INVALID_INPUT", ["filter", *path]), value
            assert "isNull" in problem["message"]


async def test_what_nothing_is_selected_of_is_refused_as_well(stage: Stage):
    problem = await stage.client.problem("{ objectives(filter: { title: {} }) { __typename } }")
    assert (problem["code"], problem["path"]) == ("INVALID_INPUT", ["filter", "title"])


async def test_a_subscription_refuses_them_as_a_query_does(stage: Stage):
    query = "subscription ($f: ChangeFilter) { changes(filter: $f) { seq } }"
    async with stage.served.socket(stage.acme.token) as socket:
        for of, value, path in CASES:
            if of == "changes":
                problem = await (await socket.subscribe(query, f=value)).problem()
                assert (problem["code"], problem["path"]) == ("INVALID_INPUT", ["filter", *path])
                assert "isNull" in problem["message"]


@pytest.mark.parametrize(
    ("text", "variables", "path"),
    (
        ("{ people(filter: {name: {eq: null}}) { totalCount } }", {}, ["filter", "name", "eq"]),
        ("query ($v: String) { people(filter: {name: {eq: $v}}) { totalCount } }", {"v": None}, ["filter", "name", "eq"]),
        ("query ($v: String) { people(filter: {name: {eq: $v}}) { totalCount } }", {}, ["filter", "name"]),
        ("query ($v: TextComparator) { people(filter: {name: $v}) { totalCount } }", {"v": None}, ["filter", "name"]),
        ("query ($v: TextComparator = {}) { people(filter: {name: $v}) { totalCount } }", {}, ["filter", "name"]),
        ("{ objectives(filter: {or: [{title: {eq: \"a\"}}, {title: null}]}) { totalCount } }", {}, ["filter", "or", "1", "title"]),
        ("query ($v: PersonFilter = {name: {eq: null}}) { people(filter: $v) { totalCount } }", {}, ["filter", "name", "eq"]),
    ),
)  # fmt: skip
async def test_it_makes_no_difference_how_a_filter_is_sent(
    text: str, variables: dict[str, Any], path: list[str], stage: Stage
):
    for _ in range(2):  # also with a cached plan
        problem = await stage.client.problem(text, **variables)
        assert (problem["code"], problem["path"]) == ("INVALID_INPUT", path)


async def counted(client: Client, given: dict[str, Any] | None) -> int:
    """Return how many objectives match a filter."""
    count: int = (await client.one(asked("objectives"), f=given))["totalCount"]
    return count


async def test_a_filter_that_is_null_or_empty_as_a_whole_is_none(stage: Stage):
    for root in ROOTS:
        everything = await stage.client.one(asked(root))
        assert await stage.client.one(asked(root), f=None) == everything
        assert await stage.client.one(asked(root), f={}) == everything


async def test_of_an_empty_list_there_is_nothing_to_be_one_of(stage: Stage):
    everything = await counted(stage.client, None)
    assert everything == 6
    for nothing in ({"or": []}, {"title": {"in": []}}, {"status": {"in": []}}, {"cycle": {"id": {"in": []}}}):
        assert await counted(stage.client, nothing) == 0, nothing
        assert await counted(stage.client, {"not": nothing}) == everything, nothing
    for all_of_it in ({"and": []}, {"status": {"notIn": []}}):
        assert await counted(stage.client, all_of_it) == everything, json.dumps(all_of_it)
    for none in ({"kinds": []}, {"nodeTypes": []}):
        page = await stage.client.one(
            "query ($f: ChangeFilter) { changes(after: 0, filter: $f) { nodes { seq } } }", f=none
        )
        assert page == {"nodes": []}
