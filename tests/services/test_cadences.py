"""Cadences: who inherits which, locks, the statuses that they move, and the slots that follow from them."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from okr_api.auth.actor import Actor, Scope
from okr_api.okr.author import Author
from okr_api.okr.cadence import MAX_CADENCE_MONTHS, MAX_CADENCE_WEEKS, MAX_DAY_OF_MONTH, Cadence, Weekday
from okr_api.okr.check_in import ReportedStatus
from okr_api.okr.check_in_slots import CheckInSlotState, Slot
from okr_api.okr.holiday_calendar import MAX_OWN_HOLIDAYS, HolidayCalendar
from okr_api.okr.people import TeamRole
from okr_api.okr.policy import Editing, Role
from okr_api.services import key_results, objectives, organization, teams
from okr_api.services.absences import add_absence
from okr_api.services.number_repair import recount_organization
from okr_api.services.references import Ref
from okr_api.store.check_in_plans import (
    MAX_SLOT_DAYS_AFTER,
    MAX_SLOT_DAYS_BEFORE,
    load_slots,
)
from tests.acme import TODAY, Acme, days_ago, ref, said

WEEKDAY = list(Weekday)[TODAY.weekday()]
AT = time(23, 59)
WEEKLY = Cadence(weeks=1, weekday=WEEKDAY, at=AT)
MONTHLY = Cadence(months=1, day=15)
LOCKED = Cadence(weeks=2, weekday=WEEKDAY, locked=True)


async def set_cadence(acme: Acme, of: str, cadence: Cadence | None, **more: Any) -> None:
    """Set the cadence of the organisation, a team, an objective or a key result."""
    edits = {"cadence": cadence}
    if of == "organization":
        await acme.done(organization.edit_organization, edits=edits, scope=Scope.ADMIN)
    elif of == "uptime":
        await acme.done(key_results.edit_key_result, key_result=of, edits=edits, measure={})
    elif of in ("operations", "platform"):
        await acme.done(teams.edit_team, team=of, edits=edits, **more)
    else:
        await acme.done(objectives.edit_objective, objective=of, edits=edits)


async def effective(acme: Acme, external_id: str = "never_down") -> tuple[Any, ...] | None:
    """Return what applies to an objective: the type of the node that it was set on, weeks and months."""
    [row] = await acme.fetch("select effective_cadence from objective where external_id = $1", external_id)
    if (found := row["effective_cadence"]) is None:
        return None
    return found["source_type"], found["cadence"].get("weeks"), found["cadence"].get("months")


async def slots(acme: Acme, key_result: UUID, now: datetime | None = None) -> list[Slot]:
    async with acme.database.of(acme.organization.id) as connection:
        found = await load_slots(connection, acme.organization, [key_result], now or datetime.now(UTC))
    return found[key_result]


def end_of_day(acme: Acme, days: int) -> datetime:
    """Return when a check-in is due that many days from today."""
    return WEEKLY.instant(TODAY + timedelta(days=days), acme.organization.zone)


async def member(acme: Acme, person: UUID, team: UUID, role: TeamRole) -> None:
    await acme.done(teams.add_member, team=team, person=person, role=role)


def acting(acme: Acme, person: UUID, role: Role = Role.MEMBER) -> Actor:
    author = Author("Somebody", person)
    return Actor(acme.organization.id, acme.organization.id, author, frozenset({Scope.ADMIN}), role)


async def test_an_objective_has_the_nearest_cadence_above_it(acme: Acme):
    assert await effective(acme) is None
    await set_cadence(acme, "organization", WEEKLY)
    assert await effective(acme) == await effective(acme, "customers_stay") == ("ORGANIZATION", 1, None)
    above = await acme.team("Operations", external_id="operations", cadence=MONTHLY)
    assert await effective(acme) == ("ORGANIZATION", 1, None)
    await acme.done(teams.edit_team, team="platform", edits={"parent": Ref(above)})
    assert await effective(acme) == ("TEAM", None, 1)
    assert await effective(acme, "answer_fast") == ("ORGANIZATION", 1, None)
    await set_cadence(acme, "platform", Cadence(weeks=3, weekday=WEEKDAY))
    assert await effective(acme) == ("TEAM", 3, None)
    await set_cadence(acme, "never_down", Cadence(weeks=4, weekday=WEEKDAY))
    assert await effective(acme) == ("OBJECTIVE", 4, None)
    await acme.done(objectives.edit_objective, objective="never_down", edits={"cadence": None, "team": None})
    assert await effective(acme) == ("ORGANIZATION", 1, None)
    made = await acme.objective("New", team="platform", external_id="new")
    assert await effective(acme, "new") == ("TEAM", 3, None)
    await set_cadence(acme, "platform", None)
    assert await effective(acme, "new") == ("TEAM", None, 1)
    await acme.done(teams.edit_team, team="platform", edits={"parent": None})
    assert await effective(acme, "new") == ("ORGANIZATION", 1, None)
    assert (await acme.row("objective", made))["version"] == 1
    assert await acme.verify() == []


async def test_a_locked_cadence_stops_overriding_below(acme: Acme):
    await set_cadence(acme, "platform", MONTHLY)
    await set_cadence(acme, "uptime", MONTHLY)
    await set_cadence(acme, "organization", LOCKED)
    assert await effective(acme) == ("ORGANIZATION", 2, None)
    for service, more in (
        (teams.edit_team, {"team": "support"}),
        (objectives.edit_objective, {"objective": "never_down"}),
        (key_results.edit_key_result, {"key_result": "errors", "measure": {}}),
    ):
        refusal = await acme.refused(service, edits={"cadence": WEEKLY}, **more)
        assert (refusal.code(), refusal.path) == ("CADENCE_IS_LOCKED", ("cadence",))
    refusal = await acme.refused(objectives.draft_objective, cycle=acme.quarter, title="New", cadence=WEEKLY)
    assert refusal.code() == "CADENCE_IS_LOCKED"
    assert (await acme.refused(teams.add_team, name="New", cadence=WEEKLY)).code() == "CADENCE_IS_LOCKED"
    # What was there already can be sent back, and taken away.
    await acme.done(key_results.edit_key_result, key_result="uptime", edits={"cadence": MONTHLY}, measure={})
    await set_cadence(acme, "uptime", None)
    await set_cadence(acme, "organization", None)
    assert await effective(acme) == ("TEAM", None, 1)
    assert await acme.verify() == []


async def test_statuses_follow_the_cadence(acme: Acme):
    await acme.fetch("update key_result set created_at = $1 where id = $2", days_ago(25), acme.uptime)
    await acme.say(
        said("uptime", 99.95, effective_at=days_ago(2)), said("errors", 1, effective_at=days_ago(2))
    )
    stale_from = days_ago(2) + timedelta(days=10)
    [turn, *_] = (await acme.row("key_result", acme.errors))["status_turns"][-2:]
    assert abs(turn - stale_from) < timedelta(minutes=1)
    outcome = await acme.do(teams.edit_team, team="platform", edits={"cadence": WEEKLY})
    moved = {UUID(str(delta["node_id"])): delta for delta in outcome.deltas}
    assert moved[acme.uptime]["status_after"] == "STALE"  # a number of a service is no sign of life
    assert acme.backlog not in moved
    row = await acme.row("key_result", acme.uptime)
    assert row["statuses"][-2:][0] == "STALE"
    await acme.check_in("uptime", None, confidence=0.5)
    row = await acme.row("key_result", acme.uptime)
    [again] = [
        at for at, status in zip(row["status_turns"], row["statuses"][1:], strict=True) if status == "STALE"
    ]
    assert again == end_of_day(acme, 10)
    await set_cadence(
        acme, "uptime", Cadence(weeks=2, weekday=WEEKDAY, at=AT, grace_days=0, tolerance_days=0)
    )
    assert await acme.verify() == []
    await set_cadence(acme, "platform", None)
    await set_cadence(acme, "uptime", None)
    turns = (await acme.row("key_result", acme.errors))["status_turns"]
    assert turn in turns
    assert await acme.verify() == []


async def test_what_is_reported_of_an_objective_lapses_by_the_cadence(acme: Acme):
    async def lapses() -> datetime | None:
        until: datetime | None = (await acme.row("objective", acme.never_down))["reported_until"]
        return until

    report = await acme.check_in(None, objective=ref("never_down"), status=ReportedStatus.OFF_TRACK)
    said_at = (await acme.row("check_in", report))["effective_at"]
    assert await lapses() == said_at + timedelta(days=10)
    await set_cadence(acme, "platform", WEEKLY)
    assert await lapses() == end_of_day(acme, 10)
    assert await acme.verify() == []
    await acme.check_in("uptime", 99.95)  # it recounts the objective, and keeps what was reported
    prompt = Cadence(weeks=1, weekday=WEEKDAY, at=AT, grace_days=0, tolerance_days=0)
    await set_cadence(acme, "platform", prompt)
    assert await lapses() == end_of_day(acme, 7)
    assert await acme.verify() == []
    await set_cadence(acme, "platform", None)
    assert await lapses() == said_at + timedelta(days=10)
    assert await acme.verify() == []


async def test_holidays_move_what_is_due_and_what_is_stale(acme: Acme):
    await set_cadence(acme, "organization", WEEKLY)
    [before, *_] = await slots(acme, acme.uptime)
    assert before.due.due_at == end_of_day(acme, 0)
    holidays = HolidayCalendar(days=(TODAY, TODAY + timedelta(days=7)))
    edits = {"holiday_calendar": holidays}
    await acme.done(organization.edit_organization, edits=edits, scope=Scope.ADMIN)
    assert await acme.verify() == []
    found = await slots(acme, acme.uptime)
    assert found[0].due.day == HolidayCalendar(days=(TODAY,)).moved(TODAY) > TODAY
    assert found[1].due.day > TODAY + timedelta(days=7)


async def test_a_check_in_of_a_person_or_with_more_than_a_value_meets_a_slot(acme: Acme):
    await set_cadence(acme, "organization", WEEKLY)
    await acme.check_in("uptime", 99.95)
    assert [slot.state for slot in await slots(acme, acme.uptime)][:2] == ["DUE", "UPCOMING"]
    met = await acme.check_in("uptime", 99.95, status="ON_TRACK")
    [first, *others] = await slots(acme, acme.uptime)
    assert (first.state, first.check_in_id, first.owed_by_id) == ("ON_TIME", met, acme.cem)
    assert {slot.state for slot in others} == {CheckInSlotState.UPCOMING}
    assert [slot.due.day for slot in others] == [TODAY + timedelta(days=7 * week) for week in range(1, 9)]
    outcome = await acme.group_commit.check_in(acting(acme, acme.cem), [said("errors", 0.5)])
    assert (outcome.errors, outcome.item_errors) == ((), ())
    assert (await slots(acme, acme.errors))[0].state == "ON_TIME"
    await acme.retract(met)
    assert (await slots(acme, acme.uptime))[0].state == "DUE"
    later = await slots(acme, acme.uptime, datetime.now(UTC) + timedelta(days=8))
    assert [slot.state for slot in later][:3] == ["MISSED", "DUE", "UPCOMING"]


async def test_slots_before_a_change_and_a_pause_stay(acme: Acme):
    await acme.fetch("update key_result set created_at = null where id = $1", acme.uptime)
    await set_cadence(acme, "platform", WEEKLY)
    past = "update team_version set recorded_at = recorded_at - interval '20 days' where id = $1"
    await acme.fetch(past, acme.platform)
    whole = [slot.due.day for slot in await slots(acme, acme.uptime)]
    assert whole[0] == TODAY - timedelta(days=14)
    await set_cadence(acme, "organization", Cadence(weeks=2, weekday=WEEKDAY, at=AT, locked=True))
    found = [slot.due.day for slot in await slots(acme, acme.uptime)]
    assert found[:2] == whole[:2]
    assert len(found) < len(whole)
    await acme.done(key_results.pause_key_result, key_result="uptime", reason="Later")
    assert [slot.due.day for slot in await slots(acme, acme.uptime)] == whole[:2]
    await acme.done(key_results.restore_key_result, key_result="uptime")
    assert [slot.due.day for slot in await slots(acme, acme.uptime)] == found


async def test_a_slot_in_an_absence_is_excused_and_owed_by_the_delegate(acme: Acme):
    await set_cadence(acme, "organization", WEEKLY)
    await acme.done(
        add_absence,
        person=acme.cem,
        starts_on=TODAY,
        ends_on=TODAY + timedelta(days=6),
        delegate=Ref(acme.ben),
    )
    first, second, *_ = await slots(acme, acme.uptime)
    assert (first.state, first.owed_by_id, first.excused_id) == ("EXCUSED", acme.ben, acme.cem)
    assert (second.state, second.owed_by_id, second.excused_id) == ("UPCOMING", acme.cem, None)
    await acme.done(
        key_results.edit_key_result, key_result="uptime", edits={"check_in_owner": Ref(acme.ann)}, measure={}
    )
    first, *_ = await slots(acme, acme.uptime)
    assert (first.state, first.owed_by_id) == ("DUE", acme.ann)


async def test_an_objective_has_slots_by_a_cadence_of_its_own_met_by_check_ins_on_it(acme: Acme):
    await set_cadence(acme, "platform", WEEKLY)
    assert await slots(acme, acme.never_down) == []
    await set_cadence(acme, "never_down", WEEKLY)
    before = await slots(acme, acme.never_down)
    assert [(slot.state, slot.owed_by_id) for slot in before[:2]] == [
        ("DUE", acme.cem),
        ("UPCOMING", acme.cem),
    ]
    assert [slot.due for slot in before] == [slot.due for slot in await slots(acme, acme.uptime)]
    await acme.check_in("uptime", 99.95, status="ON_TRACK")
    assert (await slots(acme, acme.never_down))[0].state == "DUE"
    met = await acme.check_in(None, objective=ref("never_down"), confidence=0.5)
    [first, *others] = await slots(acme, acme.never_down)
    assert (first.state, first.check_in_id) == ("ON_TIME", met)
    assert {slot.state for slot in others} == {CheckInSlotState.UPCOMING}
    await acme.done(objectives.edit_objective, objective="never_down", edits={"owner": Ref(acme.ben)})
    assert {slot.owed_by_id for slot in await slots(acme, acme.never_down)} == {acme.ben}
    await set_cadence(acme, "organization", LOCKED)
    assert await slots(acme, acme.never_down) == []
    await set_cadence(acme, "organization", None)
    assert len(await slots(acme, acme.never_down)) == len(before)
    await set_cadence(acme, "never_down", None)
    assert await slots(acme, acme.never_down) == []
    assert await slots(acme, acme.uptime) != []


async def test_an_objective_owes_nothing_from_before_it_was_published(acme: Acme):
    made = await acme.objective("New", team="platform", cadence=WEEKLY)
    late = datetime.now(UTC) + timedelta(days=8)
    states = [slot.state for slot in await slots(acme, made, late)]
    assert states[:2] == ["MISSED", "DUE"]
    draft = await acme.objective("Draft", draft=True, cadence=WEEKLY)
    assert await slots(acme, draft, late) == []


async def test_a_wrong_cadence_is_found_and_repaired(acme: Acme):
    await set_cadence(acme, "platform", WEEKLY)
    await acme.fetch("update objective set effective_cadence = null where id = $1", acme.never_down)
    found = await acme.verify()
    assert ("effective_cadence", acme.never_down) in {(each.field, each.node_id) for each in found}
    await recount_organization(acme.database, acme.organization.id, author=Author("okr-api recount"))
    assert await acme.verify() == []
    assert await effective(acme) == ("TEAM", 1, None)


async def test_admins_and_leads_of_a_team_set_its_cadence(acme: Acme):
    edits = {"editing": Editing.RESPONSIBLE}
    await acme.done(organization.edit_organization, edits=edits, scope=Scope.ADMIN)
    await member(acme, acme.ben, acme.platform, TeamRole.LEAD)
    await member(acme, acme.cem, acme.platform, TeamRole.MEMBER)
    lead, plain = acting(acme, acme.ben), acting(acme, acme.cem)
    await acme.done(teams.edit_team, team="platform", edits={"cadence": WEEKLY}, by=lead)
    for actor, given, path in (
        (plain, {"cadence": None}, "cadence"),
        (lead, {"cadence": None, "name": "Other"}, "id"),
    ):
        refusal = await acme.refused(teams.edit_team, team="platform", edits=given, by=actor)
        assert (refusal.code(), refusal.path) == ("FORBIDDEN", (path,))
    assert (
        await acme.refused(
            teams.edit_team, team="support", edits={"cadence": WEEKLY}, by=lead, scope=Scope.ADMIN
        )
    ).code() == ("FORBIDDEN")
    refusal = await acme.refused(
        organization.edit_organization, edits={"cadence": WEEKLY}, by=lead, scope=Scope.ADMIN
    )
    assert refusal.code() == "FORBIDDEN"


async def test_an_equal_cadence_is_no_change(acme: Acme):
    await set_cadence(acme, "platform", WEEKLY)
    seq = await acme.seq()
    await set_cadence(acme, "platform", WEEKLY)
    assert await acme.seq() == seq


WRONG = {
    "neither": (Cadence(), "weeks"),
    "both": (Cadence(weeks=1, weekday=WEEKDAY, months=1), "weeks"),
    "no weeks": (Cadence(weeks=0, weekday=WEEKDAY), "weeks"),
    "too many weeks": (Cadence(weeks=MAX_CADENCE_WEEKS + 1, weekday=WEEKDAY), "weeks"),
    "no weekday": (Cadence(weeks=1), "weekday"),
    "a day with weeks": (Cadence(weeks=1, weekday=WEEKDAY, day=1), "day"),
    "no months": (Cadence(months=0, day=1), "months"),
    "too many months": (Cadence(months=MAX_CADENCE_MONTHS + 1, day=1), "months"),
    "a weekday with months": (Cadence(months=1, day=1, weekday=WEEKDAY), "weekday"),
    "no day": (Cadence(months=1), "day"),
    "day 0": (Cadence(months=1, day=0), "day"),
    "day 32": (Cadence(months=1, day=MAX_DAY_OF_MONTH + 1), "day"),
    "seconds": (Cadence(weeks=1, weekday=WEEKDAY, at=time(1, 2, 3)), "time"),
    "long grace": (Cadence(weeks=1, weekday=WEEKDAY, grace_days=7), "graceDays"),
    "less than no grace": (Cadence(weeks=1, weekday=WEEKDAY, grace_days=-1), "graceDays"),
    "long tolerance": (Cadence(weeks=1, weekday=WEEKDAY, tolerance_days=4), "toleranceDays"),
    "far": (Cadence(weeks=1, weekday=WEEKDAY, counted_from=TODAY.replace(year=2300, day=1)), "countedFrom"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_a_cadence_that_is_none_has_an_error_of_its_own(name: str, acme: Acme):
    cadence, field = WRONG[name]
    refusal = await acme.refused(teams.edit_team, team="platform", edits={"cadence": cadence})
    assert (refusal.code(), refusal.path) == ("INVALID_INPUT", ("cadence", field))


HOLIDAYS = {
    "country": (HolidayCalendar("XX"), ("country",)),
    "subdivision": (HolidayCalendar("DE", "XX"), ("subdivision",)),
    "subdivision of nothing": (HolidayCalendar(None, "BE"), ("subdivision",)),
    "days": (HolidayCalendar(days=(TODAY,) * (MAX_OWN_HOLIDAYS + 1)), ("days",)),
    "far": (HolidayCalendar(days=(TODAY, TODAY.replace(year=2300, day=1))), ("days", "1")),
}


@pytest.mark.parametrize("name", HOLIDAYS)
async def test_a_holiday_calendar_that_is_none_has_an_error_of_its_own(name: str, acme: Acme):
    calendar, path = HOLIDAYS[name]
    refusal = await acme.refused(
        organization.edit_organization, edits={"holiday_calendar": calendar}, scope=Scope.ADMIN
    )
    assert (refusal.code(), refusal.path) == ("INVALID_INPUT", ("holidayCalendar", *path))


async def test_slots_are_of_two_years_before_and_one_after(acme: Acme):
    long = TODAY - timedelta(days=3_000)
    await acme.fetch("update cycle set starts_on = $1, ends_on = $2", long, TODAY + timedelta(days=3_000))
    await acme.fetch("update key_result set created_at = null")
    await set_cadence(acme, "organization", WEEKLY)
    await acme.fetch("update organization_version set recorded_at = '2001-01-01' where cadence is not null")
    found = [slot.due.day for slot in await slots(acme, acme.uptime)]
    assert found[0] == TODAY - timedelta(days=MAX_SLOT_DAYS_BEFORE // 7 * 7)
    assert found[-1] == TODAY + timedelta(days=MAX_SLOT_DAYS_AFTER // 7 * 7)


async def test_a_cadence_tells_only_the_statuses_that_it_turns_at_once(acme: Acme):
    await acme.fetch("update key_result set created_at = $1 where id = $2", days_ago(25), acme.uptime)
    await acme.say(said("macros", 1), said("backlog", 150), said("uptime", 99.95))
    seen = [await acme.fetch("select id, status_turns from key_result order by id")]
    for of, weeks in (("organization", 52), ("platform", 51)):
        ahead = Cadence(weeks=weeks, weekday=WEEKDAY, counted_from=TODAY + timedelta(days=7))
        await set_cadence(acme, of, ahead)
        seen.append(await acme.fetch("select id, status_turns from key_result order by id"))
        assert (await acme.change())["deltas"] == []
    assert seen[0] != seen[1]
    await set_cadence(acme, "platform", WEEKLY)
    told = {UUID(one["node_id"]): one["status_after"] for one in (await acme.change())["deltas"]}
    assert acme.named(told)["uptime"] == "STALE"
    assert not {acme.macros, acme.backlog, acme.clear_backlog} & told.keys()
    assert all(one["status_before"] != one["status_after"] for one in (await acme.change())["deltas"])
    assert await acme.verify() == []
