"""Responses when the database does not finish in time, over each transport."""

import itertools
import json
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest
import websockets

from okr_api.auth import cached_lookup
from okr_api.store import read_pool
from okr_api.transport.graphql_ws import TRY_AGAIN_LATER
from tests.acme import Acme
from tests.serving import COMPILED, Server, serving

LOCK_TOKENS = "lock table token"  # blocks readers too


@pytest.fixture
async def served(acme_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    monkeypatch.setattr(cached_lookup, "AUTHENTICATION_TIMEOUT_S", 0.3)
    monkeypatch.setattr(read_pool, "READER_TIMEOUT_S", 0.3)
    async with serving(acme_url, compiled=COMPILED) as running:
        yield running


@pytest.fixture
async def locked_tokens(acme_url: str, served: Server) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(acme_url)
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(LOCK_TOKENS)
    try:
        yield connection
    finally:
        await connection.close()


@pytest.mark.usefixtures("locked_tokens")
async def test_a_request_whose_token_cannot_be_looked_up_may_come_again(served: Server, acme: Acme):
    response = await served.client(acme.token).http.post("/graphql", json={"query": "{ seq }"})
    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
    [error] = response.json()["errors"]
    assert error["extensions"] == {"code": "BUSY"}


@pytest.mark.usefixtures("locked_tokens")
async def test_a_socket_whose_token_cannot_be_looked_up_is_closed_to_come_again(served: Server, acme: Acme):
    async with served.connect() as socket:
        payload = {"Authorization": f"Bearer {acme.token}"}
        await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await socket.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == TRY_AGAIN_LATER


async def test_a_query_that_finds_no_connection_in_time_is_refused(served: Server, acme: Acme):
    assert served.app_services is not None
    database, client = served.app_services.database, served.client(acme.token)
    await client.ask("{ seq }")
    held = []
    organizations = itertools.cycle([acme.organization.id, uuid4()])  # one alone may not take all
    while database.readers.places.in_use < read_pool.MAX_READERS:
        held.append(await database.take_reader(next(organizations)))
    assert (await client.problem("{ seq }"))["code"] == "BUSY"
    assert (await client.problem("{ objectives(first: 3) { nodes { title } } }"))["code"] == "BUSY"
    for connection in held:
        database.give_back(connection)
    assert await client.ask("{ seq }")
