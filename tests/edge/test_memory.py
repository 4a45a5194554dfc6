"""A client that fills every cache with what is used once makes neither the service nor PostgreSQL grow."""

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests import conftest
from tests.acme import World
from tests.serving import Client, Server, serving_apart

MIB = 1024 * 1024
MAX_GROWTH_BYTES = (
    200 * MIB
)  # caches, and what the system does not get back of a dozen large requests at once
MAX_FURTHER_GROWTH_BYTES = 100 * MIB
AT_ONCE = 6
BACKENDS = "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
FIELDS = "id title description status progress owner { id name } keyResults { id title }"
FILTERED = "query ($f: ObjectiveFilter) { objectives(first: 1, filter: $f) { nodes { id } } }"
FOLLOWED = "subscription ($f: ChangeFilter) { changes(filter: $f) { seq } }"
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
CAN_MEASURE = Path("/proc/self/smaps_rollup").exists()
Request = dict[str, Any]


def memory_of(pid: int) -> int:
    """Return the bytes of a process that are its own."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    [anonymous] = [line for line in lines if line.startswith("Pss_Anon:")]
    return int(anonymous.split()[1]) * 1024


def documents(source: random.Random) -> Iterable[Request]:
    """Valid documents of many selections, no two alike."""
    for _ in range(80):
        name = f"q{source.getrandbits(64)}"
        aliases = " ".join(f"{name}_{place}: children {{ {FIELDS} }}" for place in range(60))
        yield {"query": f"query {name} {{ objectives(first: 1) {{ nodes {{ id {aliases} }} }} }}"}


def shapes(source: random.Random) -> Iterable[Request]:
    """Documents that @include leaves in sixteen shapes each."""
    for _ in range(4):
        aliases = " ".join(f"a{place}: children {{ ...F }}" for place in range(30))
        text = f"""
            query q{source.getrandbits(64)}($a: Boolean!, $b: Boolean!, $c: Boolean!, $d: Boolean!) {{
                a: seq @include(if: $a) b: seq @include(if: $b) c: seq @include(if: $c)
                d: seq @include(if: $d) objectives(first: 1) {{ nodes {{ {aliases} }} }}
            }}
            fragment F on Objective {{ {FIELDS} }}
        """
        for shape in range(16):
            yield {
                "query": text,
                "variables": {name: bool(shape >> bit & 1) for bit, name in enumerate("abcd")},
            }


def invalid_documents(source: random.Random) -> Iterable[Request]:
    """Documents of fields that are not there, and some that cannot be parsed."""
    for number in range(60):
        name = f"q{source.getrandbits(64)}"
        padding = "#".ljust(20_000, "x")
        yield {"query": f"{{ {name} }} {'{' if number % 2 else padding}"}


def names(source: random.Random) -> Iterable[Request]:
    """Names of operations that are not there, or far too long."""
    for number in range(100):
        name = f"q{source.getrandbits(64)}".ljust(200 if number % 4 else 500_000, "x")
        yield {"query": "query a { seq } query b { seq }", "operationName": name}


def persisted(source: random.Random) -> Iterable[Request]:
    """Documents that are sent to be remembered, and hashes that nobody has sent."""
    for number in range(200):
        text = f"{{ seq }} #{source.getrandbits(64)}".ljust(32_000, "x")
        hashed = hashlib.sha256(text.encode()).hexdigest()
        extensions = {"persistedQuery": {"version": 1, "sha256Hash": hashed}}
        yield {"query": text, "extensions": extensions} if number % 3 else {"extensions": extensions}


def filters(source: random.Random) -> Iterable[Request]:
    """Filters, each of a shape of its own, some asked for again and again."""
    for number in range(200):
        chosen = source.choices(COMPARISONS, k=source.randrange(5, 60))
        request = {"query": FILTERED, "variables": {"f": {source.choice(["and", "or"]): chosen}}}
        yield from [request] * (8 if number % 10 == 0 else 1)


def variables(source: random.Random) -> Iterable[Request]:
    """Long values of variables."""
    for _ in range(40):
        value = str(source.getrandbits(64)).ljust(500_000, "x")
        yield {"query": FILTERED, "variables": {"f": {"title": {"eq": value}}}}
        yield {"query": FILTERED, "variables": {"f": {"title": {"eq": 1}}, value: value}}


WAYS = (documents, shapes, invalid_documents, names, persisted, filters, variables)


class Attack:
    """A client of a server of its own, and the memory of both processes."""

    def __init__(self, served: Server, token: str, database: asyncpg.Connection) -> None:
        self.served, self.token, self.database = served, token, database
        self.client: Client = served.client(token)

    async def memory(self) -> tuple[int, int]:
        """Return the bytes of the server's process, and those of the PostgreSQL processes that serve it."""
        assert self.served.process is not None
        backends = [row["pid"] for row in await self.database.fetch(BACKENDS)]
        return memory_of(self.served.process.pid), sum(map(memory_of, backends))

    async def wave(self, seed: int, share: float = 1) -> None:
        """Send what each cache can be filled with."""
        for way in WAYS:
            requests = list(way(random.Random(f"{seed} {way.__name__}")))
            await self._send(requests[: int(len(requests) * share)])
        await self._follow(random.Random(seed), int(120 * share))
        await self._guess(random.Random(seed), int(200 * share))

    async def _send(self, requests: Iterable[Request]) -> None:
        waiting = iter(requests)

        async def work() -> None:
            for request in waiting:
                response = await self.client.http.post("/graphql", json=request)
                assert response.status_code in (200, 400), response.text

        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(work())

    async def _follow(self, source: random.Random, count: int) -> None:
        """Open subscriptions to documents and variables that are like no others, and close them."""
        async with self.served.socket(self.token) as socket:
            for number in range(count):
                alias = f"a{source.getrandbits(64)}"
                value = str(source.getrandbits(64)).ljust(100_000, "x")
                text = FOLLOWED.replace("seq", f"{alias}: seq") if number % 2 else FOLLOWED
                events = await socket.subscribe(text, f={"nodeId": value})
                await socket.ping()
                await socket.complete(events)

    async def _guess(self, source: random.Random, count: int) -> None:
        """Ask with tokens that nobody has."""
        for _ in range(count):
            headers = {"Authorization": f"Bearer okr_{source.getrandbits(900):x}"}
            answer = await self.client.http.post("/graphql", json={"query": "{ seq }"}, headers=headers)
            assert answer.status_code == 401


@pytest.fixture
async def attack(server: conftest.Server, acme_template: tuple[str, World]) -> AsyncIterator[Attack]:
    """The attack; without a rate limit, which would hold it up."""
    if server.embedded is None or not CAN_MEASURE:
        pytest.skip("the memory of processes is not to be seen")
    async with server.copy_of(acme_template[0]) as name:
        connection = await asyncpg.connect(server.url_of(name))
        try:
            async with serving_apart(server.url_of(name), OKR_RATE_LIMIT="0") as served:
                yield Attack(served, acme_template[1].token, connection)
        finally:
            await connection.close()


async def test_a_client_that_fills_every_cache_does_not_make_the_processes_grow(attack: Attack):
    await attack.wave(0, 0.1)
    before = await attack.memory()
    await attack.wave(1)
    once = await attack.memory()
    await attack.wave(2)
    twice = await attack.memory()
    grown = [after - start for start, after in zip(before, once, strict=True)]
    further = [after - start for start, after in zip(once, twice, strict=True)]
    assert max(grown) < MAX_GROWTH_BYTES, grown
    assert max(further) < MAX_FURTHER_GROWTH_BYTES, further
