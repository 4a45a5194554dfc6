"""Event streams: event ids, Last-Event-ID, and the end of a stream on token revocation or shutdown."""

import asyncio
import json
import socket as sockets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any

import httpx2
import pytest

from okr_api.auth.actor import Scope
from okr_api.okr.check_in import MAX_NOTE_LENGTH
from okr_api.transport import sse, token_revalidation
from okr_api.transport.websocket_protocol import MAX_UNSENT_BYTES
from tests.acme import Acme
from tests.javascript.running import install
from tests.serving import COMPILED, PATIENCE_S, Server, serving, serving_apart, subscription_started

HEADERS = {"Accept": "text/event-stream"}
CHANGES = "subscription ($after: Seq) { changes(after: $after) { kind } }"
SMALL = 4096  # bytes, for socket buffers, which default to megabytes
COPIES = 20
LARGE = "note " * (MAX_NOTE_LENGTH // 5)
NOTES = (
    "subscription ($after: Seq) { changes(after: $after) { node { ... on CheckIn { "
    + " ".join(f"n{number}: note" for number in range(COPIES))
    + " } } } }"
)
AT_ONCE_S = 3.0  # a shutdown that waits for a stream takes 10 s


@dataclass
class Event:
    """An event of a stream."""

    kind: str
    id: str | None
    data: Any


@dataclass
class Stream:
    """An event-stream response, read event by event."""

    response: httpx2.Response
    lines: AsyncIterator[str]

    async def next(self) -> Event:
        """Read the next event."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(PATIENCE_S):
            while line := await anext(self.lines):
                name, _, value = line.partition(": ")
                fields[name] = value
        return Event(fields["event"], fields.get("id"), json.loads(fields["data"] or "null"))


@asynccontextmanager
async def streaming(
    served: Server, token: str, query: str = CHANGES, last: object = None, **variables: Any
) -> AsyncIterator[Stream]:
    """Open an event stream of an operation."""
    headers = HEADERS if last is None else {**HEADERS, "Last-Event-ID": str(last)}
    body = {"query": query, "variables": variables}
    async with served.client(token).http.stream("POST", "/graphql", json=body, headers=headers) as response:
        yield Stream(response, response.aiter_lines())


@pytest.fixture(params=sorted({COMPILED, False}), ids="compiled={}".format)
async def served(request: pytest.FixtureRequest, acme_url: str) -> AsyncIterator[Server]:
    async with serving(acme_url, compiled=request.param) as running:
        yield running


async def test_an_event_has_the_seq_of_its_change_as_id_whatever_is_selected(served: Server, acme: Acme):
    seq = await acme.seq()
    async with streaming(served, acme.token, after=seq - 2) as stream:
        caught_up = [await stream.next() for _ in range(2)]
        await acme.person("Somebody")
        events = [*caught_up, await stream.next()]
    assert [(one.kind, one.id) for one in events] == [("next", str(seq + n)) for n in (-1, 0, 1)]
    assert events[-1].data["data"] == {"changes": {"kind": "PERSON_CREATED"}}


@pytest.mark.parametrize(
    ("after", "last", "first"), ((None, -3, -2), (-5, -3, -2), (-3, -5, -2), (-3, None, -2))
)
async def test_a_client_that_reconnects_goes_on_after_its_last_event_or_a_later_position(
    after: int | None, last: int | None, first: int, served: Server, acme: Acme
):
    seq = await acme.seq()
    given: dict[str, Any] = {} if after is None else {"after": seq + after}
    last_id = None if last is None else seq + last
    async with streaming(served, acme.token, last=last_id, **given) as stream:
        assert (await stream.next()).id == str(seq + first)


@pytest.mark.parametrize("last", ("x", "-1", "1.5", "1" * 5_000, str(2**53 + 1)))
async def test_a_last_event_id_that_is_none_of_ours_is_refused(last: str, served: Server, acme: Acme):
    headers = {**HEADERS, "Last-Event-ID": last}
    response = await served.client(acme.token).http.post("/graphql", json={"query": CHANGES}, headers=headers)
    assert (response.status_code, response.headers["content-type"]) == (400, "application/json")
    [error] = response.json()["errors"]
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert "Last-Event-ID" in error["message"]


async def test_a_position_beyond_the_end_is_refused_as_it_is_over_a_socket(served: Server, acme: Acme):
    ahead = await acme.seq() + 1
    async with streaming(served, acme.token, last=ahead) as stream:
        event = await stream.next()
        assert [error["extensions"]["code"] for error in event.data["errors"]] == ["CURSOR_AHEAD"]
        assert (await stream.next()).kind == "complete"


async def test_a_quiet_stream_of_a_revoked_token_ends_within_seconds(
    served: Server, acme: Acme, monkeypatch: pytest.MonkeyPatch
):
    assert served.app_services
    assert served.sockets
    token = await acme.tokens.create(acme.organization.id, name="chat bot", scopes=[Scope.READ])
    [found] = [one for one in await acme.tokens.all(acme.organization.id) if one.name == "chat bot"]
    async with subscription_started(served.app_services):
        opening = asyncio.create_task(_first_events(served, token))
    async with streaming(served, acme.token) as other:
        await served.app_services.tokens.revoke(acme.organization.id, found.id)
        monkeypatch.setattr(token_revalidation, "LOOKED_UP_AGAIN_S", 0.01)
        async with served.sockets.watch.running(served.app_services.tokens), asyncio.timeout(PATIENCE_S):
            last, complete = await opening
        assert [error["extensions"]["code"] for error in last.data["errors"]] == ["NOT_AUTHENTICATED"]
        assert complete.kind == "complete"
        await acme.person("Somebody")
        assert (await other.next()).kind == "next"


async def _first_events(served: Server, token: str) -> list[Event]:
    async with streaming(served, token) as stream:
        return [await stream.next() for _ in range(2)]


def test_tokens_of_open_connections_are_looked_up_every_few_seconds():
    assert token_revalidation.LOOKED_UP_AGAIN_S <= 5


async def test_an_open_stream_does_not_hold_a_stop_and_nothing_is_logged(acme: Acme, acme_url: str):
    async with serving_apart(acme_url) as server, streaming(server, acme.token) as stream:
        assert stream.response.status_code == 200
        assert server.process
        begun = monotonic()
        server.process.terminate()
        with pytest.raises(httpx2.RemoteProtocolError):  # aborted, so that the client reconnects
            async with asyncio.timeout(PATIENCE_S):
                [_ async for _ in stream.lines]
        assert await server.process.wait() == 0
        assert monotonic() - begun < AT_ONCE_S
    assert not [line for line in server.log if "Traceback" in line or "ERROR" in line]


async def test_a_client_of_others_connects_again_after_a_cut_and_misses_nothing(served: Server, acme: Acme):
    javascript, seq = await install(), await acme.seq()
    arguments = (f"{served.address}/graphql", acme.token, str(seq - 2), "4")
    async with javascript.running("resumes.mjs", *arguments) as process, asyncio.timeout(PATIENCE_S):
        assert process.stdout
        heard = [int(await process.stdout.readline()) for _ in range(2)]
        for number in (1, 2):
            for connection in list(served.connections):
                connection.shutdown()  # as the server does with each connection on shutdown
            await acme.person(f"Somebody {number}")
            heard.append(int(await process.stdout.readline()))
        assert await process.wait() == 0
    assert heard == [seq - 1, seq, seq + 1, seq + 2]


async def test_a_client_that_goes_leaves_nothing_behind(served: Server, acme: Acme):
    assert served.sockets
    groups = served.sockets.executors.subscription_groups.groups
    async with subscription_started(served.app_services):
        opening = asyncio.create_task(_first_events(served, acme.token))
    assert len(served.sockets.watch.holders) == 1
    opening.cancel()
    async with asyncio.timeout(PATIENCE_S):
        while served.sockets.watch.holders or groups:
            await served.client(None).http.get("/health/live")


async def test_a_stream_that_is_quiet_says_so(served: Server, acme: Acme, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sse, "HEARTBEAT_S", 0.01)
    async with streaming(served, acme.token) as stream, asyncio.timeout(PATIENCE_S):
        assert [await anext(stream.lines) for _ in range(4)] == [": ping", "", ": ping", ""]


async def test_a_client_that_does_not_read_is_dropped_and_others_hear_everything(acme: Acme, acme_url: str):
    async with serving(acme_url, send_buffer=SMALL, compiled=True) as served:
        assert served.sockets
        holders, seq = served.sockets.watch.holders, await acme.seq()
        async with subscription_started(served.app_services):
            inattentive = await _subscribed_and_never_read(served, acme.token)
        [idle] = holders
        async with streaming(served, acme.token, NOTES, after=seq) as other:
            heard = 0
            async with asyncio.timeout(PATIENCE_S):
                while idle in holders:
                    await acme.check_in("macros", 1, note=LARGE)
                    heard += 1
                    assert (await other.next()).id == str(seq + heard)
        assert MAX_UNSENT_BYTES < heard * COPIES * len(LARGE) < 2 * MAX_UNSENT_BYTES
        inattentive.close()


async def _subscribed_and_never_read(served: Server, token: str) -> sockets.socket:
    """Open an event stream of large events without reading it; return its socket."""
    host, port = served.address.removeprefix("http://").split(":")
    door = sockets.socket()
    door.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, SMALL)
    door.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(door, (host, int(port)))
    body = json.dumps({"query": NOTES}).encode()
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nAccept: text/event-stream\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    await loop.sock_sendall(door, head.encode() + body)
    return door
