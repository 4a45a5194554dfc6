"""Unit of work: one at a time in an organisation, all or nothing, times in the order of `seq`."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from okr_api.okr.author import Author
from okr_api.okr.change import Change
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import NotFound
from okr_api.okr.people import Person
from okr_api.store.database import Database, new_id
from okr_api.store.unit_of_work import Work, unit_of_work
from tests.acme import Acme, Workplace


def join(work: Work, name: str) -> None:
    person = Person(new_id(), None, name)
    work.plain.put(person)
    work.changes.append(
        Change(work.next_seq, work.now, ChangeKind.PERSON_CREATED, Author("t"), NodeType.PERSON, person.id)
    )


async def test_an_organisation_is_changed_by_one_at_a_time_and_others_are_not_held_up(acme: Acme):
    beta = await Workplace.found(acme.database, acme.notifier, "Beta")
    start = await acme.seq()
    async with acme.work_elsewhere() as work:
        join(work, "First")
        waiting = asyncio.create_task(acme.person("Second"))
        await beta.person("Elsewhere")
        [held] = await wait_for_the_lock(acme)
        assert "for no key update" in held["query"]
        assert not waiting.done()
        assert await acme.seq() == start
    await waiting
    assert [row["kind"] for row in await acme.fetch("select kind from change where seq > $1", start)] == [
        "PERSON_CREATED"
    ] * 2
    names = await acme.fetch(
        "select name from change join person on person.id = node_id where change.seq > $1 "
        "and change.organization_id = $2 order by change.seq", start, acme.organization.id,
    )  # fmt: skip
    assert [row["name"] for row in names] == ["First", "Second"]


async def wait_for_the_lock(acme: Acme) -> list[dict[str, str]]:
    while True:
        rows = await acme.fetch(
            "select query from pg_stat_activity "
            "where wait_event_type = 'Lock' and datname = current_database()"
        )
        if rows:
            return rows


async def test_what_the_one_before_has_committed_is_seen(acme: Acme):
    async with acme.work_elsewhere() as work:
        seq = work.next_seq
        join(work, "First")

        async def next_one() -> tuple[int, int]:
            async with unit_of_work(acme.database, acme.organization.id) as later:
                people = await later.connection.fetch("select * from person where name = 'First'")
                return later.seq, len(people)

        waiting = asyncio.create_task(next_one())
        await wait_for_the_lock(acme)
    assert await waiting == (seq, 1)


async def test_a_fault_while_working_or_saving_leaves_nothing(acme: Acme):
    before = await acme.tables()

    async def work_badly(reason: str, divisor: int) -> None:
        async with unit_of_work(acme.database, acme.organization.id) as work:
            join(work, f"Nobody {1 / divisor}")
            work.changes[0] = replace(work.changes[0], reason=reason)

    with pytest.raises(ZeroDivisionError):
        await work_badly("R", 0)
    with pytest.raises(asyncpg.PostgresError):
        await work_badly("NUL \0", 1)
    assert await acme.tables() == before
    await acme.person("Somebody")


async def test_work_that_changes_nothing_moves_nothing(acme: Acme):
    before = await acme.tables()
    async with unit_of_work(acme.database, acme.organization.id) as work:
        assert list(work.tree.cycles) == [acme.year, acme.quarter]
    assert await acme.tables() == before


async def test_an_organisation_that_is_not_there_is_not_found(database: Database):
    with pytest.raises(NotFound, match="no such organisation"):
        async with unit_of_work(database, new_id()):
            pass


async def test_recorded_at_never_runs_backwards_against_seq(acme: Acme):
    ahead = datetime.now(UTC) + timedelta(minutes=4)
    await acme.fetch("update feed_head set recorded_at = $1", ahead)
    await acme.person("In the future of a clock that was set back")
    assert (await acme.change())["recorded_at"] == ahead
    backwards = await acme.fetch(
        "select seq from (select seq, recorded_at, lag(recorded_at) over (order by seq) before from change) "
        "one where recorded_at < before"
    )
    assert backwards == []


async def test_time_is_taken_after_the_lock_not_when_waiting_began(acme: Acme):
    async with acme.work_elsewhere() as work:
        waiting = asyncio.create_task(acme.person("Waited"))
        await wait_for_the_lock(acme)
        [row] = await acme.fetch("select clock_timestamp() as now")
        join(work, "First")
        work.changes[0] = replace(work.changes[0], recorded_at=work.now)
    await waiting
    assert (await acme.change())["recorded_at"] > row["now"]


async def test_several_changes_of_one_transaction_have_their_own_seq(acme: Acme):
    start = await acme.seq()
    async with unit_of_work(acme.database, acme.organization.id) as work:
        assert work.next_seq == start + 1
        join(work, "One")
        join(work, "Two")
        join(work, "Three")
    assert await acme.seq() == start + 3
    assert [row["seq"] for row in await acme.fetch("select seq from change order by seq")] == list(
        range(1, start + 4)
    )
