"""Import locks: an import is planned without a lock; only saving locks the organisation."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg
import pytest

from okr_api.services.import_export import importer
from okr_api.store.database import Database
from tests.acme import Workplace
from tests.services.import_export.files import MID_QUARTER, bring_small, check_in, quarter
from tests.services.import_export.files import objective as objective_row

BAD = quarter(objectives=[objective_row("O1", cycle_id="nowhere")])
LOCK = "select from feed_head where organization_id = $1 for no key update"


@asynccontextmanager
async def locked(place: Workplace) -> AsyncIterator[None]:
    """Lock the organisation's feed head in another transaction."""
    holder = await asyncpg.connect(place.database.dsn)
    try:
        async with holder.transaction():
            await holder.execute(LOCK, place.organization.id)
            yield
    finally:
        await holder.close()


def run_in_thread(place: Workplace, work: Callable[[Workplace], Awaitable[object]]) -> None:
    """Run work on the organisation in a thread with a database pool of its own, as another process would."""

    async def done() -> None:
        async with Database.open(place.database.dsn, most_connections=2) as database:
            await work(Workplace(database, place.notifier, place.organization, place.actor))

    thread = threading.Thread(target=lambda: asyncio.run(done()))
    thread.start()
    thread.join()


@pytest.mark.parametrize("file", (quarter(), BAD), ids=("taken", "refused"))
async def test_a_dry_run_neither_waits_for_a_lock_nor_holds_one(tenant, file):
    async with locked(tenant):
        dry = await bring_small(tenant, file, dry_run=True)
    real = await bring_small(tenant, file)
    assert (dry.counts, dry.rows, dry.refused) == (real.counts, real.rows, real.refused)


async def test_writers_go_on_during_a_dry_run(tenant):
    seen = []

    def progress(phase: str, done: int, total: int) -> None:
        if (phase, done) == ("counting", 1):
            run_in_thread(tenant, lambda place: place.person("Meanwhile"))
            seen.append(phase)

    report = await bring_small(tenant, quarter(), dry_run=True, progress=progress)
    assert (seen, report.seq, await tenant.seq()) == (["counting"], None, 1)


async def test_a_refused_file_is_reported_without_a_lock(tenant):
    async with locked(tenant):
        report = await bring_small(tenant, BAD)
    assert report.refused


async def test_a_file_that_says_nothing_new_needs_no_lock(tenant):
    await bring_small(tenant, quarter())
    async with locked(tenant):
        report = await bring_small(tenant, quarter())
    assert (report.seq, report.refused) == (None, False)


@pytest.mark.parametrize("writes", (1, 2, 5), ids=("once", "twice", "always"))
async def test_what_others_wrote_meanwhile_is_seen(tenant, writes):
    """If others write after every plan, the last plan is made with the organisation locked."""
    await bring_small(tenant, quarter())
    plans = []

    def progress(phase: str, done: int, total: int) -> None:
        if (phase, done) == ("counting", 1):
            plans.append(done)
            if len(plans) <= min(writes, importer.MAX_UNLOCKED_PLANS):
                run_in_thread(tenant, write)

    async def write(place: Workplace) -> None:
        at = MID_QUARTER - timedelta(days=1) + timedelta(minutes=len(plans))
        await place.check_in("small:K1", 90 + len(plans), effective_at=at)

    more = quarter(check_ins=[*quarter()["check_ins"], check_in("I3", "K2", 2, date="2026-05-11")])
    report = await bring_small(tenant, more, progress=progress)
    written = min(writes, importer.MAX_UNLOCKED_PLANS)
    assert len(plans) == written + 1
    assert report.counts["check_ins"].created == 1
    assert report.seq == await tenant.seq() == 2 + written
    assert await tenant.verify() == []
    assert [row["seq"] for row in await tenant.fetch("select seq from change order by seq")][-1] == report.seq


async def test_other_organisations_write_while_one_is_saved(many, tenant):
    """Another organisation checks in at each step of saving."""
    other = await Workplace.found(many[0], many[1], "Other", "UTC")
    await bring_small(other, quarter())
    seen = []

    def progress(phase: str, done: int, total: int) -> None:
        if phase == "saving":
            seen.append(done)
            run_in_thread(other, lambda place: place.check_in("small:K1", len(seen)))

    before = await other.seq()
    rows = [check_in(f"I{number}", "K1", number) for number in range(3)]
    report = await bring_small(tenant, quarter(check_ins=rows), progress=progress)
    assert report.seq == 1
    assert await other.seq() == before + len(seen) > before
