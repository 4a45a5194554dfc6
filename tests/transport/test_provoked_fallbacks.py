"""Additions to a large query do not make it fall back to graphql-core, which takes ten times as long.

Each of these once made the whole operation fall back: with a tree of 10,000 objectives beside it, it blocked the
event loop for seconds.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from graphql import execute_sync, get_introspection_query, parse

from okr_api.graphql.context import MAX_FALLBACK_ROWS
from okr_api.graphql.execution.introspection import MAX_INTROSPECTED_OBJECTS
from okr_api.graphql.schema import schema
from okr_api.okr.entity import NodeType
from okr_api.query_engine.global_ids import encode_id
from tests import conftest
from tests.acme import Acme, World
from tests.serving import COMPILED, Server, serving

LIST = "objectives(first: 100) { nodes { id title owner { name } keyResults { id title } } }"
PROVOCATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "typename": (f"{{ __typename {LIST} kind: __typename }}", {}),
    "refused root": (f"{{ {LIST} objective {{ id }} }}", {}),
    "refused roots": (f"{{ {LIST} a: objective {{ id }} b: objectives(first: 0) {{ totalCount }} }}", {}),
    "refused page within": (f"{{ {LIST} more: objectives {{ nodes {{ title children {{ id }} }} }} cycles(first: 1, last: 1) {{ totalCount }} }}", {}),
    "wrong cursor": (f"{{ {LIST} teams(after: \"x\") {{ nodes {{ id }} }} }}", {}),
    "future cursor": (f"{{ {LIST} changes(after: 9000) {{ endSeq }} }}", {}),
    "too many ids": ("query ($ids: [ID!]!) { " + LIST + " nodes(ids: $ids) { id } }", {"ids": ["x"] * 101}),
    "wrong filter": (f"{{ {LIST} objectives2: objectives(filter: {{title: {{}}}}) {{ totalCount }} }}", {}),
    "introspection": (f"{{ {LIST} __schema {{ queryType {{ name fields {{ name args {{ name }} }} }} }} }}", {}),
    "a type": (f"{{ {LIST} __type(name: \"Objective\") {{ kind fields {{ name type {{ name ofType {{ name }} }} }} }} none: __type(name: \"No\") {{ name }} }}", {}),
    "skip": ("query ($s: Boolean!) { " + LIST + " seq @skip(if: $s) __typename @include(if: $s) }", {"s": True}),
    "a default": ("query ($f: Int = 3) { " + LIST + " a: objectives(first: $f) { nodes { id } } }", {}),
    "null for a default": ("query ($f: Int = 3) { " + LIST + " a: objectives(first: $f) { nodes { id } } }", {"f": None}),
    "a large number": ("query ($f: Int) { " + LIST + " a: objectives(first: $f) { nodes { id } } }", {"f": 101}),
    "a fragment": (f"{{ ...F }} fragment F on Query {{ {LIST} __typename objective {{ id }} }}", {}),
    "aliases": ("{ " + " ".join(f"a{i}: objective(externalId: \"x\") {{ id __typename }}" for i in range(20)) + LIST + " }", {}),
}  # fmt: skip

Ask = Callable[[Server, str, str, dict[str, Any]], Awaitable[dict[str, Any]]]


async def post(server: Server, token: str, query: str, variables: dict[str, Any]) -> dict[str, Any]:
    """Return the response to a POST."""
    return await server.client(token).answer(query, **variables)


async def get(server: Server, token: str, query: str, variables: dict[str, Any]) -> dict[str, Any]:
    """Return the response to a GET."""
    sent = {"query": query, "variables": json.dumps(variables)}
    return dict((await server.client(token).http.get("/graphql", params=sent)).json())


async def event_stream(server: Server, token: str, query: str, variables: dict[str, Any]) -> dict[str, Any]:
    """Return the only event of a stream."""
    response = await server.client(token).http.post(
        "/graphql", json={"query": query, "variables": variables}, headers={"Accept": "text/event-stream"}
    )
    [data] = [line for line in response.text.splitlines() if line.startswith("data: {")]
    return dict(json.loads(data.removeprefix("data: ")))


async def websocket(server: Server, token: str, query: str, variables: dict[str, Any]) -> dict[str, Any]:
    """Return the payload of the only message on a WebSocket."""
    async with server.socket(token) as socket:
        return dict((await (await socket.subscribe(query, **variables)).message())["payload"])


WAYS: dict[str, Ask] = {"post": post, "get": get, "event stream": event_stream, "websocket": websocket}


@pytest.fixture(scope="module")
async def servers(
    server: conftest.Server, acme_template: tuple[str, World]
) -> AsyncIterator[tuple[Server, Server, str]]:
    """Serve one database with and without the compiled executor; yield both servers and a token."""
    async with (
        server.copy_of(acme_template[0]) as name,
        serving(server.url_of(name), compiled=True) as compiled,
        serving(server.url_of(name), compiled=False) as by_core,
    ):
        yield compiled, by_core, acme_template[1].token


@pytest.mark.skipif(not COMPILED, reason="It compares both executors itself")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("what", PROVOCATIONS)
async def test_the_plan_answers_what_graphql_core_would(
    what: str, way: str, servers: tuple[Server, Server, str]
):
    compiled, by_core, token = servers
    query, variables = PROVOCATIONS[what]
    assert compiled.sockets
    before = dict(compiled.sockets.executors.compiled.fallbacks)
    answer = await WAYS[way](compiled, token, query, variables)
    assert dict(compiled.sockets.executors.compiled.fallbacks) == before
    expected = await WAYS[way](by_core, token, query, variables)
    for one in (answer, expected):
        one.get("errors", []).sort(key=lambda error: error["path"])
    assert answer == expected
    assert answer["data"]["objectives"]["nodes"]


async def test_what_is_wrong_within_introspection_is_told_of_its_root_field(
    servers: tuple[Server, Server, str],
):
    """graphql-core reports each error within introspection; there may be thousands."""
    compiled, _, token = servers
    query = f'query ($d: Boolean) {{ {LIST} __type(name: "Cycle") {{ fields(includeDeprecated: $d) {{ name }} }} }}'
    answer = await post(compiled, token, query, {"d": None})
    assert answer["data"]["__type"] is None
    assert answer["data"]["objectives"]["nodes"]
    [error] = answer["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["__type"], "BAD_USER_INPUT")


async def test_an_introspection_has_at_most_20_000_objects(servers: tuple[Server, Server, str]):
    compiled, _, token = servers
    fields = " ".join(f"a{i}: fields {{ type {{ name }} }}" for i in range(80))
    answer = await post(compiled, token, f"{{ seq __schema {{ types {{ {fields} }} }} }}", {})
    assert answer["data"]["seq"] is not None
    assert answer["data"]["__schema"] is None
    [error] = answer["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["__schema"], "TOO_COMPLEX")
    assert str(MAX_INTROSPECTED_OBJECTS) in error["message"]


async def test_introspection_by_graphiql_is_as_graphql_core_has_it(servers: tuple[Server, Server, str]):
    compiled, _, token = servers
    query = get_introspection_query(input_value_deprecation=True, specified_by_url=True)
    answer = await post(compiled, token, query, {})
    assert answer["data"] == execute_sync(schema._schema, parse(query)).data


async def test_a_fallback_reads_at_most_2_000_rows(acme: Acme, acme_url: str):
    """A plan cannot report errors of stored data; graphql-core can, and only in small responses."""
    lost = encode_id(NodeType.CYCLE, UUID(int=1))
    await acme.fetch("alter table objective drop constraint cycle_id_inside")
    await acme.fetch("update objective set cycle_id = $1", UUID(int=1))
    await acme.fetch(
        "insert into objective select (jsonb_populate_record(o, jsonb_build_object('id', gen_random_uuid(), "
        f"'external_id', null))).* from objective o, generate_series(1, {MAX_FALLBACK_ROWS})"
    )
    tree = "query ($c: ID!) { objectiveTree(cycleId: $c) { rows { objective { cycle { name } } } } }"
    async with serving(acme_url) as server:
        client = server.client(acme.token)
        few = await client.answer("{ objectives(first: 3) { nodes { cycle { name } } } }")
        assert [error["extensions"]["code"] for error in few["errors"]] == ["INTERNAL"]
        many = await client.answer(tree, c=lost)
    assert many["data"] == {"objectiveTree": None}
    assert {one["extensions"]["code"] for one in many["errors"]} == {"TOO_MANY" if COMPILED else "INTERNAL"}
