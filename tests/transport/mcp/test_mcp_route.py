"""The route `/mcp`: who may send a message, what a message may be, and that none blocks the event loop."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from mcp_types import CallToolResult

from okr_api.auth.rate_limit import BURST_S
from okr_api.transport.mcp.mcp_route import MAX_MCP_BODY_BYTES, MCP_REQUEST_COST, MESSAGE_BYTES_PER_COST
from okr_api.transport.mcp.message_refusals import RATE_LIMIT_EXCEEDED
from tests.acme import Acme
from tests.loop_blocks import MAX_BLOCK_S, least_block
from tests.mcp_client import ERAS, call_of, mcp_client, message_of, send_message
from tests.serving import Server, serving

MODERN = "2026-07-28"
META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "tests", "version": "0"},
}


def modern(message: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return a message of the newest version of the protocol, and its headers."""
    params = {**message["params"], "_meta": META}
    named = {"mcp-name": params["name"][:200]} if "name" in params else {}
    return {**message, "params": params}, {
        "mcp-protocol-version": MODERN,
        "mcp-method": message["method"][:200],
        **named,
    }


async def test_it_is_off_unless_asked_for(acme_url: str, acme: Acme):
    async with serving(acme_url) as server:
        response = await send_message(server, acme.token, message_of("tools/list"))
    assert response.status_code == 404


@pytest.mark.parametrize("token", (None, "okr_" + "x" * 44))
async def test_a_message_needs_a_token(tools: tuple[Server, str], token: str | None):
    response = await send_message(tools[0], token, message_of("tools/list"))
    assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize("method", ("GET", "DELETE", "PUT"))
async def test_there_are_no_streams_and_no_sessions_to_hold(tools: tuple[Server, str], method: str):
    server, token = tools
    response = await server.client(token).http.request(
        method, "/mcp", headers={"accept": "text/event-stream"}
    )
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


async def test_an_initialized_client_gets_no_session(tools: tuple[Server, str]):
    params = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "t", "version": "0"},
    }
    response = await send_message(*tools, message_of("initialize", **params))
    assert response.headers["content-type"] == "application/json"
    assert "mcp-session-id" not in response.headers
    assert response.json()["result"]["protocolVersion"] == "2025-06-18"
    told = await send_message(*tools, {"jsonrpc": "2.0", "method": "notifications/initialized"})
    assert (told.status_code, told.content) == (202, b"")


@pytest.mark.parametrize("is_modern", (True, False))
async def test_a_message_to_listen_is_answered_at_once(tools: tuple[Server, str], is_modern: bool):
    message = message_of("subscriptions/listen", notifications={"toolsListChanged": True})
    sent, headers = modern(message) if is_modern else (message, {})
    response = await send_message(*tools, sent, headers)
    assert response.json()["error"]["message"] == "Method not found"


async def test_a_page_of_another_origin_is_rejected(acme_url: str, acme: Acme):
    async with serving(acme_url, mcp=True, allowed_origins=("https://okr.example.com",)) as server:
        foreign = await send_message(
            server, acme.token, message_of("tools/list"), {"origin": "https://evil.example.com"}
        )
        own = await send_message(
            server, acme.token, message_of("tools/list"), {"origin": "https://okr.example.com"}
        )
        asked = {
            "origin": "https://okr.example.com",
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization,content-type,mcp-protocol-version,mcp-method,mcp-name",
        }
        preflight = await server.client(None).http.options("/mcp", headers=asked)
    assert foreign.status_code == 403
    assert foreign.json()["error"] == {
        "code": -32600,
        "message": "The origin https://evil.example.com is not allowed: add it to OKR_ALLOWED_ORIGINS",
        "data": {"code": "FORBIDDEN"},
    }
    assert (own.status_code, own.headers["access-control-allow-origin"]) == (200, "https://okr.example.com")
    assert preflight.status_code == 200


async def test_a_message_has_at_most_128_kib(tools: tuple[Server, str]):
    fits = await send_message(*tools, json.dumps(message_of("tools/list")).encode().ljust(MAX_MCP_BODY_BYTES))
    assert fits.status_code == 200
    refused = await send_message(
        *tools, json.dumps(message_of("tools/list")).encode().ljust(MAX_MCP_BODY_BYTES + 1)
    )
    assert (refused.status_code, refused.json()["error"]["data"]) == (413, {"code": "TOO_LARGE"})


