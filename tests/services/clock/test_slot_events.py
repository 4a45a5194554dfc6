"""Clock events of check-in slots: told once each, in order, with their instants, however the clock runs."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from okr_api.auth.actor import Actor, Scope
from okr_api.okr.author import Author
from okr_api.okr.cadence import Cadence, Weekday
from okr_api.okr.calendar import INSTANT
from okr_api.okr.holiday_calendar import HolidayCalendar
from okr_api.okr.policy import Role
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.services import key_results, objectives, organization, teams
from okr_api.services.absences import add_absence
from okr_api.services.clock import ticker
from okr_api.services.clock.ticker import tick, tick_organization
from okr_api.services.references import Ref
from okr_api.store import slot_events
from okr_api.store.check_in_plans import load_slots
from okr_api.store.database import Database
from tests.acme import TODAY, Acme, Workplace, World, ref, said
from tests.conftest import Server
from tests.moving_clock import NOON, set_clock, with_moving_clock

DAY = timedelta(days=1)
FIRST_DAY = TODAY + timedelta(days=4)  # the first due day after the clock of the tests began
WEEKLY = Cadence(weeks=1, weekday=list(Weekday)[FIRST_DAY.weekday()], at=time(10))
OF_PLATFORM = ("uptime", "errors", "load", "failover", "rollout", "latency")
TOLD = """
    select due_at, kind, node_type, node_id, related_ids, recorded_at from change
    where organization_id = $1 and kind in ('CHECK_IN_DUE', 'CHECK_IN_LATE', 'CHECK_IN_MISSED') order by seq
