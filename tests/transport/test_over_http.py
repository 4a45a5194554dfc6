"""GraphQL over HTTP: the official audit suite, and event-stream subscriptions of third-party clients."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from time import monotonic

import httpx2
import pytest

from okr_api.auth.actor import Scope
from tests import conftest
from tests.acme import Acme, World
from tests.javascript.running import JavaScript, install
from tests.serving import COMPILED, Server, serving, subscription_started

AUDITS = 61
AT_ONCE_S = 3.0
SEQ = {"query": "{ seq }"}
CHANGES = {"query": "subscription { changes { seq kind } }"}


@pytest.fixture(scope="module")
async def javascript() -> JavaScript:
    """Install the JavaScript programs that the tests run."""
    return await install()


@pytest.fixture(scope="module", params=sorted({COMPILED, False}), ids="compiled={}".format)
async def house(
    request: pytest.FixtureRequest, server: conftest.Server, acme_template: tuple[str, World]
) -> AsyncIterator[tuple[Server, str]]:
    """Serve Acme with the compiled executor and with graphql-core only; yield the server and Ann's token."""
    async with (
        server.copy_of(acme_template[0]) as name,
        serving(server.url_of(name), compiled=request.param) as running,
    ):
        yield running, acme_template[1].token


@pytest.fixture
def ann(house: tuple[Server, str]) -> httpx2.AsyncClient:
    """Return Ann's HTTP client."""
    return house[0].client(house[1]).http


async def test_every_audit_passes(house: tuple[Server, str], javascript: JavaScript):
    running, token = house
    outcomes = json.loads(await javascript.said("audits.mjs", f"{running.address}/graphql", token))
    assert [one for one in outcomes if one["status"] != "ok"] == []
    assert len(outcomes) == AUDITS


NOT_BEGUN = {
    "a document that is none": {"query": "{"},
    "a field that is not there": {"query": "{ nothing }"},
    "a variable of the wrong kind": {
        "query": "query ($n: Int) { cycles(first: $n) { totalCount } }",
        "variables": {"n": "x"},
    },
}


@pytest.mark.parametrize("body", NOT_BEGUN.values(), ids=NOT_BEGUN.keys())
@pytest.mark.parametrize(
    ("accept", "status"), (("application/json", 200), ("application/graphql-response+json", 400))
)
async def test_what_has_not_begun_has_no_data_and_a_status_where_that_is_asked_for(
    ann: httpx2.AsyncClient, body: dict[str, object], accept: str, status: int
):
    response = await ann.post("/graphql", json=body, headers={"Accept": accept})
    assert (response.status_code, set(response.json())) == (status, {"errors"})


async def test_what_has_begun_and_failed_is_an_answer(ann: httpx2.AsyncClient):
    headers = {"Accept": "application/graphql-response+json"}
    query = "{ seq changes(after: 10000000) { endSeq } }"
    response = await ann.post("/graphql", json={"query": query}, headers=headers)
    assert response.status_code == 200
    assert response.json()["data"]["changes"] is None
    assert response.json()["errors"][0]["path"] == ["changes"]


# ── Event streams ──


@pytest.mark.parametrize("client", ("graphql-sse", "urql"))
async def test_a_client_of_others_follows_changes_over_http(
    acme: Acme, acme_url: str, javascript: JavaScript, client: str
):
    async with serving(acme_url) as running:
        url = f"{running.address}/graphql"
        seq = await acme.seq()
        async with javascript.running("streams.mjs", url, acme.token, client, "2") as process:
            assert process.stdout is not None
            said = [json.loads(await process.stdout.readline())]
            assert await process.stdout.readline() == b"ready\n"
            rest = asyncio.create_task(process.stdout.read())
            while not rest.done():  # the test cannot observe when the subscription has reached the server
                await acme.person("Somebody")
                await asyncio.wait([rest], timeout=0.1)
            said += [json.loads(line) for line in rest.result().splitlines()]
    assert said[0] == {"seq": seq}
    first, second = (event["changes"] for event in said[1:])
    assert first["kind"] == second["kind"] == "PERSON_CREATED"
    assert second["seq"] == first["seq"] + 1


async def test_lines_end_with_a_line_feed_alone(house: tuple[Server, str], ann: httpx2.AsyncClient):
    headers = {"Accept": "text/event-stream"}
    response = await ann.post("/graphql", json=SEQ, headers=headers)
    assert response.headers["content-type"].partition(";")[0] == "text/event-stream"
    lines = response.content.split(b"\n")
    assert lines[0] == b"event: next"
    assert json.loads(lines[1].removeprefix(b"data: "))["data"] == {"seq": 21}
    assert lines[2:] == [b"", b"event: complete", b"data: ", b"", b""]


async def test_who_takes_json_as_well_is_streamed_subscriptions_only(ann: httpx2.AsyncClient):
    headers = {"Accept": "application/json, text/event-stream"}
    response = await ann.post("/graphql", json=SEQ, headers=headers)
    assert response.headers["content-type"] == "application/json"
    assert response.json()["data"] == {"seq": 21}
    async with ann.stream("POST", "/graphql", json=CHANGES, headers=headers) as stream:
        assert stream.headers["content-type"].partition(";")[0] == "text/event-stream"


@pytest.mark.parametrize("query", ("{a" * 10_000, "{ seq " + "seq " * 200_000 + "}"), ids=("deep", "long"))
async def test_a_monstrous_document_is_refused_at_once_whatever_is_accepted(
    ann: httpx2.AsyncClient, query: str
):
    for accept in ("application/json", "text/event-stream", "application/json, text/event-stream"):
        begun = monotonic()
        response = await ann.post("/graphql", json={"query": query}, headers={"Accept": accept})
        assert monotonic() - begun < AT_ONCE_S
        assert response.status_code == 200
        assert re.search("TOO_COMPLEX|DOCUMENT_TOO_LARGE", response.text)


async def test_a_revoked_token_ends_its_streams_with_the_next_change(acme: Acme, acme_url: str):
    token = await acme.tokens.create(acme.organization.id, name="chat bot", scopes=[Scope.READ])
    [found] = [one for one in await acme.tokens.all(acme.organization.id) if one.name == "chat bot"]
    headers = {"Accept": "text/event-stream"}
    async with serving(acme_url) as running, AsyncExitStack() as opened:
        assert running.app_services
        streaming = running.client(token).http.stream("POST", "/graphql", json=CHANGES, headers=headers)
        async with subscription_started(running.app_services):
            stream = await opened.enter_async_context(streaming)
        await acme.person("Somebody")
        lines = stream.aiter_lines()
        assert [await anext(lines) for _ in range(4)][::3] == ["event: next", ""]
        await running.app_services.tokens.revoke(acme.organization.id, found.id)
        await acme.person("Nobody")
        rest = [line async for line in lines]
    assert "NOT_AUTHENTICATED" in rest[1]
    assert "Nobody" not in "".join(rest)
    assert rest[-3:-1] == ["event: complete", "data: "]
