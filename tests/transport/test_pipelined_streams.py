"""A request pipelined behind an event stream does not prevent the stream from ending."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.acme import Acme
from tests.serving import PATIENCE_S, Server, serving, subscription_started

CHANGES = "subscription { changes { seq } }"


def request(token: str, query: str, accept: str) -> bytes:
    """Return the bytes of a POST request."""
    body = json.dumps({"query": query})
    return (
        f"POST /graphql HTTP/1.1\r\nHost: okr\r\nAuthorization: Bearer {token}\r\nAccept: {accept}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


@asynccontextmanager
async def pipelined(served: Server, token: str) -> AsyncIterator[asyncio.StreamWriter]:
    """Open a connection with an event stream and a request queued behind it."""
    host, _, port = served.address.removeprefix("http://").partition(":")
    async with subscription_started(served.app_services):
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(request(token, CHANGES, "text/event-stream") + request(token, "{ seq }", "*/*"))
    try:
        yield writer
    finally:
        writer.close()


@pytest.mark.parametrize("is_stopped", (True, False), ids=("the server stops", "the client goes"))
async def test_a_stream_ends_though_another_request_waits_behind_it(
    is_stopped: bool, acme: Acme, acme_url: str, caplog: pytest.LogCaptureFixture
):
    async with serving(acme_url) as served, pipelined(served, acme.token) as writer:
        assert served.sockets
        assert len(served.sockets.watch.holders) == 1
        if is_stopped:
            for connection in list(served.connections):
                connection.shutdown()
        else:
            writer.transport.abort()
        async with asyncio.timeout(PATIENCE_S):
            while served.sockets.watch.holders:
                await acme.person("Somebody")
    assert [one for one in caplog.records if one.exc_info or one.levelno > logging.WARNING] == []
