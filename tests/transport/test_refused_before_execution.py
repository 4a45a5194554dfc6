"""Requests rejected before execution get a GraphQL error in the media type that the client accepts."""

import asyncio
import json
from typing import Any

import pytest

from okr_api.auth.actor import Scope
from tests.acme import Acme
from tests.javascript.running import install
from tests.serving import Client, Server, serving

GRAPHQL_JSON = "application/graphql-response+json"
SEQ = {"query": "{ seq }"}
COSTLY = {"query": "{ objectives(first: 100) { nodes { id } } }"}
REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "no token": ({"headers": {"Authorization": ""}, "json": SEQ}, 401, "NOT_AUTHENTICATED"),
    "no JSON": ({"content": b"{"}, 400, "BAD_REQUEST"),
    "no operation of that name": ({"json": {**SEQ, "operationName": "A"}}, 400, "BAD_REQUEST"),
    "a subscription": ({"json": {"query": "subscription { changes { seq } }"}}, 400, "BAD_REQUEST"),
    "a mutation by GET": ({"method": "GET", "params": {"query": "mutation { __typename }"}}, 400, "BAD_REQUEST"),
    "another method": ({"method": "PUT", "json": SEQ}, 405, "BAD_REQUEST"),
    "too large": ({"content": b" " * (2**20 + 1)}, 413, "TOO_LARGE"),
    "another content type": ({"content": b"{ seq }", "headers": {"Content-Type": "application/graphql"}}, 415, "BAD_REQUEST"),
    "no content type": ({"content": b'{"query": "{ seq }"}', "headers": {"Content-Type": ""}}, 415, "BAD_REQUEST"),
    "nothing there": ({"method": "GET", "url": "/nothing"}, 404, "NOT_FOUND"),
}  # fmt: skip


@pytest.fixture
async def served(acme_url: str) -> Any:
    async with serving(acme_url) as running:
        yield running


async def asked(client: Client, accept: str, request: dict[str, Any]) -> Any:
    headers = {"Content-Type": "application/json", "Accept": accept, **request.get("headers", {})}
    given = {"method": "POST", "url": "/graphql", **request, "headers": headers}
    return await client.http.request(**given)


@pytest.mark.parametrize(
    "accept", (GRAPHQL_JSON, f"{GRAPHQL_JSON}, application/json;q=0.9", "application/json", "*/*")
)
async def test_a_refusal_is_of_the_type_that_is_accepted(accept: str, served: Server, acme: Acme):
    client = served.client(acme.token)
    for what, (request, status, code) in REFUSED.items():
        response = await asked(client, accept, request)
        wanted = GRAPHQL_JSON if GRAPHQL_JSON in accept else "application/json"
        assert (response.status_code, response.headers["content-type"]) == (status, wanted), what
        [error] = response.json()["errors"]
        assert error["extensions"]["code"] == code, what
        assert error["message"], what
        assert "data" not in response.json(), what


async def test_a_method_that_is_not_there_is_refused_with_all_that_are(served: Server, acme: Acme):
    for method in ("PUT", "DELETE", "HEAD"):
        response = await served.client(acme.token).http.request(method, "/graphql")
        assert (response.status_code, response.headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize(
    ("what", "words"),
    (
        ("a subscription", ("websocket", "text/event-stream")),
        ("a mutation by GET", ("by POST",)),
        ("another content type", ("application/json",)),
    ),
)
async def test_a_refusal_says_what_to_do(what: str, words: tuple[str, ...], served: Server, acme: Acme):
    response = await asked(served.client(acme.token), GRAPHQL_JSON, REFUSED[what][0])
    assert all(word in response.json()["errors"][0]["message"] for word in words)


@pytest.mark.parametrize("value", ("NaN", "-Infinity", "1e400", "undefined", "True", ""))
async def test_numbers_are_spoken_of_where_a_number_is_wrong(value: str, served: Server, acme: Acme):
    body = f'{{"query": "{{ seq }}", "variables": {{"v": {value}}}}}'
    response = await asked(served.client(acme.token), "application/json", {"content": body.encode()})
    message = response.json()["errors"][0]["message"]
    assert "The body is not JSON" in message
    assert ("numbers are finite" in message) == (value in {"NaN", "-Infinity", "1e400"})


async def test_apollo_tells_the_code_of_whatever_is_refused(acme: Acme, acme_url: str):
    javascript = await install()
    spent = await acme.tokens.create(acme.organization.id, name="greedy", scopes=[Scope.READ])
    async with serving(acme_url, rate_limit=1) as served:
        greedy = served.client(spent)
        async with asyncio.timeout(60):
            while (response := await greedy.http.post("/graphql", json=COSTLY)).status_code == 200:
                assert response.json()["data"]
        found = json.loads(
            await javascript.said("refusals.mjs", f"{served.address}/graphql", acme.token, spent)
        )
    assert dict(found) == {
        401: "NOT_AUTHENTICATED",
        429: "RATE_LIMITED",
        400: "BAD_REQUEST",
        405: "BAD_REQUEST",
        413: "TOO_LARGE",
        415: "BAD_REQUEST",
    }
