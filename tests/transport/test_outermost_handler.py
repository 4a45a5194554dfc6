"""Outermost error handler: an unexpected error is logged once and returned as a GraphQL error."""

import json
import logging
from typing import Any

import httpx2
import pytest
import websockets
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from okr_api.app import create_app
from okr_api.settings import Settings
from tests import conftest
from tests.acme import Acme
from tests.serving import serving

FOLLOW = "subscription { changes { seq } }"
OPEN = "/health/live"  # needs no token, and therefore no database


async def broken(_: Request) -> Response:
    """Fail before a response is sent."""
    raise RuntimeError("the secret of the route")


@pytest.mark.parametrize(
    "accept", ("application/json", "application/graphql-response+json", "text/event-stream")
)
@pytest.mark.parametrize("origin", ({}, {"Origin": "https://okr.example.com"}), ids=("same", "other"))
async def test_a_fault_is_masked_and_told_as_json(
    accept: str, origin: dict[str, str], caplog: pytest.LogCaptureFixture
):
    app = create_app(Settings(database_url="postgresql://nobody@127.0.0.1:1/none"))
    app.router.routes.insert(0, Route(OPEN, broken))
    transport: Any = httpx2.ASGITransport(app=app)  # re-raises unhandled exceptions
    async with httpx2.AsyncClient(transport=transport, base_url="http://here") as client:
        response = await client.get(OPEN, headers={"Accept": accept, **origin})
    wanted = "application/json" if "stream" in accept else accept
    assert (response.status_code, response.headers["content-type"]) == (500, wanted)
    [error] = response.json()["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert "secret" not in response.text
    [record] = [one for one in caplog.records if one.levelno >= logging.ERROR]
    assert error["message"].rpartition(" ")[2] in record.getMessage()
    assert record.exc_info
    assert "the secret of the route" in str(record.exc_info[1])


async def test_while_the_database_is_away_sockets_and_streams_end_with_a_reference_to_the_log(
    acme: Acme, acme_url: str, server: conftest.Server, caplog: pytest.LogCaptureFixture
):
    name = acme_url.partition("?")[0].rpartition("/")[2]
    async with serving(acme_url) as running:
        client = running.client(acme.token)
        assert await client.ask("{ seq }")  # the token is cached from here on
        await server.execute(f"alter database {name} allow_connections false")
        await server.execute(
            f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"
        )
        headers = {"Accept": "text/event-stream"}
        stream = await client.http.post("/graphql", json={"query": FOLLOW}, headers=headers)
        async with running.connect() as connection:
            init = {"type": "connection_init", "payload": {"Authorization": "Bearer okr_nobody_knows_yet"}}
            await connection.send(json.dumps(init))
            with pytest.raises(websockets.ConnectionClosedError):
                await connection.recv()
        await server.execute(f"alter database {name} allow_connections true")
    [data] = [line.removeprefix("data: ") for line in stream.text.splitlines() if line.startswith("data: {")]
    [error] = json.loads(data)["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert connection.close_code == 1011
    for told in (error["message"], connection.close_reason):
        reference = told.rpartition(" ")[2]
        assert [one for one in caplog.records if reference in one.getMessage() and one.exc_info]