"""
Event = tuple[str, datetime, UUID]


def due(acme: Acme, week: int = 0) -> datetime:
    """Return when the check-ins of a week are due, in local time, to which days can be added."""
    zone = acme.organization.zone
    return WEEKLY.instant(FIRST_DAY + timedelta(weeks=week), zone).astimezone(zone)


async def told(place: Workplace, *names: str) -> list[Event]:
    """Return the events of key results and objectives of Acme, of all without a name, in order of the feed."""
    rows = await place.fetch(TOLD, place.organization.id)
    assert all(row["due_at"] <= row["recorded_at"] for row in rows)
    assert [row["due_at"] for row in rows] == sorted(row["due_at"] for row in rows)
    events = [(row["kind"].removeprefix("CHECK_IN_"), row["due_at"], row["node_id"]) for row in rows]
    assert max(Counter(events).values(), default=1) == 1
    ids = [getattr(place, name) for name in names]
    return [event for event in events if not names or event[2] in ids]


async def weekly(acme: Acme, cadence: Cadence | None = WEEKLY, team: str = "platform") -> None:
    await acme.done(teams.edit_team, team=team, edits={"cadence": cadence})


async def at(acme: Acme, instant: datetime) -> None:
    """Move the clock to an instant, and let it tell what is due."""
    await set_clock(acme.database, instant)
    assert (await tick(acme.database))[1] == 0


def missed(id: UUID, due_at: datetime) -> list[Event]:
    """Return the events of a slot that nobody meets."""
    return [
        ("DUE", due_at, id),
        ("LATE", due_at + DAY + INSTANT, id),
        ("MISSED", due_at + 3 * DAY + INSTANT, id),
    ]


async def test_a_slot_that_nobody_meets_is_due_late_and_missed_at_its_instants(timed: Acme):
    await weekly(timed)
    await tick(timed.database)
    first = due(timed)
    for instant, count in (
        (first - INSTANT, 0),
        (first, 1),
        (first + timedelta(minutes=1), 1),
        (first + DAY, 1),
        (first + DAY + INSTANT, 2),
        (first + 3 * DAY, 2),
        (first + 3 * DAY + INSTANT, 3),
    ):
        await at(timed, instant)
        assert await told(timed, "uptime") == missed(timed.uptime, first)[:count]
    events = await told(timed)
    assert {id for *_, id in events} == {getattr(timed, name) for name in OF_PLATFORM}
    assert sorted(events) == sorted(
        event for name in OF_PLATFORM for event in missed(getattr(timed, name), first)
    )
    [row, *_] = [
        row for row in await timed.fetch(TOLD, timed.organization.id) if row["node_id"] == timed.uptime
    ]
    assert (row["node_type"], row["related_ids"]) == ("KEY_RESULT", [timed.never_down, timed.cem])


async def live(acme: Acme, instants: Sequence[datetime]) -> list[Event]:
    """Let Acme check in at fixed times, with ticks at instants in between; return what was told."""
    await weekly(acme)
    await acme.done(objectives.edit_objective, objective="answer_fast", edits={"cadence": WEEKLY})
    await tick(acme.database)
    first, second = due(acme), due(acme, 1)
    made = {
        first - 2 * DAY: said("uptime", 99.95, status="ON_TRACK"),
        first + timedelta(hours=1): said("errors", confidence=0.5),
        first + 2 * DAY: said(None, objective=ref("answer_fast"), confidence=0.5),
        second: said("load", confidence=0.5),
        second + 4 * DAY: said("latency", confidence=0.5),
    }
    for instant in sorted({*instants, *made}):
        await set_clock(acme.database, instant)
        if instant in made:
            outcome = await acme.say(made[instant])
            assert (outcome.errors, outcome.item_errors) == ((), ())
        if instant in instants:
            await tick(acme.database)
    return await told(acme)


async def test_the_same_is_told_however_often_the_clock_runs_and_after_downtime(
    server: Server, acme_template: tuple[str, World], monkeypatch: pytest.MonkeyPatch
):
    name, world = acme_template
    histories = []
    end = NOON + 15 * DAY
    hourly = [NOON + timedelta(hours=hour) for hour in range(0, 360, 9)] + [end]
    for instants, limit in ((hourly, ticker.MAX_CLOCK_EVENTS), ([end], ticker.MAX_CLOCK_EVENTS), ([end], 3)):
        monkeypatch.setattr(ticker, "MAX_CLOCK_EVENTS", limit)
        monkeypatch.setattr(slot_events, "MAX_NODES_OF_CLOCK", 2 if limit == 3 else 200)
        async with (
            with_moving_clock(server, name) as url,
            Database.open(url) as database,
            ChangeNotifier.running(database) as wakeups,
        ):
            acme = Acme(database, wakeups, world)
            histories.append(await live(acme, instants))
    often, once, in_small_batches = histories
    assert often == once
    assert sorted(often) == sorted(in_small_batches)
    of = {
        name: [event for event in often if event[2] == getattr(acme, name)]
        for name in (*OF_PLATFORM, "answer_fast", "macros")
    }
    first, second = due(acme), due(acme, 1)
    assert of["uptime"] == missed(acme.uptime, second)
    assert of["errors"][:1] == missed(acme.errors, first)[:1]
    assert of["errors"][1:] == missed(acme.errors, second)
    assert of["answer_fast"] == [*missed(acme.answer_fast, first)[:2], *missed(acme.answer_fast, second)]
    assert of["load"] == missed(acme.load, first)
    assert of["latency"] == [*missed(acme.latency, first), *missed(acme.latency, second)]
    assert of["macros"] == []


async def test_a_delegate_is_told_of_and_what_is_excused_is_neither_late_nor_missed(timed: Acme):
    await weekly(timed)
    days = {"starts_on": FIRST_DAY, "ends_on": FIRST_DAY}
    await timed.done(add_absence, person=timed.cem, delegate=Ref(timed.ben), **days)
    await tick(timed.database)
    await at(timed, due(timed) + 6 * DAY)
    assert await told(timed, "uptime") == missed(timed.uptime, due(timed))[:1]
    rows = await timed.fetch(TOLD, timed.organization.id)
    assert {tuple(row["related_ids"]) for row in rows} == {(timed.never_down, timed.ben, timed.cem)}
    week = {"starts_on": FIRST_DAY + timedelta(weeks=1), "ends_on": FIRST_DAY + timedelta(weeks=1)}
    for person in (timed.cem, timed.ben):
        await timed.done(
            add_absence, person=person, delegate=Ref(timed.ben if person == timed.cem else timed.ann), **week
        )
    await at(timed, due(timed, 1) + 6 * DAY)
    assert await told(timed) == [event for event in await told(timed) if event[1] == due(timed)]


async def test_without_a_cadence_nothing_is_told_and_nothing_is_due(timed: Acme):
    await tick(timed.database)
    await at(timed, NOON + 30 * DAY)
    assert await told(timed) == []
    position = "select next_at from clock_position where organization_id = $1 and source = 'slots'"
    assert await timed.fetch(position, timed.organization.id) == [{"next_at": None}]
    await weekly(timed, team="support")
    await tick(timed.database)
    [row] = await timed.fetch(position, timed.organization.id)
    assert NOON + 30 * DAY < row["next_at"] <= NOON + 37 * DAY


async def test_slots_of_before_stay_due_when_a_cadence_changes_and_not_when_it_is_taken_away(timed: Acme):
    await weekly(timed)
    await tick(timed.database)
    first = due(timed)
    await at(timed, first + INSTANT)
    later = replace(WEEKLY, weeks=2, at=time(23), counted_from=FIRST_DAY + timedelta(weeks=1))
    await weekly(timed, later)
    await at(timed, first + 5 * DAY)
    assert await told(timed, "uptime") == missed(timed.uptime, first)
    zone = timed.organization.zone
    again = later.instant(FIRST_DAY + timedelta(weeks=1), zone).astimezone(zone)
    await at(timed, again + INSTANT)
    await weekly(timed, None)
    await at(timed, again + 20 * DAY)
    assert await told(timed, "uptime") == [*missed(timed.uptime, first), *missed(timed.uptime, again)[:1]]


async def test_what_is_not_owed_any_more_is_not_told(timed: Acme):
    await weekly(timed)
    await tick(timed.database)
    await timed.done(key_results.pause_key_result, key_result="errors", reason="Later")
    await timed.done(objectives.edit_objective, objective="never_down", edits={"cadence": WEEKLY})
    await at(timed, due(timed) + INSTANT)
    assert ("DUE", due(timed), timed.never_down) in await told(timed)
    assert await told(timed, "errors") == []
    locked = replace(WEEKLY, locked=True, at=time(11))
    await timed.done(organization.edit_organization, edits={"cadence": locked}, scope=Scope.ADMIN)
    await timed.done(objectives.pause_objective, objective="clear_backlog", reason="Later")
    await at(timed, due(timed, 1) + timedelta(hours=1))
    assert [at for _, at, _ in await told(timed, "uptime")][-1] == due(timed, 1) + timedelta(hours=1)
    assert [kind for kind, *_ in await told(timed, "never_down")] == ["DUE", "LATE", "MISSED"]
    assert await told(timed, "macros", "clear_backlog") == []


async def test_events_of_a_node_at_one_instant_are_told_in_one_batch(
    timed: Acme, monkeypatch: pytest.MonkeyPatch
):
    """A slot that holidays moved from Friday to Monday is missed when the next one is late."""
    begun = TODAY + timedelta(days=2)
    friday = begun + timedelta(days=(4 - begun.weekday()) % 7)
    long = Cadence(weeks=1, weekday=Weekday.FRIDAY, at=time(10), grace_days=6, tolerance_days=2)
    edits = {"holiday_calendar": HolidayCalendar(days=(friday,)), "cadence": long}
    await timed.done(organization.edit_organization, edits=edits, scope=Scope.ADMIN)
    await tick(timed.database)
    monkeypatch.setattr(ticker, "MAX_CLOCK_EVENTS", 1)
    monkeypatch.setattr(ticker, "MAX_CLOCK_BATCHES", 10_000)
    at_once = long.instant(friday + timedelta(days=9), timed.organization.zone) + INSTANT
    await at(timed, at_once)
    assert [kind for kind, at, _ in await told(timed, "uptime") if at == at_once] == ["MISSED", "LATE"]
    assert len(await told(timed, "uptime")) == 5


async def test_two_processes_tell_each_event_once(timed: Acme):
    await weekly(timed)
    await tick(timed.database)
    await set_clock(timed.database, due(timed) + 7 * DAY)
    async with Database.open(timed.database.dsn) as other:
        both = [timed.database, other, timed.database, other]
        await asyncio.gather(*(tick_organization(each, timed.organization.id) for each in both))
    assert len(await told(timed)) == 4 * len(OF_PLATFORM)


async def test_what_was_checked_in_before_its_instant_is_not_told_until_it_is_retracted(timed: Acme):
    await weekly(timed)
    await tick(timed.database)
    await set_clock(timed.database, due(timed) - timedelta(minutes=1))
    ben: Any = Actor(
        timed.organization.id,
        timed.organization.id,
        Author("Ben", timed.ben),
        frozenset({Scope.ADMIN}),
        Role.ADMIN,
    )
    await timed.group_commit.check_in(ben, [said("uptime", 99.95)])
    await at(timed, due(timed) + timedelta(hours=2))
    assert await told(timed, "uptime") == []
    await timed.retract((await timed.row("key_result", timed.uptime))["latest_check_in_id"])
    await at(timed, due(timed) + 7 * DAY)
    assert [kind for kind, *_ in await told(timed, "uptime")] == ["LATE", "MISSED", "DUE"]


async def test_slots_that_changes_bring_close_together_are_met_by_as_many_check_ins(timed: Acme):
    days = [NOON.date() + (number + 1) * DAY for number in range(5)]
    for day in days:
        await weekly(timed, Cadence(months=2, day=day.day, counted_from=day, at=time(10)))
        await set_clock(timed.database, NOON + (day - NOON.date()))
    made = [
        await timed.check_in("uptime", None, confidence=0.5, effective_at=NOON - timedelta(hours=hours))
        for hours in range(6, 0, -1)
    ]
    async with timed.database.of(timed.organization.id) as connection:
        found = await load_slots(connection, timed.organization, [timed.uptime], NOON + 6 * DAY)
    assert [slot.due.day for slot in found[timed.uptime][:5]] == days
    assert [slot.check_in_id for slot in found[timed.uptime][:5]] == made[:5]
