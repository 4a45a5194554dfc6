"""Background jobs run at their intervals, in one process at a time, and survive their failures."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import asyncpg
import pytest

from okr_api.services.jobs import job_runner
from okr_api.services.jobs.job_runner import (
    JITTER_SHARE,
    JOB_RECHECK_S,
    JOB_START_DELAY_S,
    MIN_JOB_RETRY_S,
    Job,
    JobOutcome,
    JobRunner,
    SystemClock,
)
from okr_api.store.database import MAX_JOB_CONNECTIONS, Database
from tests.conftest import Server
from tests.serving import PATIENCE_S

HOUR_S = 3_600.0
STARTED_S = 2 * JOB_START_DELAY_S  # by then each job has been tried
WITH_JITTER = 1 + JITTER_SHARE
HOLDER = "select pid from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())"


class ManualClock(SystemClock):
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = datetime(2027, 1, 1, tzinfo=UTC)
        self.asleep = asyncio.Event()
        self.moved = asyncio.Event()

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        until = self.at + timedelta(seconds=seconds)
        while self.at < until:
            self.asleep.set()
            self.moved.clear()
            await self.moved.wait()

    def move(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.asleep.clear()
        self.moved.set()

    async def pass_(self, seconds: float) -> None:
        """Lets time pass, and waits until nothing is due any more."""
        async with asyncio.timeout(PATIENCE_S):
            await self.asleep.wait()
            self.move(seconds)
            await self.asleep.wait()


class Count:
    """A job that counts its runs, and the positions that it was given."""

    def __init__(self, name: str = "count", interval_s: float = HOUR_S) -> None:
        self.positions: list[str | None] = []
        self.job = Job(name, interval_s, self.run)

    async def run(self, database: Database, position: str | None) -> JobOutcome:
        async with database.for_jobs() as connection:
            await connection.execute("select")
        self.positions.append(position)
        return JobOutcome(2, f"after {len(self.positions)}")


class Held:
    """A job that runs until it is let go."""

    def __init__(self) -> None:
        self.begun, self.let_go = asyncio.Event(), asyncio.Event()
        self.runs = 0
        self.job = Job("held", HOUR_S, self.run)

    async def run(self, database: Database, position: str | None) -> JobOutcome:
        self.runs += 1
        self.begun.set()
        await self.let_go.wait()
        return JobOutcome(0)


@asynccontextmanager
async def running(url: str, *jobs: Job) -> AsyncIterator[tuple[JobRunner, ManualClock]]:
    """A runner like that of a process of its own."""
    clock = ManualClock()
    runner = JobRunner(jobs, clock, Random(1))
    async with Database.open(url) as database, runner.running(database):
        yield runner, clock


async def soon(is_so: Callable[[], Awaitable[bool]]) -> None:
    """Waits for what another process of PostgreSQL does."""
    async with asyncio.timeout(PATIENCE_S):
        while not await is_so():
            pass


async def test_a_job_runs_soon_after_the_start_and_then_at_its_interval(database_url: str):
    count = Count()
    async with running(database_url, count.job) as (runner, clock):
        await clock.pass_(STARTED_S)
        assert len(count.positions) == 1
        await clock.pass_(HOUR_S - STARTED_S)
        assert len(count.positions) == 1
        for runs in (2, 3):
            await clock.pass_(HOUR_S * WITH_JITTER)
            assert len(count.positions) == runs
        [state] = runner.states
        assert (state.runs, state.failures, state.items) == (3, 0, 6)
        assert state.last_success == clock.now()
        assert state.seconds > 0


async def test_a_run_continues_where_the_one_before_ended(database_url: str):
    count = Count()
    async with running(database_url, count.job) as (_, clock):
        await clock.pass_(STARTED_S)
        await clock.pass_(HOUR_S * WITH_JITTER)
    async with running(database_url, count.job) as (_, clock):
        clock.at += timedelta(days=1)
        await clock.pass_(STARTED_S)
    assert count.positions == [None, "after 1", "after 2"]


async def test_two_processes_run_a_job_once_in_its_interval(database_url: str):
    first, second = Count(), Count()
    async with running(database_url, first.job) as (_, one), running(database_url, second.job) as (_, two):
        for clock in (one, two, one, two):
            await clock.pass_(STARTED_S)
        assert (len(first.positions), len(second.positions)) == (1, 0)
        await two.pass_(HOUR_S * WITH_JITTER)
        await one.pass_(HOUR_S - STARTED_S)
        assert (len(first.positions), len(second.positions)) == (1, 1)


async def test_a_job_that_another_process_runs_is_left_to_it(database_url: str):
    held, count = Held(), Count("held")
    async with running(database_url, held.job) as (_, one), running(database_url, count.job) as (runner, two):
        await one.asleep.wait()
        one.move(STARTED_S)
        await held.begun.wait()
        for _ in range(3):
            await two.pass_(max(STARTED_S, JOB_RECHECK_S + HOUR_S * JITTER_SHARE))
        assert (runner.states[0].runs, runner.states[0].failures) == (0, 0)
        held.let_go.set()
        await one.asleep.wait()
        await two.pass_(HOUR_S * 2)
        assert (held.runs, len(count.positions)) == (1, 1)


async def test_a_process_that_loses_its_lock_stops_the_job(database_url: str):
    held, count = Held(), Count("held")
    async with running(database_url, held.job) as (runner, one), running(database_url, count.job) as (_, two):
        await one.asleep.wait()
        one.move(STARTED_S)
        await held.begun.wait()
        connection = await asyncpg.connect(database_url)
        [row] = await connection.fetch(HOLDER)
        await connection.fetch("select pg_terminate_backend($1, 10000)", row["pid"])
        await connection.close()
        await one.asleep.wait()
        assert runner.states[0].failures == 1
        assert not held.let_go.is_set()
        await two.pass_(STARTED_S)
        assert len(count.positions) == 1


async def test_a_failing_job_is_logged_and_tried_again_later_and_later_and_stops_no_other(
    database_url: str, caplog: pytest.LogCaptureFixture
):
    tried = 0

    async def fail(database: Database, position: str | None) -> JobOutcome:
        nonlocal tried
        tried += 1
        raise ValueError("planted")

    count = Count(interval_s=MIN_JOB_RETRY_S)
    async with running(database_url, Job("fail", HOUR_S, fail), count.job) as (runner, clock):
        await clock.pass_(STARTED_S)
        assert (tried, len(count.positions)) == (1, 1)
        for attempt in (2, 3):
            delay_s = MIN_JOB_RETRY_S * 2 ** (attempt - 2)
            await clock.pass_(delay_s - 1)
            assert tried == attempt - 1
            await clock.pass_(1 + HOUR_S * JITTER_SHARE)
            assert tried == attempt
        for _ in range(10):
            await clock.pass_(HOUR_S * 2)
        before = tried
        await clock.pass_(HOUR_S * WITH_JITTER)
        assert tried == before + 1
        assert runner.states[0].failures == runner.states[0].runs == tried
        assert runner.states[1].failures == 0
        assert len(count.positions) > tried
    logged = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(logged) == tried
    assert "The job fail failed" in logged[0].message
    assert "planted" in str(logged[0].exc_info)


async def test_a_database_that_is_away_fails_a_job_that_is_done_when_it_is_back(
    server: Server, template: str
):
    count = Count()
    async with (
        server.copy_of(template) as name,
        running(server.url_of(name), count.job) as (runner, clock),
    ):
        await clock.asleep.wait()
        await server.execute(f"alter database {name} with allow_connections false")
        await server.execute(
            f"select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = '{name}'"
        )
        await clock.pass_(STARTED_S)
        assert (runner.states[0].failures, count.positions) == (1, [])
        await server.execute(f"alter database {name} with allow_connections true")
        await clock.pass_(MIN_JOB_RETRY_S + HOUR_S * JITTER_SHARE)
        assert (runner.states[0].failures, len(count.positions)) == (1, 1)
        assert runner.states[0].failures_in_a_row == 0


async def test_what_was_missed_while_no_process_ran_is_made_up_for_once(database_url: str):
    count = Count()
    async with running(database_url, count.job) as (_, clock):
        await clock.pass_(STARTED_S)
    async with running(database_url, count.job) as (_, clock):
        await clock.pass_(STARTED_S)  # within the interval of the run before
        assert len(count.positions) == 1
    async with running(database_url, count.job) as (_, clock):
        clock.at += timedelta(days=3)
        await clock.pass_(STARTED_S)
        await clock.pass_(STARTED_S)
        assert len(count.positions) == 2


async def test_a_job_that_takes_too_long_is_ended(database_url: str, monkeypatch: pytest.MonkeyPatch):
    held = Held()
    monkeypatch.setattr(job_runner, "JOB_TIMEOUT_S", 0.5)
    async with running(database_url, held.job) as (runner, clock):
        await clock.pass_(STARTED_S)
        assert (held.runs, runner.states[0].failures) == (1, 1)


async def test_a_job_ends_with_its_process_and_frees_its_lock(database_url: str):
    held, count = Held(), Count("held")
    async with asyncio.timeout(PATIENCE_S):
        async with running(database_url, held.job) as (_, clock):
            await clock.asleep.wait()
            clock.move(STARTED_S)
            await held.begun.wait()
    connection = await asyncpg.connect(database_url)

    async def nobody_holds_it() -> bool:
        return not await connection.fetch(HOLDER)

    await soon(nobody_holds_it)
    await connection.close()
    async with running(database_url, count.job) as (_, clock):
        await clock.pass_(STARTED_S)
    assert len(count.positions) == 1


async def test_jobs_take_no_connections_of_requests(database_url: str):
    held = Held()
    async with Database.open(database_url) as database:
        clock = ManualClock()
        async with JobRunner([held.job], clock, Random(1)).running(database):
            await clock.asleep.wait()
            clock.move(STARTED_S)
            await held.begun.wait()
            assert database.job_pool.get_size() - database.job_pool.get_idle_size() == 1
            assert database.job_pool.get_max_size() == MAX_JOB_CONNECTIONS == 6
            for pool in (database.pool, database.lookups, database.feed_pool):
                assert pool.get_size() == pool.get_idle_size()


async def test_a_prompt_job_does_not_wait_for_another_one(database_url: str):
    held, count = Held(), Count("prompt", 60.0)
    prompt = replace(count.job, is_prompt=True)
    async with running(database_url, held.job, prompt) as (_, clock):
        await clock.pass_(STARTED_S)
        await held.begun.wait()
        for _ in range(3):
            await clock.pass_(60.0 * WITH_JITTER)
        assert (held.runs, len(count.positions)) == (1, 4)
