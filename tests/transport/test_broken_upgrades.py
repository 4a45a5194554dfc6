"""Invalid WebSocket upgrade requests: each gets a response and leaves nothing that disturbs a shutdown."""

import asyncio
import json
import logging

import pytest

from tests.serving import PATIENCE_S, Server, serving

UPGRADE = (
    "Host: okr\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n"
)
BROKEN = {
    "another method": f"POST /graphql HTTP/1.1\r\n{UPGRADE}Content-Length: 2\r\n\r\n{{}}",
    "a long header": f"GET /graphql HTTP/1.1\r\n{UPGRADE}Cookie: {'a' * 9_000}\r\n\r\n",
    "many headers": f"GET /graphql HTTP/1.1\r\n{UPGRADE}{''.join(f'X-{n}: 1{chr(13)}{chr(10)}' for n in range(200))}\r\n",
    "a long URL": f"GET /graphql?a={'a' * 9_000} HTTP/1.1\r\n{UPGRADE}\r\n",
}


async def answer(served: Server, request: str) -> bytes:
    """Send a request and return everything received until the server closes the connection."""
    host, _, port = served.address.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(request.encode())
        async with asyncio.timeout(PATIENCE_S):
            return await reader.read()
    finally:
        writer.close()


@pytest.mark.parametrize("what", BROKEN)
async def test_what_is_no_handshake_is_answered_and_does_not_break_a_stop(
    what: str, acme_url: str, caplog: pytest.LogCaptureFixture
):
    async with serving(acme_url) as served:
        head, _, body = (await answer(served, BROKEN[what])).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 ")
        assert b"content-type: application/json" in head
        [error] = json.loads(body)["errors"]
        assert error["extensions"]["code"] == "BAD_REQUEST"
        assert "websocket" in error["message"]
        async with asyncio.timeout(PATIENCE_S):
            while served.connections:  # noqa: ASYNC110  uvicorn has no event for it
                await asyncio.sleep(0)
    assert [one for one in caplog.records if one.exc_info or one.levelno > logging.WARNING] == []
