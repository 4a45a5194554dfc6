"""No client input besides documents blocks the event loop for more than 50 ms of CPU time.

Each of these once blocked it for longer; those with quotes, for seconds to an hour.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import websockets

from tests.loop_blocks import MAX_BLOCK_S, least_block
from tests.serving import PROTOCOL, Server

MANY = "mutation ($input: CheckInRecordManyInput!) { checkInRecordMany(input: $input) { seq errors { code } results { index checkIn { id } errors { message } } } }"
OR = "query ($or: [ObjectiveFilter!]) { objectives(filter: { or: $or }) { totalCount } }"
ERRORS = " ".join(f"a{i}: objective {{ id }}" for i in range(50))


def _request(query: str, **variables: Any) -> bytes:
    return json.dumps({"query": query, "variables": variables}).encode()


def _of_a(inner: bytes) -> bytes:
    return b'{"query": "{ seq }", "variables": {' + inner + b"}}"


def _items(**item: Any) -> Any:
    return {"items": [item] * 1_000}


QUOTES = '\\"' * 490_000
REQUESTS: dict[str, bytes] = {
    "quotes without an end in JSON": b"[" * 20_001 + b'"' + QUOTES.encode(),
    "quotes without an end in a document": _request("{}" * 101 + '"' + '\\"' * 15_500),
    "quotes without an end in a message": _request(MANY, input={"items": [], "'" + QUOTES.replace('"', "'")[:400_000] + " None": 1}),
    "quotes in fifty messages": _request(MANY, input={"items": [{"'" + "\\'" * 95 + " None": 1}] * 60}),
    "numbers beside depth": _of_a(b'"b": ' + b"[" * 80 + b"]" * 80 + b', "a": [' + b"1," * 499_000 + b"1]"),
    "numbers beside lists": _of_a(b'"b": [' + b"[]," * 70 + b'1], "a": [' + b"1," * 499_000 + b"1]"),
    "numbers": _of_a(b'"a": [' + b"1," * 499_000 + b"1]"),
    "no JSON": _of_a(b'"a": [' + b"1," * 499_000 + b"NaN]"),
    "a long number": _of_a(b'"a": ' + b"9" * 1_000_000),
    "fields": _of_a(b'"a": {' + b",".join(b'"%d":1' % i for i in range(90_000)) + b"}"),
    "brackets": _of_a(b'"a": ' + b"[" * 500_000 + b"]" * 500_000),
    "check-ins of nothing": _request(MANY, input=_items()),
    "unknown check-ins": _request(MANY, input=_items(keyResult={"externalId": "nope"}, value=5)),
    "check-ins": _request(MANY, input=_items(keyResult={"externalId": "macros"}, value=5, note="n" * 500)),
    "wrong check-ins": _request(MANY, input=_items(keyResult={"id": 5.5}, value="x", note=3, effectiveAt="y", no=1)),
    "filters": _request(OR, **{"or": [{"title": {"eq": "a"}}] * 590}),
    "wrong filters": _request(OR, **{"or": [{"title": {"eq": 5}, "no": 3}] * 590}),
    "ids": _request("query ($i: [ID!]!) { nodes(ids: $i) { id __typename } }", i=[f"obj_{i:032x}" for i in range(100)]),
    "a wrong enum": _request("query ($f: ObjectiveFilter) { objectives(filter: $f) { totalCount } }", f={"status": {"in": ["x" * 800] * 1_000}}),
    "fifty errors": _request(f"{{{ERRORS}}}"),
    "fifty errors in many lines": _request("{" + "\n" * 4_900 + ERRORS + "}"),
    "fifty errors, each of many places": _request("{" + " ".join(f"a{i % 50}: objective {{ id }}" for i in range(99)) + "objective { id }" * 250 + "}"),
    "commas between media types": _request("{ seq }"),
}  # fmt: skip
Send = Callable[[Server, str, bytes], Awaitable[None]]


async def post(server: Server, token: str, body: bytes) -> None:
    """Send a body by POST."""
    response = await server.client(token).http.post(
        "/graphql", content=body, headers={"content-type": "application/json"}
    )
    assert response.status_code in (200, 400)


async def stream(server: Server, token: str, body: bytes) -> None:
    """Send a body as an event-stream request with a 12 kB Accept header."""
    accept = "text/event-stream" + ",a/b" * 3_000
    response = await server.client(token).http.post(
        "/graphql", content=body, headers={"content-type": "application/json", "accept": accept}
    )
    assert response.status_code in (200, 400)


async def socket(server: Server, token: str, body: bytes) -> None:
    """Send a body in a WebSocket message; the server may close the socket."""
    async with server.connect(PROTOCOL) as connection:
        await connection.send(
            json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}})
        )
        await connection.recv()
        try:
            await connection.send('{"id": "1", "type": "subscribe", "payload": ' + body.decode() + "}")
            await connection.recv()
        except websockets.ConnectionClosed as fault:
            closed = fault.rcvd
        else:
            return
        assert closed is not None
        assert closed.code in (4400, 1009)


WAYS: dict[str, Send] = {"POST": post, "event stream": stream, "websocket": socket}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("what", REQUESTS)
async def test_a_request_holds_the_loop_for_50_ms_at_most(what: str, way: str, unlimited: tuple[Server, str]):
    assert len(REQUESTS[what]) < 2**20
    block = await least_block(lambda: WAYS[way](*unlimited, REQUESTS[what]))
    assert block.seconds < MAX_BLOCK_S, block
