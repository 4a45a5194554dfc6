"""Filling caches with large entries that are used once makes neither the server nor PostgreSQL grow.

Before caches were bounded in bytes, the server grew by 180 MiB from these changes and by 85 MiB from these plans,
and the PostgreSQL processes by 160 MiB from the prepared statements of these filters.
"""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Iterable
from pathlib import Path
from typing import NamedTuple

import asyncpg
import pytest

from tests import conftest
from tests.acme import World
from tests.large_changes import COPY, MOVE
from tests.serving import Client, Server, serving_apart

MIB = 1024 * 1024
MAX_RECENT_GROWTH_BYTES = 64 * MIB  # of the server, which caches 8 MiB of recent changes
MAX_STATEMENT_GROWTH_BYTES = 64 * MIB  # of PostgreSQL, over the connections that one token may hold
MAX_PLAN_GROWTH_BYTES = 36 * MIB  # of the server, after its caches are full
BACKENDS = "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
FIELDS = """
    id externalId title description kind state version progress progressReason progressSource effectiveProgressSource coverage
    confidence lowestConfidence score scoreFloor scoreIsPartial importedScore band expectedProgress progressGap status derivedStatus
    nextStatusChangeAt worstPart owner { id name externalId } team { id name externalId } cycle { id name externalId }
    contributors { id name externalId }
"""
FOLLOWED = "subscription ($after: Seq) { changes(after: $after) { seq } }"
FILTERED = "query ($f: ObjectiveFilter) { objectives(first: 1, filter: $f) { nodes { id } } }"
COMPARISONS = (
    {"title": {"contains": "a"}},
    {"title": {"startsWith": "a"}},
    {"progress": {"gte": 0.5}},
    {"confidence": {"lte": 0.5}},
    {"coverage": {"gte": 0.5}},
    {"externalId": {"eq": "a"}},
    {"owner": {"externalId": "a"}},
    {"status": {"eq": "AT_RISK"}},
)
JSON = {"Content-Type": "application/json"}
CAN_MEASURE = Path("/proc/self/smaps_rollup").exists()


class Memory(NamedTuple):
    """Bytes used by the server process and by its PostgreSQL backends."""

    server: int
    backends: int


def memory_of(pid: int) -> int:
    """Return the anonymous memory of a process, in bytes; shared pages count proportionally."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    [anonymous] = [line for line in lines if line.startswith("Pss_Anon:")]
    return int(anonymous.split()[1]) * 1024


def shapes(begin: int, count: int) -> Iterable[bytes]:
    """Yield requests for small documents with large plans, each in sixteen variants by @include."""
    aliases = " ".join(f"a{place}: children {{ ...F }}" for place in range(90))
    for number in range(begin, begin + count):
        text = f"""
            query q{number // 16}($a: Boolean!, $b: Boolean!, $c: Boolean!, $d: Boolean!) {{
                a: seq @include(if: $a) b: seq @include(if: $b) c: seq @include(if: $c)
                d: seq @include(if: $d) objective(externalId: "customers_stay") {{ {aliases} }}
            }}
            fragment F on Objective {{ {FIELDS} }}
        """
        variables = {name: bool(number >> bit & 1) for bit, name in enumerate("abcd")}
        yield json.dumps({"query": text, "variables": variables}).encode()


def filters(count: int) -> Iterable[bytes]:
    """Yield requests with large filters, each of a different shape."""
    source = random.Random(count)
    for _ in range(count):
        chosen = source.choices(COMPARISONS, k=190)
        yield json.dumps({"query": FILTERED, "variables": {"f": {"or": chosen}}}).encode()


class Attack:
    """A client of a dedicated server, and the memory of that server and of PostgreSQL."""

    def __init__(self, served: Server, token: str, database: asyncpg.Connection) -> None:
        self.served, self.token, self.database = served, token, database
        self.client: Client = served.client(token)

    async def memory(self) -> Memory:
        """Measure the memory of the server process and of its PostgreSQL backends."""
        assert self.served.process is not None
        backends = [row["pid"] for row in await self.database.fetch(BACKENDS)]
        return Memory(memory_of(self.served.process.pid), sum(map(memory_of, backends)))

    async def growth(self, attack: Awaitable[None]) -> Memory:
        """Run an attack and return by how much the processes grew."""
        before = await self.memory()
        await attack
        after = await self.memory()
        return Memory(after.server - before.server, after.backends - before.backends)

    async def send(self, requests: Iterable[bytes], at_once: int) -> None:
        """Send requests, `at_once` of them concurrently."""
        waiting = iter(requests)

        async def work() -> None:
            for request in waiting:
                response = await self.client.http.post("/graphql", content=request, headers=JSON)
                assert response.status_code == 200, response.text
                assert "errors" not in response.json(), response.text

        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(work())

    async def follow_large_changes(self, count: int, deltas: int) -> None:
        """Follow so many changes of so many deltas each, from before them to their end."""
        await self.client.do("checkInRecord", keyResult={"externalId": "macros"}, value=5)
        begin = await self.client.one("{ seq }")
        await self.database.execute(COPY, count, deltas)
        await self.database.execute(MOVE, count)
        async with self.served.socket(self.token) as socket:
            events = await socket.subscribe(FOLLOWED, after=begin)
            changes = await events.take(count)
            assert [change["seq"] for change in changes] == list(range(begin + 1, begin + count + 1))


@pytest.fixture
async def attack(server: conftest.Server, acme_template: tuple[str, World]) -> AsyncIterator[Attack]:
    """Run a server with the compiled executor and without a rate limit, which would slow the attack down."""
    if server.embedded is None or not CAN_MEASURE:
        pytest.skip("the memory of processes is not to be seen")
    async with server.copy_of(acme_template[0]) as name:
        connection = await asyncpg.connect(server.url_of(name))
        try:
            async with serving_apart(server.url_of(name), OKR_RATE_LIMIT="0", OKR_COMPILED="on") as served:
                yield Attack(served, acme_template[1].token, connection)
        finally:
            await connection.close()


async def test_a_client_that_fills_caches_does_not_make_the_processes_grow(attack: Attack):
    await attack.send([*shapes(0, 1), *filters(20)], at_once=2)
    grown = {
        "latest changes": await attack.growth(attack.follow_large_changes(200, 1_500)),
        "statements": await attack.growth(attack.send(filters(300), at_once=8)),
    }
    await attack.send(shapes(1, 40), at_once=2)  # fills the caches of documents and plans
    grown["plans"] = await attack.growth(attack.send(shapes(41, 48), at_once=2))
    assert grown["latest changes"].server < MAX_RECENT_GROWTH_BYTES, grown
    assert grown["statements"].backends < MAX_STATEMENT_GROWTH_BYTES, grown
    assert grown["plans"].server < MAX_PLAN_GROWTH_BYTES, grown
