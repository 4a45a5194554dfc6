"""`graphql-transport-ws`: authentication, responses, and close codes."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
import websockets

from okr_api.auth.actor import Scope
from okr_api.services import organization
from okr_api.transport import token_revalidation
from okr_api.transport.websocket_protocol import MAX_MESSAGE_BYTES
from tests import conftest
from tests.acme import Acme, World, ref
from tests.services.import_export.files import bring
from tests.serving import PATIENCE_S, Server, serving, subscription_started

HOME = "https://okr.example.com"


@pytest.fixture(scope="module")
async def house(
    server: conftest.Server, acme_template: tuple[str, World]
) -> AsyncIterator[tuple[Server, str]]:
    """Serve Acme with one allowed origin; yield the server and Ann's token."""
    async with (
        server.copy_of(acme_template[0]) as name,
        serving(server.url_of(name), allowed_origins=(HOME,)) as running,
    ):
        yield running, acme_template[1].token


@pytest.fixture
async def api(acme_url: str) -> AsyncIterator[Server]:
    async with serving(acme_url) as running:
        yield running


async def closed_by(connection: websockets.ClientConnection) -> tuple[int, str]:
    """Discard messages until the server closes; return the code and reason."""
    async with asyncio.timeout(PATIENCE_S):
        with suppress(websockets.ConnectionClosed):
            async for _ in connection:
                pass
        await connection.wait_closed()
    assert connection.close_code is not None
    assert connection.close_reason is not None
    return connection.close_code, connection.close_reason


