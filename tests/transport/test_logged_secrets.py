"""Tokens sent in every part of a request do not appear in the log of a server at debug level."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import websockets

from okr_api.auth.actor import Scope
from tests.acme import Acme
from tests.serving import PATIENCE_S, Server, serving_apart

JSON = {"Content-Type": "application/json"}
PIECE = 8  # characters: the shortest part of a token that must not be logged
WRONG = "okr_" + "".join(chr(ord("A") + n % 26) + str(n % 10) for n in range(24))
SEQ = {"query": "{ seq }"}
TITLED = "query ($t: String) { objectives(filter: {title: {contains: $t}}) { totalCount } }"


def pieces(token: str) -> set[str]:
    """Return all parts of a token that are `PIECE` characters long."""
    secret = token.removeprefix("okr_")
    return {secret[start : start + PIECE] for start in range(len(secret) - PIECE + 1)}


def over_http(token: str) -> list[dict[str, Any]]:
    """Return requests that carry a token, each in another place."""
    bearer = {**JSON, "Authorization": f"Bearer {token}"}
    body = json.dumps({**SEQ, "variables": {"token": token}})
    return [
        {"headers": bearer, "json": SEQ},
        {"headers": {**bearer, "Accept": "text/event-stream"}, "json": SEQ},
        {"headers": {**JSON, "Authorization": token}, "json": SEQ},
        {"headers": {**JSON, "Authorization": f"Basic {token}"}, "json": SEQ},
        {"headers": {**JSON, "X-Token": token, "Cookie": f"token={token}"}, "json": SEQ},
        {"headers": {**bearer, "Origin": f"https://{token}.example"}, "json": SEQ},
        {"headers": {**bearer, "Last-Event-ID": token, "Accept": "text/event-stream"}, "json": SEQ},
        {"headers": bearer, "params": {"token": token, "access_token": token}, "json": SEQ},
        {"headers": bearer, "method": "GET", "params": {"query": "{ seq }", "authorization": token}},
        {"headers": bearer, "method": "GET", "url": f"/graphql/{token}"},
        {"headers": bearer, "method": "PUT", "url": f"/graphql?token={token}"},
        {"headers": bearer, "content": body.encode()},
        {"headers": bearer, "content": body.encode()[:-1]},
        {"headers": {**bearer, "Content-Type": "multipart/form-data; boundary=x"}, "content": f"--x\r\n{token}".encode()},
        {"headers": bearer, "json": {"query": f'{{ objective(id: "{token}") {{ id }} }}'}},
        {"headers": bearer, "json": {"query": f"{{ {token} }}"}},
        {"headers": bearer, "json": {"query": TITLED, "variables": {"t": token}}},
        {"headers": bearer, "json": {"query": TITLED, "variables": {"t": [token]}}},
        {"headers": bearer, "json": {"documentId": token}},
        {"headers": bearer, "json": {**SEQ, "operationName": token}},
        {"headers": bearer, "json": {**SEQ, "extensions": {"persistedQuery": {"sha256Hash": token}}}},
    ]  # fmt: skip


async def over_a_socket(served: Server, token: str, query: str, **headers: str) -> None:
    """Send a token in every message of a WebSocket connection and in its opening request."""
    url = served.address.replace("http", "ws") + f"/graphql{query}"
    protocols = [websockets.Subprotocol("graphql-transport-ws")]
    variables = {"token": token}
    operation = {"id": token, "type": "subscribe", "payload": {**SEQ, "variables": variables}}
    with suppress(websockets.ConnectionClosed, websockets.InvalidStatus):
        async with websockets.connect(
            url, subprotocols=protocols, proxy=None, additional_headers=headers
        ) as connection:
            init = {"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}}
            await connection.send(json.dumps(init))
            await connection.recv()
            await connection.send(json.dumps(operation))
            await connection.recv()
            await connection.recv()
            await connection.send(json.dumps(operation)[:-1] + f', "x": NaN, "token": "{token}"}}')
            await connection.recv()
            await connection.send(json.dumps({"type": "ping", "payload": variables}))
            await connection.recv()
            await connection.send(json.dumps({"type": token}))
            await connection.recv()


async def test_a_token_is_never_logged_wherever_it_was_sent(acme: Acme, acme_url: str):
    known = await acme.tokens.create(acme.organization.id, name="t", scopes=[Scope.READ])
    async with serving_apart(
        acme_url, OKR_LOG_LEVEL="debug", OKR_ALLOWED_ORIGINS="https://a.example"
    ) as served:
        http = served.client(None).http
        async with asyncio.timeout(PATIENCE_S):
            for token in (known, WRONG):
                for request in over_http(token):
                    await http.request(**{"method": "POST", "url": "/graphql", **request})
                for query in ("", f"?token={token}", f"/{token}"):
                    await over_a_socket(served, token, query, Cookie=f"token={token}")
                await over_a_socket(served, token, f"?token={token}", Origin=f"https://{token}.example")
                await _broken_http(served, token)
        last = {"Authorization": f"Bearer {known}", **JSON}
        assert (await http.post("/graphql", headers=last, json=SEQ)).json()["data"]
        assert served.process
        served.process.terminate()
        await served.process.wait()
    log = "".join(served.log)
    assert "DEBUG" in log
    for token in (known, WRONG):
        assert [piece for piece in pieces(token) if piece in log] == []


async def _broken_http(served: Server, token: str) -> None:
    """Send invalid HTTP that contains a token."""
    host, port = served.address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"POST /graphql?{token} HTTP/9.{token}\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/json" in answer
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    writer.close()
