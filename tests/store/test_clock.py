"""Clock: effective times are by the real clock, and nothing is recorded after a head from a wrong clock."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from okr_api.okr.author import Author
from okr_api.services import organization
from okr_api.services.clock_repair import repair_clock
from okr_api.store.unit_of_work import MAX_HEAD_LEAD, unit_of_work
from tests.acme import Acme, days_ago, said
from tests.store.test_unit_of_work import wait_for_the_lock

WRONGLY_RECORDED = (
    "update change set recorded_at = recorded_at + $2 where seq = $1",
    "update check_in set recorded_at = recorded_at + $2, effective_at = effective_at + $2 where seq = $1",
    "update objective_version set recorded_at = recorded_at + $2 where seq = $1",
    "update feed_head set recorded_at = recorded_at + $2 where seq = $1",
)


async def record_wrongly(acme: Acme, by: timedelta) -> None:
    """Change the latest change to what it would be if the clock had been ahead by this much."""
    seq = await acme.seq()
    for statement in WRONGLY_RECORDED:
        await acme.fetch(statement, seq, by)


async def test_what_is_told_of_the_organisation_is_what_was_committed_before_the_lock(acme: Acme):
    async with acme.work_elsewhere() as work:
        await organization.edit_organization(work, acme.actor, edits={"name": "Renamed"})

        async def name_seen() -> str:
            async with unit_of_work(acme.database, acme.organization.id) as later:
                return later.organization.name

        waiting = asyncio.create_task(name_seen())
        await wait_for_the_lock(acme)
    assert await waiting == "Renamed"


async def test_a_check_in_is_effective_by_the_real_clock_when_the_head_is_a_little_ahead(acme: Acme):
    ahead = datetime.now(UTC) + timedelta(minutes=4)
    await acme.fetch("update feed_head set recorded_at = $1", ahead)
    made = [await acme.check_in("macros", 1), await acme.check_in("macros", 2, effective_at=ahead)]
    rows = [await acme.row("check_in", id) for id in made]
    assert [row["recorded_at"] for row in rows] == [ahead, ahead]
    assert all(row["effective_at"] < datetime.now(UTC) for row in rows)
    late = await acme.say(said("macros", 3, effective_at=ahead + timedelta(minutes=4)))
    assert [e.code for e in late.item_errors] == ["READING_IN_FUTURE"]
    key_result = await acme.key_result("New", "clear_backlog")
    assert (await acme.row("key_result", key_result))["created_at"] < datetime.now(UTC)


async def test_nothing_is_recorded_after_a_head_more_than_five_minutes_ahead(acme: Acme):
    assert timedelta(minutes=5) == MAX_HEAD_LEAD
    await acme.fetch("update feed_head set recorded_at = clock_timestamp() + interval '5 minutes 10 seconds'")
    before = await acme.tables()
    refused: list[Any] = [
        await acme.do(organization.add_person, name="Dana"),
        *await asyncio.gather(*(acme.say(said("macros", n)) for n in range(3))),
    ]
    for outcome in refused:
        assert [(e.code(), e.path) for e in outcome.errors] == [("CLOCK_IS_BEHIND", ())]
        assert "okr-api repair-clock" in outcome.errors[0].message
    assert await acme.tables() == before


async def test_a_repair_brings_back_to_now_what_a_wrong_clock_has_recorded(acme: Acme):
    await acme.check_in("macros", 2, effective_at=days_ago(2))
    objective = await acme.objective("Of a wrong clock")
    await record_wrongly(acme, timedelta(days=100))
    await acme.fetch("update feed_head set recorded_at = clock_timestamp()")
    await acme.check_in("macros", 8)
    await record_wrongly(acme, timedelta(days=300))
    assert (await acme.do(organization.add_person, name="Dana")).errors
    start = await acme.seq()
    repair = await repair_clock(acme.database, acme.organization.id, author=Author("okr-api"))
    assert repair is not None
    assert repair.seq == start + 1
    assert timedelta(days=299) < repair.ahead < timedelta(days=301)
    assert await acme.verify() == []
    assert await acme.progress(acme.macros) == 0.8
    [row] = await acme.versions("objective", objective)
    assert row["recorded_at"] <= datetime.now(UTC)
    assert await acme.fetch("select seq from change where recorded_at > clock_timestamp()") == []
    backwards = (
        "select from (select recorded_at, lag(recorded_at) over (order by seq) before from change) one"
    )
    assert await acme.fetch(f"{backwards} where recorded_at < before") == []
    assert (await acme.change())["author_name"] == "okr-api"
    assert not (await acme.do(organization.add_person, name="Dana")).errors
    last = await acme.say(said("macros", 9))
    assert not last.item_errors
    assert await acme.progress(acme.macros) == 0.9
    assert await acme.verify() == []


async def test_a_head_of_the_right_clock_needs_no_repair(acme: Acme):
    before = await acme.tables()
    assert await repair_clock(acme.database, acme.organization.id, author=Author("okr-api")) is None
    assert await acme.tables() == before
