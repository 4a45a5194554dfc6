"""Authentication middleware: access by token, the body-size limit, and errors as JSON."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from okr_api.graphql.query_cost import MAX_COST
from okr_api.transport.body_limits import MAX_BODY_BYTES
from tests import conftest
from tests.acme import Acme, World
from tests.serving import Server, serving

JSON = {"Content-Type": "application/json"}
SEQ = b'{"query": "{ seq }"}'
ANSWER = {"data": {"seq": 21}, "extensions": {"cost": {"requested": 1, "limit": MAX_COST}, "seq": 21}}


@pytest.fixture(scope="module")
async def house(
    server: conftest.Server, acme_template: tuple[str, World]
) -> AsyncIterator[tuple[Server, str]]:
    """Serve Acme with GraphiQL and one allowed origin; yield the server and Ann's token."""
    async with server.copy_of(acme_template[0]) as name:
        origins = ("https://okr.example.com",)
        async with serving(server.url_of(name), graphiql=True, allowed_origins=origins) as running:
            yield running, acme_template[1].token


@pytest.fixture
async def http(house: tuple[Server, str]) -> httpx2.AsyncClient:
    """Return an HTTP client without a token."""
    return house[0].client(None).http


@pytest.fixture
async def ann(house: tuple[Server, str]) -> httpx2.AsyncClient:
    """Return Ann's HTTP client."""
    return house[0].client(house[1]).http


def code(response: httpx2.Response) -> Any:
    """Return the code of the only error of a GraphQL error response in JSON."""
    assert response.headers["content-type"].partition(";")[0] in (
        "application/json",
        "application/graphql-response+json",
    )
    [error] = response.json()["errors"]
    assert error["message"]
    return error["extensions"]["code"]


@pytest.mark.parametrize(
    "headers",
    (
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer okr_nobody"},
        {"Authorization": "okr_nobody"},
        {"Authorization": "Basic YW5uOmFubg=="},
        {"Authorization": "Bearer " + "x" * 501},
        {"Authorization": b"Bearer \xff\xfe"},
        {"X-Token": "okr_nobody"},
    ),
    ids=str,
)
async def test_without_a_known_token_nothing_is_answered(headers: dict[str, Any], http: httpx2.AsyncClient):
    for method, path in (
        ("POST", "/graphql"), ("GET", "/graphql?query={seq}"), ("GET", "/graphql"), ("PUT", "/graphql"),
        ("DELETE", "/graphql"), ("POST", "/graphql/"), ("POST", "/"), ("GET", "/nothing"), ("GET", "/docs"),
        ("GET", "/openapi.json"), ("GET", "/metrics"), ("POST", "/health/live"), ("GET", "/health"),
    ):  # fmt: skip
        response = await http.request(
            method, path, headers={**JSON, **headers}, content=SEQ if method == "POST" else None
        )
        if path == "/health/live":
            assert response.status_code == 405
            continue
        assert response.status_code == 401, (method, path)
        assert code(response) == "NOT_AUTHENTICATED"
        assert response.headers["www-authenticate"] == "Bearer"


async def test_health_answers_without_a_token(http: httpx2.AsyncClient):
    live, ready = await http.get("/health/live"), await http.get("/health/ready")
    assert (live.status_code, live.json()) == (200, {"status": "live"})
    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})


@pytest.mark.parametrize("scheme", ("Bearer", "bearer", "BEARER", "Bearer "))
async def test_the_scheme_is_written_in_any_case(
    scheme: str, house: tuple[Server, str], http: httpx2.AsyncClient
):
    response = await http.post(
        "/graphql", content=SEQ, headers={**JSON, "Authorization": f"{scheme} {house[1]}"}
    )
    assert response.json() == ANSWER


async def test_what_is_not_there_is_told_as_json(ann: httpx2.AsyncClient):
    for path in ("/nothing", "/graphql/nothing"):
        response = await ann.get(path)
        assert response.status_code == 404
        assert response.headers["content-type"] == "application/json"
        response.json()


async def test_the_page_is_for_browsers_only(http: httpx2.AsyncClient, house: tuple[Server, str]):
    page = await http.get("/graphql", headers={"Accept": "text/html,application/xhtml+xml"})
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    script = page.text.partition('src="')[2].partition('"')[0]
    assert (await http.get(f"/{script}")).status_code == 200
    assert (await http.get("/graphql", headers={"Accept": "*/*"})).status_code == 401
    assert (await http.post("/graphql", headers={"Accept": "text/html"}, content=SEQ)).status_code == 401


