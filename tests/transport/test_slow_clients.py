"""A client that does not read costs a bounded buffer for a bounded time and does not affect others."""

import asyncio
import json
import re
import socket as sockets
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
import websockets

from okr_api.auth.actor import Scope
from okr_api.cli.serve import GRACEFUL_SHUTDOWN_S
from okr_api.okr.check_in import MAX_NOTE_LENGTH
from okr_api.transport import unread_limits, websocket_limits, websocket_protocol
from tests.acme import Acme
from tests.serving import PATIENCE_S, Server, serving, serving_apart, subscription_started

SMALL = 4096  # bytes, for socket buffers, which default to megabytes
COPIES = 20
LARGE = "note " * (MAX_NOTE_LENGTH // 5)
NOTES = " ".join(f"n{number}: note" for number in range(COPIES))
QUERY = f"subscription ($a: Seq) {{ changes(after: $a) {{ seq node {{ ... on CheckIn {{ {NOTES} }} }} }} }}"


@pytest.fixture
async def api(acme_url: str) -> AsyncIterator[Server]:
    async with serving(acme_url, send_buffer=SMALL, compiled=True) as running:  # groups subscribers
        yield running


async def inattentive(served: Server, token: str, after: int | None = None) -> websockets.ClientConnection:
    """Connect a client that subscribes and then stops reading."""
    host, port = served.address.removeprefix("http://").split(":")
    door = sockets.socket()
    door.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, SMALL)
    door.setblocking(False)
    await asyncio.get_running_loop().sock_connect(door, (host, int(port)))
    connection = await served.connect(sock=door, max_queue=1, ping_interval=None)
    await say(connection, type="connection_init", payload={"Authorization": f"Bearer {token}"})
    assert json.loads(await connection.recv()) == {"type": "connection_ack"}
    await say(connection, id="1", type="subscribe", payload={"query": QUERY, "variables": {"a": after}})
    connection.transport.pause_reading()
    return connection


async def say(connection: websockets.ClientConnection, **message: Any) -> None:
    await connection.send(json.dumps(message))


def position_in(text: str | bytes) -> list[int]:
    """Return the feed position of an event as a list; empty for other messages."""
    message = json.loads(text)
    return [message["payload"]["data"]["changes"]["seq"]] if message["type"] == "next" else []


async def heard(connection: websockets.ClientConnection) -> tuple[list[int], int | None]:
    """Resume reading; return the positions received and the close code."""
    connection.transport.resume_reading()
    found: list[int] = []
    with suppress(websockets.ConnectionClosed):
        async with asyncio.timeout(PATIENCE_S):
            async for text in connection:
                found += position_in(text)
    return found, connection.close_code


async def alone(served: Server, count: int) -> None:
    """Wait until `count` sockets are open."""
    assert served.sockets
    client = served.client(None)
    async with asyncio.timeout(PATIENCE_S):
        while len(served.sockets.conversations) != count:
            await client.http.get("/health/live")


async def test_a_client_that_never_reads_is_dropped_and_others_hear_everything(api: Server, acme: Acme):
    begun = await acme.seq()
    slow = await inattentive(api, acme.token, begun)
    async with api.socket(acme.token) as socket:
        events = await socket.subscribe(QUERY, a=begun)
        assert api.sockets
        while len(api.sockets.conversations) == 2:
            await acme.check_in("macros", 1, note=LARGE)
            last = await events.next()
            assert last["node"]["n0"] == LARGE
        assert last["seq"] == await acme.seq()
        assert last["seq"] - begun <= 2 + (websocket_protocol.MAX_UNSENT_BYTES + 2**18) // (
            COPIES * len(LARGE)
        )
        found, code = await heard(slow)
        assert code == websocket_protocol.TOO_SLOW
        assert found == list(range(begun + 1, begun + 1 + len(found)))
        again = await socket.subscribe(QUERY, a=found[-1] if found else begun)
        await acme.check_in("macros", 2)
        rest = await again.take(await acme.seq() - begun - len(found))
        assert rest[-1]["seq"] == await acme.seq()


