"""Limits on messages of a WebSocket client: a budget, and next to nothing before `connection_init`."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import pytest
import websockets
from websockets.frames import Frame, Opcode

from okr_api.transport import websocket_limits
from tests.acme import Acme
from tests.serving import PATIENCE_S, Server, serving

HONEST_S = 1.0
PING = json.dumps({"type": "ping"})
FRAME = Frame(Opcode.PING, b"").serialize(mask=True)
EMPTY = Frame(Opcode.TEXT, b"").serialize(mask=True)
FRAGMENT = Frame(Opcode.CONT, b"x", fin=False).serialize(mask=True)


@pytest.fixture
async def api(acme_url: str) -> AsyncIterator[Server]:
    async with serving(acme_url) as running:
        yield running


def introduced(token: str, size: int = 0) -> str:
    """Return a `connection_init` message of at least `size` bytes."""
    message: dict[str, Any] = {
        "type": "connection_init",
        "payload": {"Authorization": f"Bearer {token}", "x": ""},
    }
    message["payload"]["x"] = "x" * (size - len(json.dumps(message)))
    return json.dumps(message)


async def closed_by(connection: websockets.ClientConnection) -> tuple[int | None, str | None]:
    """Return the code and reason with which the server closes."""
    async with asyncio.timeout(PATIENCE_S):
        with suppress(websockets.ConnectionClosed):
            async for _ in connection:
                pass
        await connection.wait_closed()
    return connection.close_code, connection.close_reason


async def let_in(connection: websockets.ClientConnection, token: str) -> None:
    await connection.send(introduced(token))
    assert json.loads(await connection.recv()) == {"type": "connection_ack"}


@pytest.mark.parametrize("kind", ("ping", "pong", "complete", "subscribe"))
async def test_before_connection_init_nothing_else_is_heard(kind: str, api: Server):
    async with api.connect() as connection:
        await connection.send(json.dumps({"type": kind, "id": "1", "payload": {"query": "{ seq }"}}))
        assert await closed_by(connection) == (4401, "Unauthorized")


async def test_connection_init_has_at_most_4_kib(api: Server, acme: Acme):
    size = websocket_limits.MAX_INIT_BYTES
    async with api.connect() as connection:
        await connection.send(introduced(acme.token, size))
        assert json.loads(await connection.recv()) == {"type": "connection_ack"}
        await connection.send(json.dumps({"type": "ping", "payload": {"x": "x" * 500_000}}))
        assert json.loads(await connection.recv()) == {"type": "pong"}
    async with api.connect() as connection:
        await connection.send(introduced(acme.token, size + 1))
        assert (await closed_by(connection))[0] == 1009


async def test_what_is_unfinished_before_connection_init_is_not_kept(api: Server):
    async with api.connect() as connection:
        unfinished = Frame(Opcode.TEXT, b"x" * 500_000).serialize(mask=True)
        connection.transport.write(unfinished[: websocket_limits.MAX_INIT_BYTES + 100])
        assert (await closed_by(connection))[0] == 1009


async def _flood(connection: websockets.ClientConnection, frames: bytes) -> None:
    with suppress(ConnectionError, websockets.ConnectionClosed):
        while connection.close_code is None and not connection.transport.is_closing():
            connection.transport.write(frames)
            await asyncio.sleep(0)


@pytest.mark.parametrize("is_let_in", (True, False))
@pytest.mark.parametrize("frame", (FRAME, EMPTY, FRAGMENT), ids=("frame", "empty", "fragment"))
async def test_a_socket_that_floods_is_closed_while_others_are_served(
    frame: bytes, is_let_in: bool, api: Server, acme: Acme
):
    client = api.client(acme.token)
    await client.ask("{ seq }")
    async with api.connect(ping_interval=None) as connection:
        if is_let_in:
            await let_in(connection, acme.token)
        if frame is FRAGMENT:
            connection.transport.write(Frame(Opcode.TEXT, b"x", fin=False).serialize(mask=True))
        flooding = asyncio.create_task(_flood(connection, frame * 10_000))
        closing = asyncio.create_task(closed_by(connection))
        slowest = 0.0
        while not closing.done():
            begun = time.monotonic()
            await client.ask("{ seq }")
            slowest = max(slowest, time.monotonic() - begun)
        await flooding
        assert closing.result()[0] in ((1008,) if frame is not EMPTY else (1008, 4400))
        assert slowest < HONEST_S


async def test_a_client_that_uses_all_it_may_is_served(api: Server, acme: Acme):
    async with api.connect() as connection:
        await let_in(connection, acme.token)
        for _ in range(websocket_limits.MAX_FRAME_BURST - 1):
            await connection.send(PING)
        for _ in range(websocket_limits.MAX_FRAME_BURST - 1):
            assert json.loads(await connection.recv()) == {"type": "pong"}


async def test_the_budget_is_refilled(api: Server, acme: Acme, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(websocket_limits, "MAX_FRAME_BURST", 10)
    monkeypatch.setattr(websocket_limits, "MAX_FRAMES_PER_S", 1_000_000)
    async with api.connect() as connection:
        await let_in(connection, acme.token)
        for _ in range(100):
            await connection.send(PING)
            assert json.loads(await connection.recv()) == {"type": "pong"}


async def test_a_message_arrives_within_thirty_seconds(
    api: Server, acme: Acme, monkeypatch: pytest.MonkeyPatch
):
    assert websocket_limits.MESSAGE_TIMEOUT_S == 30
    monkeypatch.setattr(websocket_limits, "MESSAGE_TIMEOUT_S", 0.2)
    unfinished: tuple[Callable[[], bytes], ...] = (
        lambda: Frame(Opcode.TEXT, b"x" * 500_000).serialize(mask=True)[:400_000],
        lambda: Frame(Opcode.TEXT, b"x" * 500_000, fin=False).serialize(mask=True),
    )
    for sent in unfinished:
        async with api.connect() as connection:
            await let_in(connection, acme.token)
            connection.transport.write(sent())
            assert (await closed_by(connection))[0] == 1008
