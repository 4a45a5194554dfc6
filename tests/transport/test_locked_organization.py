"""A locked feed head does not delay other organisations; writes of its own are rejected in time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.store.database import Database
from tests.acme import Acme, World, found_acme
from tests.conftest import Server as Postgres
from tests.serving import PATIENCE_S, Server, serving

ANSWER_LIMIT_S = 5.0
WRITERS = 12  # more than there are write connections
LOCK = "select from feed_head where organization_id = $1 for no key update"
WAITING = "select count(*) from pg_locks where not granted and database is null"


@dataclass(frozen=True)
class Neighbours:
    """Two organisations on one server; a connection of the test locks Acme's feed head."""

    served: Server
    acme: Acme
    beta: Acme
    lock: asyncpg.transaction.Transaction
    waiting: list["asyncio.Task[dict[str, Any]]"]


async def wait_for_lock_waiters(connection: asyncpg.Connection) -> None:
    """Wait until a transaction waits for a row that another transaction has locked."""
    async with asyncio.timeout(PATIENCE_S):
        while not await connection.fetchval(WAITING):
            pass


@asynccontextmanager
async def locked(
    connection: asyncpg.Connection, acme: Acme
) -> AsyncIterator[asyncpg.transaction.Transaction]:
    """Lock the organisation's feed head until the transaction is rolled back."""
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(LOCK, acme.organization.id)
    try:
        yield transaction
    finally:
        await connection.close()


@pytest.fixture
async def neighbours(server: Postgres, acme_template: tuple[str, World]) -> AsyncIterator[Neighbours]:
    """Lock Acme's feed head and start twelve mutations that wait for it."""
    async with server.copy_of(acme_template[0]) as name:
        url = server.url_of(name)
        async with (
            Database.open(url) as database,
            ChangeNotifier.running(database) as wakeups,
            serving(url) as served,
        ):
            acme = Acme(database, wakeups, acme_template[1])
            beta = Acme(database, wakeups, await found_acme(database, wakeups))
            holder = await asyncpg.connect(url)
            async with locked(holder, acme) as lock:
                client = served.client(acme.token)
                waiting = [
                    asyncio.create_task(client.try_("personCreate", name=f"Dana {number}"))
                    for number in range(WRITERS)
                ]
                await wait_for_lock_waiters(server.connection)
                while len(served.connections) < WRITERS:
                    await server.connection.fetchval("select true")
                yield Neighbours(served, acme, beta, lock, waiting)
            await asyncio.gather(*waiting, return_exceptions=True)


async def test_another_organisation_reads_and_writes_as_if_nothing_was(neighbours: Neighbours):
    client = neighbours.served.client(neighbours.beta.token)
    async with asyncio.timeout(ANSWER_LIMIT_S):
        assert await client.one("{ viewer { name } }")
        await client.do("personCreate", name="Nobody waits")
        assert await client.one("{ seq }")
        done = await client.do("checkInRecord", keyResult={"externalId": "macros"}, value=4)
    assert done["seq"]
    assert not any(task.done() for task in neighbours.waiting)


async def test_the_server_is_ready_meanwhile(neighbours: Neighbours):
    client = neighbours.served.client(None)
    async with asyncio.timeout(ANSWER_LIMIT_S):
        response = await client.http.get("/health/ready")
    assert (response.status_code, response.json()) == (200, {"status": "ready"})


async def test_feeds_are_followed_meanwhile(neighbours: Neighbours):
    beta = neighbours.beta
    async with asyncio.timeout(ANSWER_LIMIT_S), neighbours.served.socket(beta.token) as socket:
        events = await socket.subscribe("subscription { changes(after: 0) { seq } }")
        assert (await events.next())["seq"] == 1


async def test_its_own_writers_and_check_ins_are_refused_in_time_and_nothing_of_them_is_done(
    neighbours: Neighbours,
):
    client = neighbours.served.client(neighbours.acme.token)
    async with asyncio.timeout(25):
        check_in = client.try_("checkInRecord", keyResult={"externalId": "macros"}, value=4)
        checking_in = asyncio.create_task(check_in)
        async with asyncio.timeout(20):
            answers = await asyncio.gather(*neighbours.waiting)
        assert [error["code"] for error in (await checking_in)["errors"]] == ["BUSY"]
    assert {error["code"] for answer in answers for error in answer["errors"]} == {"BUSY"}
    assert all(len(answer["errors"]) == 1 for answer in answers)
    await neighbours.lock.rollback()
    await client.do("personCreate", name="Dana 1")
    people = await client.one("{ people(first: 100) { nodes { name } } }")
    assert [person["name"] for person in people["nodes"] if person["name"].startswith("Dana")] == ["Dana 1"]


async def test_its_writers_go_on_in_turn_once_it_is_released(neighbours: Neighbours):
    await neighbours.lock.rollback()
    answers = await asyncio.gather(*neighbours.waiting)
    assert [answer["errors"] for answer in answers] == [[]] * WRITERS