def introduced(token: str) -> str:
    return json.dumps({"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}})


SUBSCRIBE = {"type": "subscribe", "id": "1", "payload": {"query": "subscription { changes { seq } }"}}


@pytest.mark.parametrize(
    ("said", "reason"),
    (
        (b'{"type": "ping"}', "WebSocket message type must be text"),
        ("{", "WebSocket message must be valid JSON"),
        (
            "[" * 100_000,
            "TOO_COMPLEX: The message has 100000 lists and objects, and at most 20000 are allowed",
        ),
        ('["ping"]', "Failed to parse message"),
        ("{}", "Failed to parse message"),
        ('{"type": 7}', "Failed to parse message"),
        ('{"type": "start"}', "Unknown message type: 'start'"),
        (json.dumps({"type": "\ud800"}), "WebSocket message must be valid JSON"),
        (json.dumps({"type": "\u00fc" * 99}), "Unknown message type: '" + "\\xfc" * 19 + "\\xf"),
        ('{"type": "connection_init", "payload": 7}', "Invalid connection init payload"),
        ('{"type": "complete"}', "Failed to parse message"),
        ('{"type": "subscribe", "id": "1"}', "Failed to parse message"),
        ('{"type": "subscribe", "id": 1, "payload": {"query": "{ seq }"}}', "Failed to parse message"),
        ('{"type": "subscribe", "id": "1", "payload": {"query": 1}}', "query must be text, or be left out"),
        (
            '{"type": "subscribe", "id": "1", "payload": {"query": "{ seq }", "variables": []}}',
            "variables must be an object, or be left out",
        ),
        (
            '{"type": "subscribe", "id": "1", "payload": {"query": "{ seq }", "operationName": 1}}',
            "operationName must be text, or be left out",
        ),
    ),
)
async def test_what_the_protocol_does_not_know_closes_with_4400(
    said: str | bytes, reason: str, house: tuple[Server, str]
):
    served, token = house
    async with served.connect() as connection:
        if "init" not in reason:
            await connection.send(introduced(token))
        await connection.send(said)
        assert await closed_by(connection) == (4400, reason)


@pytest.mark.parametrize(
    ("messages", "code"),
    (((SUBSCRIBE, SUBSCRIBE), 4409), (({"type": "connection_init"},), 4429)),
)
async def test_what_is_said_twice_closes_the_socket(messages: Any, code: int, house: tuple[Server, str]):
    served, token = house
    async with served.connect() as connection:
        await connection.send(introduced(token))
        for message in messages:
            await connection.send(json.dumps(message))
        assert (await closed_by(connection))[0] == code


async def test_a_message_has_at_most_a_mebibyte(house: tuple[Server, str]):
    served, token = house
    async with served.connect() as connection:
        await connection.send(introduced(token))
        whole = json.dumps({"type": "ping", "payload": {"x": ""}})
        await connection.send(whole[:-3] + "x" * (MAX_MESSAGE_BYTES - len(whole)) + whole[-3:])
        assert json.loads(await connection.recv()) == {"type": "connection_ack"}
        assert json.loads(await connection.recv()) == {"type": "pong"}
        await connection.send("x" * (MAX_MESSAGE_BYTES + 1))
        assert (await closed_by(connection))[0] == 1009


async def test_a_pong_that_nobody_asked_for_is_nothing_and_an_unknown_id_is_complete_already(
    house: tuple[Server, str],
):
    served, token = house
    async with served.socket(token) as socket:
        for message in ({"type": "pong"}, {"type": "complete", "id": "never begun"}):
            await socket.connection.send(json.dumps(message))
        await socket.ping()


@pytest.mark.parametrize("id", ("", '"', "ü\n", "x" * 200))
async def test_an_id_is_whatever_a_client_likes_and_free_again_once_complete(
    id: str, house: tuple[Server, str]
):
    served, token = house
    async with served.connect() as connection:
        await connection.send(introduced(token))
        assert json.loads(await connection.recv()) == {"type": "connection_ack"}
        query = {"id": id, "type": "subscribe", "payload": {"query": "{ seq }"}}
        for _ in range(2):
            await connection.send(json.dumps(query))
            first, last = [json.loads(await connection.recv()) for _ in range(2)]
            assert (first["id"], first["type"], set(first["payload"]["data"])) == (id, "next", {"seq"})
            assert last == {"id": id, "type": "complete"}


async def test_what_a_client_completes_is_over_and_its_id_free(api: Server, acme: Acme):
    async with api.socket(acme.token) as socket:
        events = await socket.follow("subscription { changes { seq } }")
        await socket.complete(events)
        again = {"query": "subscription { changes { kind } }"}
        async with subscription_started(api.app_services):
            await socket.connection.send(json.dumps({"id": events.id, "type": "subscribe", "payload": again}))
        await acme.check_in("macros", 1)
        assert await events.next() == {"kind": "CHECK_IN_RECORDED"}
        assert events.waiting() == 0


@pytest.mark.parametrize(
    ("origin", "allowed"),
    ((HOME, True), ("https://OKR.example.com:443", True), ("https://evil.example", False), ("null", False)),
)
async def test_a_page_of_another_origin_opens_a_socket_only_where_it_is_allowed(
    origin: str, allowed: bool, house: tuple[Server, str]
):
    served, _ = house
    connecting = served.connect(origin=websockets.Origin(origin))
    if allowed:
        async with connecting:
            return
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with connecting:
            pass
    assert refused.value.response.status_code == 403


async def test_a_page_of_our_own_origin_may_open_a_socket(house: tuple[Server, str]):
    served, _ = house
    async with served.connect(origin=websockets.Origin(served.address)):
        pass


async def test_a_socket_whose_token_is_revoked_is_closed_though_nothing_happens(
    api: Server, acme: Acme, monkeypatch: pytest.MonkeyPatch
):
    assert api.app_services
    token = await acme.tokens.create(acme.organization.id, name="chat bot", scopes=[Scope.READ])
    [found] = [one for one in await acme.tokens.all(acme.organization.id) if one.name == "chat bot"]
    async with api.connect() as connection, api.socket(acme.token) as other:
        await connection.send(introduced(token))
        await connection.send(json.dumps(SUBSCRIBE))
        await connection.send('{"type": "ping"}')
        assert [json.loads(await connection.recv())["type"] for _ in range(2)] == ["connection_ack", "pong"]
        await api.app_services.tokens.revoke(acme.organization.id, found.id)
        assert api.sockets
        monkeypatch.setattr(token_revalidation, "LOOKED_UP_AGAIN_S", 0.01)
        async with api.sockets.watch.running(api.app_services.tokens):
            last = json.loads(await connection.recv())
            assert (last["id"], last["type"]) == ("1", "error")
            assert last["payload"][0]["extensions"]["code"] == "NOT_AUTHENTICATED"
            assert await closed_by(connection) == (4403, "Forbidden")
        await other.ping()


async def test_a_socket_is_closed_when_its_person_is_removed_by_an_import(
    api: Server, acme: Acme, monkeypatch: pytest.MonkeyPatch
):
    assert api.app_services
    assert api.sockets
    token = await acme.tokens.create(acme.organization.id, name="t", scopes=[Scope.READ], person="ben")
    ben = {"id": "ben", "name": "Ben"}
    monkeypatch.setattr(token_revalidation, "LOOKED_UP_AGAIN_S", 0.01)
    async with api.connect() as connection:
        await connection.send(introduced(token))
        assert json.loads(await connection.recv())["type"] == "connection_ack"
        await bring(acme, {"ids": "full", "people": [ben | {"active": False}]})
        await bring(acme, {"ids": "full", "people": [ben | {"active": True}]})
        async with api.sockets.watch.running(api.app_services.tokens):
            assert await closed_by(connection) == (4403, "Forbidden")


async def test_nothing_is_begun_for_a_token_that_was_revoked(api: Server, acme: Acme):
    assert api.app_services
    token = await acme.tokens.create(acme.organization.id, name="chat bot", scopes=[Scope.ADMIN])
    [found] = [one for one in await acme.tokens.all(acme.organization.id) if one.name == "chat bot"]
    before = await acme.seq()
    async with api.connect() as connection:
        await connection.send(introduced(token))
        assert json.loads(await connection.recv()) == {"type": "connection_ack"}
        await api.app_services.tokens.revoke(acme.organization.id, found.id)
        query = 'mutation { personCreate(input: {name: "Dana"}) { seq } }'
        await connection.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": query}}))
        assert await closed_by(connection) == (4403, "Forbidden")
    assert await acme.seq() == before


async def test_what_is_done_on_an_open_socket_carries_the_name_of_now(acme: Acme, acme_url: str):
    async with serving(acme_url) as served, served.socket(acme.token) as socket:
        assert await (await socket.subscribe("{ viewer { name } }")).next() == {"name": "Ann"}
        # Bypasses the server, like another process.
        await acme.do(organization.edit_person, person=ref("ann"), edits={"name": "Anna"})
        assert served.app_services
        served.app_services.tokens._known.clear()  # as after 2 s, when a cached token expires
        assert await (await socket.subscribe("{ viewer { name } }")).next() == {"name": "Anna"}
        edit = 'mutation { objectiveUpdate(input: {objective: {externalId: "never_down"}, title: "New"}) { seq } }'
        done = await (await socket.subscribe(edit)).next()
        changes = await socket.subscribe(
            f"{{ changes(after: {done['seq'] - 1}) {{ nodes {{ actor {{ name }} }} }} }}"
        )
        assert await changes.next() == {"nodes": [{"actor": {"name": "Anna"}}]}