async def test_without_graphiql_a_browser_is_treated_like_anybody(acme: Acme, acme_url: str):
    async with serving(acme_url) as plain:
        response = await plain.client(None).http.get("/graphql", headers={"Accept": "text/html"})
        assert response.status_code == 401
        assert (await plain.client(acme.token).http.get("/graphql/static/x.js")).status_code == 404


@pytest.mark.parametrize("chunked", (False, True), ids=("announced", "in chunks"))
async def test_a_body_beyond_a_mebibyte_is_refused(chunked: bool, ann: httpx2.AsyncClient):
    body = SEQ.ljust(MAX_BODY_BYTES + 1)

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 100_000):
            yield body[start : start + 100_000]

    for content_type in ("application/json", "text/plain", "multipart/form-data; boundary=x"):
        if chunked and content_type != "application/json":
            continue  # rejected before the body is read
        content = chunks() if chunked else body
        response = await ann.post("/graphql", content=content, headers={"Content-Type": content_type})
        assert response.status_code == 413
        assert code(response) == "TOO_LARGE"
    assert (await ann.post("/graphql", content=SEQ.ljust(MAX_BODY_BYTES), headers=JSON)).status_code == 200


async def test_a_body_that_lies_about_its_length_is_refused(house: tuple[Server, str]):
    server, token = house
    port = int(server.address.rpartition(":")[2])
    for length in (b"-1", b"x", b"99999999999999999999"):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
            b"Authorization: Bearer " + token.encode() + b"\r\nContent-Length: " + length + b"\r\n\r\n" + SEQ
        )
        async with asyncio.timeout(10):
            answer = await reader.read(2000)
        writer.close()
        assert answer.startswith((b"HTTP/1.1 4", b"")), answer
        assert b"HTTP/1.1 5" not in answer
        assert b"seq" not in answer


BODIES = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "null": b"null",
    "a number": b"5",
    "text": b'"{ seq }"',
    "no query": b"{}",
    "null for a query": b'{"query": null}',
    "a number for a query": b'{"query": 5}',
    "a list for a query": b'{"query": ["{ seq }"]}',
    "an empty query": b'{"query": ""}',
    "text for variables": b'{"query": "{ seq }", "variables": "x"}',
    "a list for variables": b'{"query": "{ seq }", "variables": []}',
    "a number for a name": b'{"query": "{ seq }", "operationName": 5}',
    "text for extensions": b'{"query": "{ seq }", "extensions": "x"}',
    "no UTF-8": b'{"query": "{ seq }\xff"}',
    "half a surrogate pair": b'{"query": "{ seq } # \\ud800"}',
    "an unknown field of half a pair": b'{"query": "{ \\ud800 }"}',
    "NUL": b'{"query": "{ seq \\u0000 }"}',
    "nested 100,000 deep": b'{"query": "{ seq }", "variables": {"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
    "a batch": b'[{"query": "{ seq }"}, {"query": "{ seq }"}]',
    "NaN beside": b'{"query": "{ seq }", "variables": {"a": NaN}}',
    "a selection nested 500 deep": json.dumps({"query": "{ objectives { nodes " + "{ children " * 500 + "{ id }" + " }" * 502}).encode(),
    "an unknown operation": b'{"query": "{ seq }", "operationName": "\\ud800"}',
}  # fmt: skip


@pytest.mark.parametrize("what", BODIES)
async def test_a_broken_body_is_answered_with_json(what: str, ann: httpx2.AsyncClient):
    response = await ann.post("/graphql", content=BODIES[what], headers=JSON)
    assert response.headers["content-type"].partition(";")[0] in (
        "application/json",
        "application/graphql-response+json",
    )
    answer = response.json()
    assert response.status_code in (200, 400)
    assert not answer.get("data")
    assert all(error["message"] and error["extensions"]["code"] for error in answer["errors"])
    assert "INTERNAL" not in response.text
    assert (await ann.post("/graphql", content=SEQ, headers=JSON)).json() == ANSWER


@pytest.mark.parametrize(
    "content_type", ("text/plain", "application/x-www-form-urlencoded", "application/graphql", "")
)
async def test_another_kind_of_body_is_answered_with_json(content_type: str, ann: httpx2.AsyncClient):
    response = await ann.post("/graphql", content=SEQ, headers={"Content-Type": content_type})
    assert response.status_code in (400, 415)
    assert code(response) == "BAD_REQUEST"


@pytest.mark.parametrize("method", ("PUT", "PATCH", "DELETE"))
async def test_another_method_is_answered_with_json(method: str, ann: httpx2.AsyncClient):
    response = await ann.request(method, "/graphql", content=SEQ, headers=JSON)
    assert response.status_code == 405
    assert response.headers["content-type"] == "application/json"
    response.json()


