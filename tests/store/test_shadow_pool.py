"""Connections with shadow tables: turns, limits, what can be written, and what is left of it."""

import asyncio
from uuid import UUID

import asyncpg
import pytest

from okr_api.okr.errors import Busy
from okr_api.store import shadow_pool
from okr_api.store.database import Database
from okr_api.store.entity_tables import PLAIN_TABLES
from okr_api.store.shadow_tables import COPIED, VERSIONED, WRITTEN
from okr_api.store.tables import metadata
from tests.acme import Acme

COMPUTED = {"organization", "cycle", "objective", "key_result"}  # filled by statements of their own
NOT_OF_AN_ORGANIZATION = {"job"}


def test_every_table_has_a_shadow():
    assert {table.table.name for table in PLAIN_TABLES.values()} | COMPUTED == set(VERSIONED)
    assert set(COPIED) | set(WRITTEN) | NOT_OF_AN_ORGANIZATION == set(metadata.tables)


@pytest.mark.parametrize("kind", ("past", "simulations"))
async def test_nothing_but_shadows_can_be_written_and_they_end_empty(acme: Acme, kind: str):
    pool, organization = getattr(acme.database.shadows, kind), acme.organization.id
    before = await acme.tables()
    for _ in range(2):
        async with pool.transaction(organization, organization) as shadows:
            assert await shadows.fetchval("select count(*) from person") == 0
            await shadows.execute(f"insert into person select * from {shadows.schema}.person")
            assert await shadows.fetchval("select count(*) from person") > 0
            for table in metadata.tables:
                with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
                    async with shadows.transaction():
                        await shadows.execute(f"delete from {shadows.schema}.{table}")
    assert await acme.tables() == before


async def test_a_fault_leaves_nothing_for_the_next(acme: Acme):
    pool, organization = acme.database.shadows.past, acme.organization.id

    async def fail() -> None:
        async with pool.transaction(organization, organization) as shadows:
            await shadows.execute(f"insert into person select * from {shadows.schema}.person")
            await shadows.execute("select 1 / 0")

    with pytest.raises(asyncpg.DivisionByZeroError):
        await fail()
    async with pool.transaction(organization, organization) as shadows:
        assert await shadows.fetchval("select count(*) from person") == 0


async def test_a_token_has_one_at_a_time_and_waits_for_so_long(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(shadow_pool, "SHADOW_TIMEOUT_S", 0.05)
    pool, one, other = database.shadows.past, UUID(int=1), UUID(int=2)
    async with pool.transaction(one, one):
        with pytest.raises(Busy):
            async with pool.transaction(one, one):
                raise AssertionError("It has two")
        async with pool.transaction(one, other):
            pass
    async with pool.transaction(one, one):
        pass


async def test_an_organisation_and_a_process_have_two_at_a_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(shadow_pool, "SHADOW_TIMEOUT_S", 0.05)
    pool = database.shadows.past
    ids = [UUID(int=number) for number in range(1, 5)]
    async with pool.transaction(ids[0], ids[0]), pool.transaction(ids[0], ids[1]):
        for organization in (ids[0], ids[2]):
            with pytest.raises(Busy):
                async with pool.transaction(organization, ids[3]):
                    raise AssertionError("There are three")


@pytest.mark.parametrize(("ttl_s", "pids"), ((0, 2), (shadow_pool.SHADOW_TTL_S, 1)))
async def test_a_connection_is_used_again_until_it_is_old(
    database: Database, monkeypatch: pytest.MonkeyPatch, ttl_s: float, pids: int
):
    monkeypatch.setattr(shadow_pool, "SHADOW_TTL_S", ttl_s)
    pool, one = database.shadows.past, UUID(int=1)
    found = set()
    for _ in range(2):
        async with pool.transaction(one, one) as shadows:
            found.add(await shadows.fetchval("select pg_backend_pid()"))
    assert len(found) == pids


async def test_a_connection_is_closed_when_it_is_worn_out(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    pool, one = database.shadows.past, UUID(int=1)

    async def pid(rows: int = 0) -> int:
        async with pool.transaction(one, one) as shadows:
            shadows.rows_written += rows
            found: int = await shadows.fetchval("select pg_backend_pid()")
        return found

    first = await pid(shadow_pool.MAX_SHADOW_ROWS - 1)
    assert await pid(1) == first
    second = await pid()
    assert {await pid() for _ in range(shadow_pool.MAX_SHADOW_USES - 1)} == {second} != {first}
    assert await pid() != second


async def test_one_that_waits_gets_its_turn(database: Database):
    pool, one, begun = database.shadows.past, UUID(int=1), asyncio.Event()

    async def wait() -> None:
        begun.set()
        async with pool.transaction(one, one):
            pass

    async with pool.transaction(one, one):
        waiting = asyncio.create_task(wait())
        await begun.wait()
        assert not waiting.done()
    await waiting
