"""Responses are written in one piece and are complete HTTP wherever that matters."""

import asyncio
import json
import re
from collections.abc import AsyncIterator

import pytest

from okr_api.okr.entity import NodeType
from okr_api.query_engine.global_ids import encode_id
from okr_api.transport.http_protocol import COPIED_BYTES
from tests.acme import Acme
from tests.serving import COMPILED, PATIENCE_S, Server, serving

SEQ = "{ seq }"
LONG = "x" * 10_000


@pytest.fixture
async def served(acme_url: str) -> AsyncIterator[Server]:
    async with serving(acme_url) as running:
        yield running


def request(acme: Acme, query: str, *headers: str, version: str = "1.1") -> bytes:
    """Return the bytes of a POST request."""
    body = json.dumps({"query": query})
    lines = (
        f"POST /graphql HTTP/{version}",
        "Host: okr",
        f"Authorization: Bearer {acme.token}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *headers,
    )
    return ("\r\n".join(lines) + f"\r\n\r\n{body}").encode()


async def answered(served: Server, sent: bytes) -> bytes:
    """Send bytes and return everything received until the server closes the connection."""
    host, _, port = served.address.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(sent)
        async with asyncio.timeout(PATIENCE_S):
            return await reader.read()
    finally:
        writer.close()


def parsed(response: bytes) -> tuple[str, dict[str, str], dict[str, object]]:
    """Return the status line, headers and JSON body of a response."""
    head, _, body = response.decode().partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    assert len(lines) == len(headers)
    assert int(headers["content-length"]) == len(body.encode())
    answer: dict[str, object] = json.loads(body)
    return first, headers, answer


async def test_a_connection_that_is_not_kept_is_closed_after_the_answer(served: Server, acme: Acme):
    first, headers, answer = parsed(await answered(served, request(acme, SEQ, "Connection: close")))
    assert (first, headers["connection"]) == ("HTTP/1.1 200 OK", "close")
    assert headers["content-type"] == "application/json"
    assert "date" in headers
    assert answer["data"] == {"seq": await acme.seq()}


async def test_an_old_client_gets_its_answer_and_the_end(served: Server, acme: Acme):
    _, headers, answer = parsed(await answered(served, request(acme, SEQ, version="1.0")))
    assert headers["connection"] == "close"
    assert answer["data"] == {"seq": await acme.seq()}


async def test_requests_in_one_piece_are_answered_in_their_order(served: Server, acme: Acme):
    keys = [f"a{number}" for number in range(5)]
    sent = [request(acme, f"{{ {key}: seq }}") for key in keys[:-1]]
    said = await answered(
        served, b"".join(sent) + request(acme, f"{{ {keys[-1]}: seq }}", "Connection: close")
    )
    assert re.findall(r'"(a\d)":', said.decode()) == keys


async def test_a_long_answer_is_whole(served: Server, acme: Acme):
    id = encode_id(NodeType.OBJECTIVE, acme.world.answer_fast)
    await served.client(acme.token).do("objectiveUpdate", "seq", objective={"id": id}, description=LONG)
    aliases = " ".join(f"a{number}: description" for number in range(9))
    query = f'{{ objective(externalId: "answer_fast") {{ {aliases} }} }}'
    _, _, answer = parsed(await answered(served, request(acme, query, "Connection: close")))
    assert len(json.dumps(answer)) > COPIED_BYTES
    assert answer["data"] == {"objective": {f"a{number}": LONG for number in range(9)}}


async def test_another_site_is_told_that_it_may_read_the_answer(acme: Acme, acme_url: str):
    async with serving(acme_url, allowed_origins=("https://okr.example",)) as served:
        sent = request(acme, SEQ, "Origin: https://okr.example", "Connection: close")
        _, headers, answer = parsed(await answered(served, sent))
    assert headers["access-control-allow-origin"] == "https://okr.example"
    assert answer["data"] == {"seq": await acme.seq()}


@pytest.mark.skipif(not COMPILED, reason="answers by graphql-core are written by the framework")
async def test_a_client_that_takes_the_newer_media_type_gets_it(served: Server, acme: Acme):
    kind = "application/graphql-response+json"
    _, headers, _ = parsed(await answered(served, request(acme, SEQ, f"Accept: {kind}", "Connection: close")))
    assert headers["content-type"] == kind