async def test_the_clients_of_a_token_leave_only_so_much_unread_together(
    api: Server, acme: Acme, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(unread_limits, "MAX_UNREAD_EVENT_BYTES_PER_TOKEN", 8 * COPIES * len(LARGE))
    other = await acme.tokens.create(acme.organization.id, name="other", scopes=[Scope.READ])
    async with api.socket(acme.token) as socket, api.socket(other) as honest:
        events, theirs = await socket.subscribe(QUERY), await honest.subscribe(QUERY)
        slow = []
        for _ in range(12):
            async with subscription_started(api.app_services):
                slow.append(await inattentive(api, acme.token))
        for value in range(3):
            await acme.check_in("macros", value, note=LARGE)
            assert (await events.next())["seq"] == (await theirs.next())["seq"] == await acme.seq()
        assert api.sockets
        executors = api.sockets.executors
        actor = await api.app_services.tokens.actor(acme.token)
        assert executors.limiters.unread.sums.get(actor.token_id, 0) <= 9 * COPIES * len(LARGE)
        # 1006: aborted, if it does not read the close frame either
        assert (await heard(slow[0]))[1] in (websocket_protocol.TOO_SLOW, 1006)
        for one in slow:
            one.transport.abort()
    await alone(api, 0)
    assert not executors.limiters.unread.sums


async def test_a_client_that_only_pings_is_dropped_too(
    api: Server, acme: Acme, monkeypatch: pytest.MonkeyPatch
):
    # Allow no unsent bytes: with full socket buffers, Linux may drop incoming data for seconds.
    monkeypatch.setattr(websocket_protocol, "MAX_UNSENT_BYTES", 0)
    monkeypatch.setattr(websocket_limits, "MAX_FRAME_BURST", 1_000_000)
    for kind in ("message", "frame"):
        slow = await inattentive(api, acme.token)
        await alone(api, 1)
        assert api.sockets
        async with asyncio.timeout(PATIENCE_S):
            while api.sockets.conversations:
                try:
                    for _ in range(100):
                        await (say(slow, type="ping") if kind == "message" else slow.ping())
                        await asyncio.sleep(0)  # let the server run, which shares this event loop
                except websockets.ConnectionClosed:
                    break
        await alone(api, 0)
        assert (await heard(slow))[1] in (websocket_protocol.TOO_SLOW, 1006)


async def test_whoever_catches_up_without_reading_is_waited_for_and_then_dropped(
    api: Server, acme: Acme, monkeypatch: pytest.MonkeyPatch
):
    begun = await acme.seq()
    for value in range(10):
        await acme.check_in("macros", value, note=LARGE)
    slow = await inattentive(api, acme.token, begun)
    found, _ = await asyncio.wait_for(_until(slow, begun + 10), PATIENCE_S)
    assert found == list(range(begun + 1, begun + 11))
    monkeypatch.setattr(websocket_protocol, "SEND_TIMEOUT_S", 0.05)
    slower = await inattentive(api, acme.token, begun)
    await slow.close()
    await alone(api, 0)
    found, code = await heard(slower)
    assert code == websocket_protocol.TOO_SLOW
    assert len(found) < 10


async def _until(connection: websockets.ClientConnection, seq: int) -> tuple[list[int], None]:
    connection.transport.resume_reading()
    found: list[int] = []
    async for text in connection:
        found += position_in(text)
        if found[-1] == seq:
            break
    return found, None


async def test_a_connection_is_cut_when_its_client_does_not_read_the_end_either(
    api: Server, acme: Acme, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(websocket_protocol, "MAX_UNSENT_BYTES", SMALL)
    monkeypatch.setattr(websocket_protocol, "CLOSE_TIMEOUT_S", 0.05)
    async with subscription_started(api.app_services):
        slow = await inattentive(api, acme.token)
    for value in range(4):
        await acme.check_in("macros", value, note=LARGE)
    async with asyncio.timeout(PATIENCE_S):
        while any(isinstance(one, websocket_protocol.BufferedWebSocket) for one in api.connections):
            await acme.seq()
    assert (await heard(slow))[1] == 1006


async def test_a_server_that_is_told_to_stop_waits_for_nobody_who_does_not_read(acme: Acme, acme_url: str):
    begun = await acme.seq()
    for value in range(8):
        await acme.check_in("macros", value, note=LARGE)
    async with serving_apart(acme_url) as served:
        slow = await inattentive(served, acme.token, begun)
        async with served.socket(acme.token) as socket:
            assert len(await (await socket.subscribe(QUERY, a=begun)).take(8)) == 8
        assert served.process
        told = time.monotonic()
        served.process.terminate()
        async with asyncio.timeout(PATIENCE_S):
            assert await served.process.wait() == 0
        assert time.monotonic() - told < GRACEFUL_SHUTDOWN_S
        slow.transport.abort()
    assert not re.search("graceful shutdown exceeded", "".join(served.log))
