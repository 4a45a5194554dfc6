"""Clients of the MCP server: the official SDK's, by either generation of its protocol, and single messages.

async with serving(acme_url, mcp=True) as server, mcp_client(server, token) as client:
    result = await client.call_tool("get_viewer", {})
"""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client

from tests.serving import PATIENCE_S, Server

ERAS = ("auto", "legacy")  # the newest version of the protocol, and the handshake of those before
HEADERS = {"accept": "application/json, text/event-stream", "content-type": "application/json"}


@asynccontextmanager
async def mcp_client(server: Server, token: str, era: str = "auto") -> AsyncIterator[Client]:
    """Connect the SDK's client to a server, by its URL and a token."""
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=PATIENCE_S, verify=False, trust_env=False) as http,
        Client(streamable_http_client(f"{server.address}/mcp", http_client=http), mode=era) as client,
    ):
        yield client


async def send_message(
    server: Server, token: str | None, body: Any, headers: Mapping[str, str] | None = None
) -> httpx2.Response:
    """Send one message, as bytes or as what is written as JSON; return the response."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await server.client(token).http.post(
        "/mcp", headers={**HEADERS, **(headers or {})}, content=content
    )


def message_of(method: str, **params: Any) -> dict[str, Any]:
    """Return a JSON-RPC request."""
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


def call_of(tool: str, **arguments: Any) -> dict[str, Any]:
    """Return the JSON-RPC request of a tool call."""
    return message_of("tools/call", name=tool, arguments=arguments)