async def test_a_query_may_come_by_get(ann: httpx2.AsyncClient):
    query = "query Q($id: ID) { seq objective(id: $id) { title } }"
    response = await ann.get(
        "/graphql", params={"query": query, "variables": '{"id": "x"}', "operationName": "Q"}
    )
    assert response.json() == {
        "data": {"seq": 21, "objective": None},
        "extensions": {"cost": {"requested": 7, "limit": MAX_COST}, "seq": 21},
    }
    assert response.status_code == 200


@pytest.mark.parametrize(
    "query", ('mutation { personCreate(input: {name: "Dana"}) { seq } }', "subscription { changes { seq } }")
)
async def test_nothing_but_queries_may_come_by_get(query: str, ann: httpx2.AsyncClient):
    response = await ann.get("/graphql", params={"query": query})
    assert response.status_code in (400, 405)
    assert code(response) == "BAD_REQUEST"
    assert (await ann.get("/graphql", params={"query": "{ seq }"})).json() == ANSWER


@pytest.mark.parametrize(
    "params",
    ({}, {"query": ""}, {"query": "{ seq }", "variables": "{"}, {"query": "{ seq }", "variables": "5"}),
)
async def test_a_broken_get_is_answered_with_json(params: dict[str, str], ann: httpx2.AsyncClient):
    response = await ann.get("/graphql", params=params)
    assert response.status_code in (400, 404)
    assert code(response) == "BAD_REQUEST"


async def test_an_answer_is_of_the_type_that_was_asked_for(ann: httpx2.AsyncClient):
    for accept, answered in (
        ("application/graphql-response+json", "application/graphql-response+json"),
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        ("application/graphql-response+json, application/json;q=0.9", "application/graphql-response+json"),
    ):
        for body in (SEQ, b'{"query": "{ __typename }"}'):
            response = await ann.post("/graphql", content=body, headers={**JSON, "Accept": accept})
            assert response.headers["content-type"].partition(";")[0] == answered


async def test_a_browser_of_an_allowed_origin_is_let_through(
    http: httpx2.AsyncClient, ann: httpx2.AsyncClient
):
    asked = {
        "Origin": "https://okr.example.com",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    preflight = await http.options("/graphql", headers=asked)
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == "https://okr.example.com"
    assert {"POST", "GET"} <= set(preflight.headers["access-control-allow-methods"].split(", "))
    assert "authorization" in preflight.headers["access-control-allow-headers"].lower()
    answer = await ann.post("/graphql", content=SEQ, headers={**JSON, "Origin": "https://okr.example.com"})
    assert answer.headers["access-control-allow-origin"] == "https://okr.example.com"
    refused = await http.post("/graphql", content=SEQ, headers={**JSON, "Origin": "https://okr.example.com"})
    assert refused.status_code == 401
    assert refused.headers["access-control-allow-origin"] == "https://okr.example.com"


async def test_a_browser_of_another_origin_is_not(http: httpx2.AsyncClient, ann: httpx2.AsyncClient):
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    preflight = await http.options("/graphql", headers=asked)
    assert preflight.status_code == 400
    assert "access-control-allow-origin" not in preflight.headers
    answer = await ann.post("/graphql", content=SEQ, headers={**JSON, "Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers


async def test_while_the_database_is_away_health_says_so_and_errors_are_json(
    acme: Acme, acme_url: str, server: conftest.Server
):
    name = acme_url.partition("?")[0].rpartition("/")[2]
    async with serving(acme_url) as running:
        client, unknown = running.client(acme.token), running.client("okr_nobody_knows_yet")
        assert (await client.http.get("/health/ready")).status_code == 200
        await server.execute(f"alter database {name} allow_connections false")
        await server.execute(
            f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"
        )
        ready = await client.http.get("/health/ready")
        reason = "The database does not answer"
        assert (ready.status_code, ready.json()) == (503, {"status": "not ready", "reason": reason})
        assert (await client.http.get("/health/live")).status_code == 200
        for one in (client, unknown):
            response = await one.http.post("/graphql", content=SEQ, headers=JSON)
            assert code(response) == "INTERNAL"
            assert response.status_code in (200, 500, 503)
        await server.execute(f"alter database {name} allow_connections true")
        assert (await client.http.get("/health/ready")).status_code == 200
        assert await client.ask("{ seq }") == {"seq": 21}
        assert (await unknown.http.post("/graphql", content=SEQ, headers=JSON)).status_code == 401
