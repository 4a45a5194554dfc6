"""The heaviest legitimate load is served without a rejection, at the default limits of one process.

At the same time a nightly tool records 10,000 check-ins, 1,000 subscribers of one token follow, a dashboard with
the same token sends 40 queries a second, and the organisation is exported.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import websockets

from bench.filling import Marks, fill, marks_of
from bench.organization import Sizes
from okr_api.auth.actor import Scope
from okr_api.auth.tokens import TokenStore
from okr_api.okr.entity import NodeType
from okr_api.query_engine.global_ids import encode_id
from okr_api.store.database import Database
from tests.conftest import Server as Postgres
from tests.serving import PATIENCE_S, PROTOCOL, Client, Server, serving_apart

SIZES = Sizes(objectives=1_000, key_results=3_500, check_ins=7_000, trees=4, people=50)
MUTATIONS, ITEMS = 10, 1_000
SUBSCRIBERS, SUBSCRIBERS_OF_CYCLE = 1_000, 10
QUERIES_PER_S, LEAST_QUERIES = 40, 200
CONNECTING_AT_ONCE = 50

FOLLOWED = "subscription ($o: ID, $c: ID) { progressChanged(objectiveId: $o, cycleId: $c) { seq deltas { nodeId progressAfter } } }"
DASHBOARD = (
    "query ($c: ID!, $o: ID!) { objectives(first: 50, filter: {cycle: {id: {eq: $c}}}) { nodes { id title progress status "
    "owner { name } keyResults { id title progress } } totalCount } objective(id: $o) { title progress } }",
    "query ($c: ID!, $o: ID!) { objective(id: $o) { title progress keyResults { id title currentValue progress "
    "latestCheckIn { value note } } children { id title progress } } cycle(id: $c) { name } }",
    "query ($c: ID!, $o: ID!) { keyResults(first: 25, filter: {cycle: {id: {eq: $c}}}) "
    "{ nodes { id title progress status } } objective(id: $o) { owner { name } } }",
    "query ($c: ID!, $o: ID!) { viewer { name } cycle(id: $c) { id name state } objective(id: $o) { status } }",
)
CHECK_IN = """
    mutation ($input: CheckInRecordManyInput!) {
        checkInRecordMany(input: $input) { seq results { checkIn { id } errors { code } } errors { code } }
    }
"""


@pytest.fixture(scope="module")
async def filled(server: Postgres) -> AsyncIterator[str]:
    async with server.copy_of() as name:
        as_of = datetime.now(UTC)
        await fill(server.url_of(name), SIZES, 7, as_of, said=lambda _: None)
        yield server.url_of(name)


class Subscriber:
    """A WebSocket client that collects the positions of its events."""

    def __init__(self, connection: websockets.ClientConnection) -> None:
        self.connection = connection
        self.seqs: list[int] = []

    async def begin(self, token: str, variables: dict[str, str]) -> None:
        await self.say(type="connection_init", payload={"Authorization": f"Bearer {token}"})
        assert json.loads(await self.connection.recv()) == {"type": "connection_ack"}
        await self.say(id="1", type="subscribe", payload={"query": FOLLOWED, "variables": variables})

    async def say(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def hear(self, last: int) -> None:
        """Receive events up to a feed position."""
        while not self.seqs or self.seqs[-1] < last:
            message = json.loads(await self.connection.recv())
            if message["type"] == "next":
                assert "errors" not in message["payload"], message
                self.seqs.append(message["payload"]["data"]["progressChanged"]["seq"])
            else:
                assert message["type"] == "ping", message


async def connected(stack: AsyncExitStack, served: Server, token: str, marks: Marks) -> list[Subscriber]:
    """Connect all subscribers: most follow one objective each, like an open page; a few follow the cycle."""
    roots = [encode_id(NodeType.OBJECTIVE, id) for id in marks.roots]
    scopes = [{"c": encode_id(NodeType.CYCLE, marks.cycle_id)}] * SUBSCRIBERS_OF_CYCLE
    scopes += [{"o": roots[number % len(roots)]} for number in range(SUBSCRIBERS - len(scopes))]
    address = served.address.replace("http", "ws") + "/graphql"
    found: list[Subscriber] = []
    while len(found) < SUBSCRIBERS:
        some = scopes[len(found) : len(found) + CONNECTING_AT_ONCE]
        opening = [
            websockets.connect(
                address, subprotocols=[websockets.Subprotocol(PROTOCOL)], max_size=None, ping_interval=None
            )
            for _ in some
        ]
        begun = [Subscriber(one) for one in await asyncio.gather(*map(stack.enter_async_context, opening))]
        await asyncio.gather(*(one.begin(token, scope) for one, scope in zip(begun, some, strict=True)))
        found += begun
    return found


async def look(client: Client, marks: Marks, done: asyncio.Event) -> int:
    """Send a dashboard's queries, 40 a second, until `done` is set; return their number."""
    cycle, objectives = encode_id(NodeType.CYCLE, marks.cycle_id), marks.objectives
    asked = 0
    async with asyncio.TaskGroup() as asking:
        while not done.is_set() or asked < LEAST_QUERIES:
            objective = encode_id(NodeType.OBJECTIVE, objectives[asked % len(objectives)])
            asking.create_task(client.ask(DASHBOARD[asked % len(DASHBOARD)], c=cycle, o=objective))
            asked += 1
            await asyncio.sleep(1 / QUERIES_PER_S)
    return asked


