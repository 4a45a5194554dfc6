"""Limits on connections without a token: head size and deadlines; well-behaved clients are served."""

import asyncio
import socket as sockets
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from okr_api.transport import http_limits
from okr_api.transport.http_limits import MAX_HEAD_BYTES
from tests.acme import Acme
from tests.serving import PATIENCE_S, Server, serving

SOON_S = 0.2
HONEST_S = 1.0


@pytest.fixture
async def api(acme_url: str) -> AsyncIterator[Server]:
    async with serving(acme_url) as running:
        yield running


@asynccontextmanager
async def connected(
    served: Server, *, receive_buffer: int | None = None
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Open a raw connection."""
    host, port = served.address.removeprefix("http://").split(":")
    made = sockets.socket()
    if receive_buffer is not None:
        made.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, receive_buffer)
    made.setblocking(False)
    await asyncio.get_running_loop().sock_connect(made, (host, int(port)))
    reader, writer = await asyncio.open_connection(sock=made)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def rest_of(reader: asyncio.StreamReader) -> bytes:
    """Read until the server closes the connection."""
    async with asyncio.timeout(PATIENCE_S):
        return await reader.read()


def head(size: int, *, line: bytes = b"GET /health/live HTTP/1.1") -> bytes:
    """Return a request whose head has `size` bytes."""
    start = line + b"\r\nhost: x\r\nconnection: close\r\nx-filler: "
    return start + b"a" * (size - len(start) - 4) + b"\r\n\r\n"


async def test_a_head_has_at_most_16_kib(api: Server):
    async with connected(api) as (reader, writer):
        writer.write(head(MAX_HEAD_BYTES))
        assert (await rest_of(reader)).startswith(b"HTTP/1.1 200 OK")
    for sent in (head(MAX_HEAD_BYTES + 1), head(400_000), b"GET /" + b"a" * MAX_HEAD_BYTES, b"\r\n" * 9_000):
        async with connected(api) as (reader, writer):
            writer.write(sent)
            answer = await rest_of(reader)
            assert answer.startswith(b"HTTP/1.1 431 ")
            assert b'"code": "TOO_LARGE"' in answer


async def test_a_head_that_never_ends_is_refused_while_others_are_served(api: Server, acme: Acme):
    client = api.client(acme.token)
    await client.ask("{ seq }")

    async def flood() -> bytes:
        async with connected(api) as (reader, writer):
            writer.write(b"GET / HTTP/1.1\r\nx: ")
            try:
                for _ in range(200):
                    writer.write(b"a" * 100_000)
                    await writer.drain()
            except ConnectionError:
                return b"cut"
            return await rest_of(reader)

    flooding = asyncio.create_task(flood())
    slowest = 0.0
    while not flooding.done():
        begun = time.monotonic()
        await client.ask("{ seq }")
        slowest = max(slowest, time.monotonic() - begun)
    assert flooding.result() == b"cut" or flooding.result().startswith(b"HTTP/1.1 431 ")
    assert slowest < HONEST_S


async def test_trailers_and_chunk_extensions_have_at_most_16_kib(api: Server, acme: Acme):
    start = (
        b"POST /graphql HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n"
        b"authorization: Bearer " + acme.token.encode() + b"\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    chunk = b'11\r\n{"query":"{seq}"}\r\n0'
    async with connected(api) as (reader, writer):
        writer.write(start + chunk + b"\r\nx-trailer: a\r\n\r\n")
        assert (await rest_of(reader)).startswith(b"HTTP/1.1 200 OK")
    for filler in (b"\r\nx-trailer: ", b";extension="):
        async with connected(api) as (reader, writer):
            writer.write(start + chunk + filler + b"a" * 3 * MAX_HEAD_BYTES)
            assert (await rest_of(reader)).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("sent", (b"", b"GET / HTTP/1.1\r\nx: a", b"GET /health/live HTTP/1.1\r\n\r\nGET /"))
async def test_a_head_arrives_within_ten_seconds(sent: bytes, api: Server, monkeypatch: pytest.MonkeyPatch):
    assert http_limits.HEAD_TIMEOUT_S == 10
    monkeypatch.setattr(http_limits, "HEAD_TIMEOUT_S", SOON_S)
    async with connected(api) as (reader, writer):
        writer.write(sent)
        answer = await rest_of(reader)
        assert (b"HTTP/1.1 408 " in answer) is (sent != b"")


@pytest.mark.parametrize("is_known", (True, False))
async def test_a_body_arrives_within_thirty_seconds(
    is_known: bool, api: Server, acme: Acme, monkeypatch: pytest.MonkeyPatch
):
    assert http_limits.BODY_TIMEOUT_S == 30
    monkeypatch.setattr(http_limits, "BODY_TIMEOUT_S", SOON_S)
    token = acme.token if is_known else "okr_unknown"
    async with connected(api) as (reader, writer):
        writer.write(
            f"POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n"
            'content-type: application/json\r\ncontent-length: 100\r\n\r\n{"query": '.encode()
        )
        answer = await rest_of(reader)
        assert answer.startswith(b"HTTP/1.1 408 " if is_known else b"HTTP/1.1 401 ")
        assert b"200 OK" not in answer


def is_admitted(connection: Any) -> bool:
    """Return whether a request is admitted and the received part of its body has been read."""
    return connection.cycle is not None and not connection.cycle.body


async def test_requests_whose_last_bytes_come_together_share_one_allowance(acme_url: str, acme: Acme):
    body = b'{"query": "{ objectives(first: 100) { nodes { id } } }"}'
    start = (
        b"POST /graphql HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n"
        b"authorization: Bearer " + acme.token.encode() + b"\r\ncontent-length: "
    )
    async with serving(acme_url, rate_limit=10) as served, AsyncExitStack() as stack:
        held = [await stack.enter_async_context(connected(served)) for _ in range(20)]
        for _, writer in held:
            writer.write(start + str(len(body)).encode() + b"\r\n\r\n" + body[:-1])
        async with asyncio.timeout(PATIENCE_S):
            while sum(is_admitted(one) for one in served.connections) < 20:  # noqa: ASYNC110
                await asyncio.sleep(0)
        for _, writer in held:
            writer.write(body[-1:])
        answers = [await rest_of(reader) for reader, _ in held]
        assert all(answer.startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 429 ")) for answer in answers)
        assert 0 < sum(answer.startswith(b"HTTP/1.1 200 ") for answer in answers) < 10


async def test_an_answer_is_read_within_thirty_seconds(
    acme_url: str, acme: Acme, monkeypatch: pytest.MonkeyPatch
):
    assert http_limits.UNREAD_TIMEOUT_S == 30
    monkeypatch.setattr(http_limits, "UNREAD_TIMEOUT_S", SOON_S)
    async with (
        serving(acme_url, send_buffer=4_096) as served,
        connected(served, receive_buffer=4_096) as (_, writer),
    ):
        writer.transport.pause_reading()
        query = "{ " + " ".join(f"s{i}: __schema {{ types {{ name description }} }}" for i in range(8)) + " }"
        body = ('{"query": "' + query + '"}').encode()
        writer.write(
            b"POST /graphql HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n"
            b"authorization: Bearer "
            + acme.token.encode()
            + b"\r\ncontent-length: "
            + str(len(body)).encode()
            + b"\r\n\r\n"
            + body
        )
        client = served.client(acme.token)
        async with asyncio.timeout(PATIENCE_S):
            await client.ask("{ seq }")
            while any(one.client == writer.get_extra_info("sockname") for one in served.connections):
                await client.ask("{ seq }")