MALFORMED: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", -32700),
    "no JSON": (b"{", -32700),
    "numbers that are none": (b'{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": {"x": NaN}}', -32700),
    "half a character": (b'{"jsonrpc": "2.0", "id": 1, "method": "\\ud800"}', -32700),
    "depth": (b"[" * 1_000 + b"]" * 1_000, -32700),
    "too many lists": (b"[" + b"[]," * 20_001 + b"1]", -32600),
    "a batch": (b'[{"jsonrpc": "2.0", "id": 1, "method": "ping"}]', -32602),
    "a number": (b"5", -32602),
    "no method": (b'{"jsonrpc": "2.0", "id": 1}', -32602),
    "another protocol": (b'{"query": "{ seq }"}', -32602),
}


@pytest.mark.parametrize("name", MALFORMED)
async def test_what_is_no_message_is_rejected_in_the_form_of_the_protocol(
    tools: tuple[Server, str], name: str
):
    body, code = MALFORMED[name]
    response = await send_message(*tools, body)
    assert (response.status_code, response.json()["jsonrpc"]) == (400, "2.0")
    assert response.json()["error"]["code"] == code, response.json()
    assert "Traceback" not in response.text


@pytest.fixture
async def spent(acme_url: str, acme: Acme) -> AsyncIterator[tuple[Server, str]]:
    """Serve Acme; yield the server and a token whose rate limit is exceeded."""
    assert MCP_REQUEST_COST <= 20 * BURST_S
    async with serving(acme_url, mcp=True, rate_limit=MCP_REQUEST_COST // BURST_S) as server:
        for _ in range(2):  # it may overflow by one
            charged = await send_message(server, acme.token, message_of("ping"))
            assert "result" in charged.json()
        yield server, acme.token


@pytest.mark.parametrize("is_modern", (True, False))
async def test_a_call_over_the_rate_limit_is_a_result_that_says_when_to_retry(
    spent: tuple[Server, str], is_modern: bool
):
    sent, headers = modern(call_of("get_viewer")) if is_modern else (call_of("get_viewer"), {})
    response = await send_message(*spent, {**sent, "id": "seven"}, headers)
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    answer = response.json()
    assert answer["id"] == "seven"
    read = CallToolResult.model_validate(answer["result"])
    assert (read.is_error, read.result_type) == (True, "complete")
    [error] = read.structured_content["errors"]
    assert error["code"] == "RATE_LIMITED"
    assert error["retryAfter"] == int(response.headers["retry-after"]) >= 1
    assert f"Try again in {error['retryAfter']} seconds" in answer["result"]["content"][0]["text"]


@pytest.mark.parametrize("era", ERAS)
async def test_the_sdks_client_reads_the_result_of_a_call_over_the_rate_limit(
    acme_url: str, acme: Acme, era: str
):
    async with (
        serving(acme_url, mcp=True, rate_limit=10 * MCP_REQUEST_COST // BURST_S) as server,
        mcp_client(server, acme.token, era) as client,
    ):
        calls = [await client.call_tool("get_viewer", {}) for _ in range(12)]
    assert not calls[0].is_error
    assert calls[-1].structured_content["errors"][0]["code"] == "RATE_LIMITED"


@pytest.mark.parametrize("method", ("ping", "tools/list", "initialize", "nothing"))
async def test_another_request_over_the_rate_limit_is_an_error_of_the_protocol(
    spent: tuple[Server, str], method: str
):
    response = await send_message(*spent, message_of(method))
    assert (response.status_code, response.json()["id"]) == (200, 1)
    error = response.json()["error"]
    assert (error["code"], error["data"]["code"]) == (RATE_LIMIT_EXCEEDED, "RATE_LIMITED")
    assert error["data"]["retryAfter"] == int(response.headers["retry-after"]) >= 1


NO_REQUESTS: dict[str, bytes] = {
    "a notification": b'{"jsonrpc": "2.0", "method": "notifications/initialized"}',
    "no JSON": b"{",
    "a batch": b'[{"jsonrpc": "2.0", "id": 1, "method": "ping"}]',
    "an id that is none": b'{"jsonrpc": "2.0", "id": true, "method": "ping"}',
    "no method": b'{"jsonrpc": "2.0", "id": 1}',
    "too many bytes": json.dumps(message_of("ping")).encode().ljust(MAX_MCP_BODY_BYTES + 1),
}


@pytest.mark.parametrize("name", NO_REQUESTS)
async def test_what_is_no_request_gets_a_429_over_the_rate_limit(spent: tuple[Server, str], name: str):
    response = await send_message(*spent, NO_REQUESTS[name])
    assert response.status_code == 429
    assert int(response.headers["retry-after"]) >= 1


async def test_an_operation_beyond_the_rate_limit_is_a_result_that_says_when_to_retry(
    acme_url: str, acme: Acme
):
    async with serving(acme_url, mcp=True, rate_limit=MCP_REQUEST_COST // BURST_S) as server:
        body = json.dumps(call_of("record_check_in", keyResult={"externalId": "macros"}, value=5)).encode()
        response = await send_message(server, acme.token, body.ljust(2 * MESSAGE_BYTES_PER_COST))
    result = response.json()["result"]
    assert result["isError"] is True
    [error] = result["structuredContent"]["errors"]
    assert (error["code"], error["retryAfter"] >= 1) == ("RATE_LIMITED", True)
    assert f"Try again in {error['retryAfter']} seconds" in result["content"][0]["text"]
    assert await acme.fetch("select id from check_in") == []


async def test_tools_need_not_be_among_the_documents_that_an_operator_trusts(
    acme_url: str, acme: Acme, tmp_path: Path
):
    trusted = tmp_path / "trusted.json"
    trusted.write_text('{"seq": "{ seq }"}')
    async with serving(acme_url, mcp=True, trusted_documents=trusted, trusted_only=True) as server:
        response = await send_message(server, acme.token, call_of("get_viewer"))
    assert response.json()["result"]["structuredContent"]["viewer"]["name"] == "Ann"


LONG = "x" * (MAX_MCP_BODY_BYTES - 2_000)
ROOM = MAX_MCP_BODY_BYTES - 1_000
MESSAGES: dict[str, dict[str, Any]] = {
    "the list of tools": message_of("tools/list"),
    "a long text": call_of("create_comment", on={"objective": {"externalId": "never_down"}}, text=LONG),
    "many numbers": call_of("record_check_in", milestonesDone=[1] * (ROOM // 3)),
    "many texts": call_of("record_check_in", milestonesDone=["a"] * (ROOM // 5)),
    "many names": call_of("get_viewer", **{f"{n:05}": 1 for n in range(ROOM // 12)}),
    "many lists": call_of("coach_objective", draft={"keyResults": [[]] * 19_000}),
    "many objects": call_of("coach_objective", draft={"keyResults": [{}] * 19_000}),
    "depth": call_of("coach_objective", draft=json.loads("[" * 55 + "]" * 55)),
    "a long number": call_of("record_check_in", value=10**4_000),
    "a long method": message_of(LONG),
    "a long name of a tool": call_of(LONG),
    "many parameters": message_of("tools/list", **{f"{n:05}": [1] for n in range(ROOM // 14)}),
    "metadata": {**message_of("ping"), "params": {"_meta": {f"{n:05}": [1] for n in range(ROOM // 14)}}},
}  # fmt: skip


@pytest.mark.parametrize("is_modern", (True, False))
@pytest.mark.parametrize("name", MESSAGES)
async def test_no_message_blocks_anybody(tools: tuple[Server, str], name: str, is_modern: bool):
    sent, headers = modern(MESSAGES[name]) if is_modern else (MESSAGES[name], {})
    body = json.dumps(sent, separators=(",", ":")).encode()
    assert len(body) <= MAX_MCP_BODY_BYTES

    async def ask() -> None:
        response = await send_message(*tools, body, headers)
        assert response.status_code in (200, 400, 404), response.text

    longest = await least_block(ask)
    assert longest.seconds < MAX_BLOCK_S, longest
