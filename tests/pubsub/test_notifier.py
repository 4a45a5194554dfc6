"""Notifier: a commit in any process wakes the waiters of its feed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest

from okr_api.pubsub import notifier as module
from okr_api.pubsub.notifier import CHANNEL, POLL_S, ChangeNotifier
from okr_api.store.database import Database
from tests.acme import Acme

LISTENERS = """
    select pid from pg_stat_activity
    where datname = current_database() and application_name <> 'okr-api' and query ilike 'listen%'
"""


@asynccontextmanager
async def another_process(acme: Acme) -> AsyncIterator[ChangeNotifier]:
    """Run a notifier with a pool of its own, which listens."""
    before = {row["pid"] for row in await acme.fetch(LISTENERS)}
    async with Database.open(acme.database.dsn) as database, ChangeNotifier.running(database) as other:
        while not {row["pid"] for row in await acme.fetch(LISTENERS)} - before:
            pass
        yield other


@pytest.fixture
async def other(acme: Acme) -> AsyncIterator[ChangeNotifier]:
    while not await acme.fetch(LISTENERS):
        pass
    async with another_process(acme) as running:
        yield running


async def start_waiting(acme: Acme, seq: int, *who: ChangeNotifier) -> list["asyncio.Task[bool]"]:
    """Start tasks that wait for changes after `seq`; return them once they wait."""
    tasks = [asyncio.create_task(each.wait_past(acme.organization.id, seq, 20)) for each in who]
    await asyncio.sleep(0)
    return tasks


async def test_a_commit_wakes_the_waiters_of_its_own_process_at_once(acme: Acme):
    [waiter] = await start_waiting(acme, await acme.seq(), acme.notifier)
    await acme.check_in("macros", 1)
    await asyncio.sleep(0)
    assert waiter.done()
    assert await waiter


async def test_a_commit_wakes_the_waiters_of_another_process_by_its_hint(
    acme: Acme, other: ChangeNotifier, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "HEADS", "select null::uuid organization_id, 0 seq where $1::uuid[] is null")
    waiters = await start_waiting(acme, await acme.seq(), other, other, other)
    await acme.check_in("macros", 1)
    async with asyncio.timeout(10):
        assert await asyncio.gather(*waiters) == [True] * 3


async def test_a_lost_hint_is_found_by_the_poll_within_about_a_second(acme: Acme, other: ChangeNotifier):
    seq = await acme.seq()
    # This notifier does not run, so its hints are lost.
    silent = Acme(acme.database, ChangeNotifier(acme.database), acme.world)
    [waiter] = await start_waiting(acme, seq, other)
    before = asyncio.get_running_loop().time()
    await silent.check_in("macros", 1)
    assert not waiter.done()
    async with asyncio.timeout(POLL_S * 8):
        assert await waiter
    assert asyncio.get_running_loop().time() - before < POLL_S * 5


async def test_the_listener_comes_back_after_its_connection_was_killed(
    acme: Acme, other: ChangeNotifier, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "HEADS", "select null::uuid organization_id, 0 seq where $1::uuid[] is null")
    killed = {row["pid"] for row in await acme.fetch(LISTENERS)}
    assert len(killed) == 2
    await acme.fetch("select pg_terminate_backend(pid) from unnest($1::int[]) pid", list(killed))
    async with asyncio.timeout(20):
        while len({row["pid"] for row in await acme.fetch(LISTENERS)} - killed) < 2:
            pass
    waiters = await start_waiting(acme, await acme.seq(), other)
    await acme.check_in("macros", 1)
    async with asyncio.timeout(10):
        assert await asyncio.gather(*waiters) == [True]


async def test_a_position_already_passed_needs_no_waiting(acme: Acme, other: ChangeNotifier):
    await acme.check_in("macros", 1)
    async with asyncio.timeout(10):
        assert await acme.notifier.wait_past(acme.organization.id, await acme.seq() - 1, 0)
        assert await other.wait_past(acme.organization.id, await acme.seq() - 1, 9)


async def test_waiting_ends_when_time_runs_out_and_leaves_nothing_behind(acme: Acme):
    assert not await acme.notifier.wait_past(acme.organization.id, await acme.seq(), 0.01)
    assert dict(acme.notifier._waiting) == {}
    [waiter] = await start_waiting(acme, await acme.seq(), acme.notifier)
    waiter.cancel()
    await asyncio.gather(waiter, return_exceptions=True)
    assert dict(acme.notifier._waiting) == {}


async def test_another_organisations_commits_wake_nobody_here(acme: Acme):
    [waiter] = await start_waiting(acme, 10**6, acme.notifier)
    acme.notifier.moved(uuid4(), 10**9)
    acme.notifier.moved(acme.organization.id, 5)
    await asyncio.sleep(0)
    assert not waiter.done()
    acme.notifier.moved(acme.organization.id, 10**6 + 1)
    assert await waiter


async def test_many_commits_are_told_in_few_hints_of_which_the_last_names_the_head(acme: Acme):
    heard: list[str] = []
    last = asyncio.Event()

    def hear(*told: object) -> None:
        heard.append(str(told[-1]))
        if heard[-1] == f"{acme.organization.id}:1099":
            last.set()

    async with acme.database.across() as connection:
        await connection.add_listener(CHANNEL, hear)
        for seq in range(1_000, 1_100):
            acme.notifier.moved(acme.organization.id, seq)
        async with asyncio.timeout(10):
            await last.wait()
        await connection.remove_listener(CHANNEL, hear)
    assert len(heard) < 5


async def test_a_hint_that_nobody_can_read_does_not_deafen_the_listener(acme: Acme, other: ChangeNotifier):
    [waiter] = await start_waiting(acme, await acme.seq(), other)
    for nonsense in ("", "nonsense", f"{acme.organization.id}", f"{acme.organization.id}:x"):
        await acme.fetch("select pg_notify($1, $2)", CHANNEL, nonsense)
    await acme.check_in("macros", 1)
    async with asyncio.timeout(10):
        assert await waiter


async def test_starting_and_stopping_at_once_leaves_no_connection(acme_url: str):
    async with Database.open(acme_url) as database:
        for _ in range(10):
            async with ChangeNotifier.running(database):
                await asyncio.sleep(0.001)
        async with database.across() as connection:
            async with asyncio.timeout(10):
                while await connection.fetchval(f"select count(*) from ({LISTENERS}) each"):
                    pass