async def record(client: Client, marks: Marks) -> int:
    """Record check-ins like a nightly tool, 1,000 key results at a time; return the last feed position."""
    seq = 0
    for number in range(MUTATIONS):
        items = [
            {
                "keyResult": {"id": encode_id(NodeType.KEY_RESULT, id)},
                "value": low + (high - low) * ((37 * number + place) % 100) / 100,
            }
            for place, (id, low, high) in enumerate(marks.key_results[:ITEMS])
        ]
        answer = await client.ask(CHECK_IN, input={"items": items, "idempotencyKey": f"night-{number}"})
        payload = answer["checkInRecordMany"]
        assert payload["errors"] == []
        assert all(one["checkIn"] and not one["errors"] for one in payload["results"])
        assert len(payload["results"]) == ITEMS
        seq = payload["seq"]
    return seq


async def export(url: str, into: Path) -> None:
    """Export the organisation from the command line while the service runs."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "okr_api.cli", "export", "--organization", "Bench", str(into)),
        env={**os.environ, "OKR_DATABASE_URL": url},
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    assert process.returncode == 0, said.decode()


async def test_a_heavy_day_passes_without_a_refusal(filled: str, tmp_path: Path):
    marks = await marks_of(filled)
    async with Database.open(filled) as database:
        frontend = await TokenStore(database).create(
            marks.organization_id, name="frontend", scopes=[Scope.READ]
        )
    async with serving_apart(filled, OKR_CLOCK_INTERVAL="0") as served, AsyncExitStack() as stack:
        dashboard, tool = served.client(frontend), served.client(marks.token)
        subscribers = await connected(stack, served, frontend, marks)
        begun = await dashboard.one("{ seq }")
        done = asyncio.Event()
        async with asyncio.timeout(PATIENCE_S * 2), asyncio.TaskGroup() as day:
            looking = day.create_task(look(dashboard, marks, done))
            day.create_task(export(filled, tmp_path / "export.json"))
            recording = day.create_task(record(tool, marks))
            for one in subscribers:
                day.create_task(one.hear(begun + MUTATIONS))
            recording.add_done_callback(lambda _: done.set())
        assert looking.result() >= LEAST_QUERIES
        assert recording.result() == begun + MUTATIONS
        for one in subscribers:  # the 1,000 key results are spread over all trees
            assert one.seqs == list(range(begun + 1, begun + MUTATIONS + 1))
    assert (tmp_path / "export.json").stat().st_size > 0
