"""`okr-api serve` with OKR_MCP=on: several processes and clients, and what its log says of them."""

import asyncio

import pytest
from mcp_types import CallToolResult

from okr_api.auth.actor import Scope
from tests.acme import Acme
from tests.mcp_client import ERAS, call_of, mcp_client, message_of, send_message
from tests.serving import PATIENCE_S, Server, serving_apart

CHECK_IN = {"keyResult": {"externalId": "macros"}, "value": 5}


async def retried(server: Server, token: str, era: str, killed: Server) -> CallToolResult:
    """Check in at a server that is killed then, and again at another; return the second result."""
    async with mcp_client(killed, token, era) as client:
        first = await client.call_tool("record_check_in", CHECK_IN)
        assert not first.is_error
        assert killed.process
    killed.process.kill()
    await killed.process.wait()
    async with mcp_client(server, token, era) as client:
        return await client.call_tool("record_check_in", CHECK_IN)


@pytest.mark.parametrize("era", ERAS)
async def test_a_call_is_counted_once_when_its_server_is_killed(acme: Acme, acme_url: str, era: str):
    token = await acme.tokens.create(acme.organization.id, name="assistant", scopes=[Scope.CHECK_IN])
    async with (
        serving_apart(acme_url, OKR_MCP="on") as killed,
        serving_apart(acme_url, OKR_MCP="on") as server,
    ):
        again = await retried(server, token, era, killed)
    assert again.structured_content["checkInRecord"]["replayed"] is True
    assert await acme.fetch("select value from check_in") == [{"value": 5.0}]


async def test_neither_messages_nor_what_they_contain_are_logged(acme: Acme, acme_url: str):
    said = "mentioned-nowhere-else"
    messages = [
        call_of("create_comment", text=said, on=5),
        call_of(said),
        message_of("tools/call", name=5, other=said),
        {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"other": said}},
        {"jsonrpc": "2.0", "id": {said: 1}, "method": said},
        {"jsonrpc": "2.0", "id": 1, "result": {"other": said}},
        [said],
    ]
    async with serving_apart(acme_url, OKR_MCP="on", OKR_LOG_LEVEL="debug") as server:
        statuses = {(await send_message(server, acme.token, message)).status_code for message in messages}
        modern = {"mcp-protocol-version": said, "mcp-method": said, "mcp-name": said}
        for message in messages:
            statuses.add((await send_message(server, acme.token, message, modern)).status_code)
        assert server.process
        server.process.terminate()
        async with asyncio.timeout(PATIENCE_S):
            await server.process.wait()
    assert statuses <= {200, 202, 400}
    assert server.log
    assert [line for line in server.log if said in line or acme.token in line or " mcp." in line] == []
