"""Time limits: every connection has them, and reaching one is a refusal."""

import asyncio
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from uuid import UUID

import asyncpg
import pytest

from okr_api.okr.errors import Busy
from okr_api.store import database as database_module
from okr_api.store import read_pool
from okr_api.store.bulk_write import Postgres
from okr_api.store.database import Database
from okr_api.store.time_limits import (
    COMMAND,
    MIGRATION,
    SERVICE,
    TimeLimits,
)
from tests.acme import Acme
from tests.serving import PATIENCE_S

SOMEBODY = UUID(int=0)
SHORT = TimeLimits(lock_s=0.2, statement_s=0.3, idle_transaction_s=0.5)
TAKEN: dict[str, Callable[[Database], AbstractAsyncContextManager[Postgres]]] = {
    "writing": lambda database: database.writing(SOMEBODY),
    "snapshot": lambda database: database.snapshot(SOMEBODY),
    "feed": lambda database: database.of(SOMEBODY),
    "heads": lambda database: database.following(),
    "tokens": lambda database: database.across(),
    "reading": lambda database: database.reading(SOMEBODY),
}
POOLED = [name for name in TAKEN if name != "reading"]
SHOWN = "select current_setting('lock_timeout'), current_setting('statement_timeout'), current_setting('idle_in_transaction_session_timeout')"  # fmt: skip
FROZEN = """
import asyncio, os, signal, sys
from uuid import UUID
from okr_api.store.database import Database
from okr_api.store.time_limits import TimeLimits

async def main():
    limits = TimeLimits(lock_s=5, statement_s=5, idle_transaction_s=1)
    async with Database.open(sys.argv[1], limits=limits) as database:
        async with database.writing(UUID(sys.argv[2])) as connection:
            await connection.execute("select from feed_head for no key update")
            os.kill(os.getpid(), signal.SIGSTOP)

asyncio.run(main())
"""


@pytest.mark.parametrize("limits", (SERVICE, COMMAND, MIGRATION), ids=("service", "command", "migration"))
@pytest.mark.parametrize("taken", TAKEN)
async def test_every_connection_has_the_limits(taken: str, limits: TimeLimits, database_url: str):
    async with Database.open(database_url, limits=limits) as database, TAKEN[taken](database) as connection:
        shown = await connection.fetchrow(SHOWN)
    statement_s = limits.for_queries.statement_s if taken == "reading" else limits.statement_s
    wanted = (limits.lock_s, statement_s, limits.idle_transaction_s)
    assert [_seconds(value) for value in shown or ()] == list(wanted)


def _seconds(shown: str) -> float:
    units = {"ms": 0.001, "min": 60, "h": 3600, "s": 1}
    unit = next(unit for unit in units if shown.endswith(unit))
    return float(shown.removesuffix(unit)) * units[unit]


@pytest.mark.parametrize("taken", POOLED)
async def test_a_limit_that_is_reached_is_a_refusal(taken: str, database_url: str):
    async with Database.open(database_url, limits=SHORT) as database:
        with pytest.raises(Busy, match="took too long"):
            async with TAKEN[taken](database) as connection:
                await connection.fetchval("select pg_sleep(10)")
        async with TAKEN[taken](database) as connection:
            assert await connection.fetchval("select true")


async def test_a_lock_that_is_not_freed_is_a_refusal(database_url: str):
    holder = await asyncpg.connect(database_url)
    await holder.execute("select pg_advisory_lock(1)")
    try:
        async with Database.open(database_url, limits=replace(SHORT, statement_s=10)) as database:
            with pytest.raises(Busy, match="too long"):
                async with database.writing(SOMEBODY) as connection:
                    await connection.execute("select pg_advisory_xact_lock(1)")
    finally:
        await holder.close()


@pytest.mark.parametrize("taken", TAKEN)
async def test_whoever_finds_no_connection_in_time_is_refused(
    taken: str, database_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(database_module, "CONNECTION_TIMEOUT_S", 0.2)
    monkeypatch.setattr(read_pool, "MAX_READERS", 1)
    monkeypatch.setattr(read_pool, "READER_TIMEOUT_S", 0.2)
    async with Database.open(database_url, most_connections=1) as database:
        pools = [pool.acquire() for pool in (database.pool, database.lookups, database.feed_pool)]
        held = await asyncio.gather(*pools)
        reader = await database.take_reader(SOMEBODY)
        with pytest.raises(Busy):
            async with TAKEN[taken](database):
                pass
        database.give_back(reader)
        for one in held:
            await one._holder.release(None)
        async with TAKEN[taken](database) as connection:
            assert await connection.fetchval("select true")


async def test_a_frozen_process_does_not_keep_an_organisation_locked(acme: Acme, acme_url: str):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", FROZEN, acme_url, str(acme.organization.id)
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not await acme.fetch(
                "select from pg_stat_activity where state = 'idle in transaction' and query like '%feed_head%'"
                " and datname = current_database()"
            ):
                pass
        async with asyncio.timeout(SERVICE.lock_s):
            await acme.person("Dana")
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()
