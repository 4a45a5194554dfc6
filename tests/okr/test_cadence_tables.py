"""docs/cadence.md: its tables are the tests."""

import re
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import pytest

from okr_api.okr.absence import Absence
from okr_api.okr.cadence import Cadence, Weekday, applying_own, effective_cadence
from okr_api.okr.check_in_slots import (
    Rhythm,
    Slot,
    dues_within,
    instants_between,
    next_due_at,
    silent_from,
    slots_of,
)
from okr_api.okr.entity import NodeType
from okr_api.okr.holiday_calendar import NO_HOLIDAYS, HolidayCalendar
from okr_api.okr.on_time_share import on_time_share
from okr_api.okr.slot_event import events_of
from tests.docs.named import text_of

NONE = "–"
YEAR = 2026
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
CHANGED_AT = datetime(2026, 6, 10, 12, tzinfo=UTC)
JUNE = (date(2026, 6, 1), date(2026, 6, 30))
UTC_ZONE = ZoneInfo("UTC")
PEOPLE = {name: uuid5(UUID(int=0), name) for name in ("Ana", "Ben")}
WORDS = re.compile(
    r"(weeks|months) (\d+) (?:day )?(\w+) (\d\d:\d\d)(?: counted (\S+))?(?: grace (\d+) tolerance (\d+))?"
)


def table(heading: str) -> list[list[str]]:
    """The rows of the table under a heading."""
    section = text_of("docs/cadence.md").split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def each(heading: str):
    rows = table(heading)
    assert len(rows) > 3
    return pytest.mark.parametrize("row", rows, ids=[" ".join(row)[:70] for row in rows])


def cadence_of(text: str) -> Cadence:
    found = WORDS.fullmatch(text)
    assert found, text
    unit, count, on, at, counted, grace, tolerance = found.groups()
    days: dict[str, Any] = {"grace_days": int(grace), "tolerance_days": int(tolerance)} if grace else {}
    when: dict[str, Any] = (
        {"weeks": int(count), "weekday": Weekday(on)}
        if unit == "weeks"
        else {"months": int(count), "day": int(on)}
    )
    counted_from = date.fromisoformat(counted) if counted else None
    return Cadence(at=time.fromisoformat(at), counted_from=counted_from, **when, **days).checked()


def holidays_of(text: str) -> HolidayCalendar:
    if text == NONE:
        return NO_HOLIDAYS
    if text[0].isdigit():
        return HolidayCalendar(days=tuple(map(date.fromisoformat, text.split()))).checked()
    country, _, subdivision = text.partition("-")
    return HolidayCalendar(country, subdivision or None).checked()


def instant(text: str) -> datetime:
    whole = text if text.startswith("2") else f"{YEAR}-{text}"
    return datetime.fromisoformat(whole).replace(tzinfo=UTC)


def said(instants: list[datetime]) -> str:
    return ", ".join(f"{at.astimezone(UTC):%m-%d %H:%M}" for at in instants) or NONE


@each("Due instants")
def test_a_check_in_is_due_when_the_table_says(row: list[str]):
    cadence, zone, holidays, first, last, due = row
    rhythm = Rhythm(LONG_AGO, cadence_of(cadence), holidays_of(holidays))
    days = date.fromisoformat(first), date.fromisoformat(last)
    assert said([one.due_at for one in dues_within([rhythm], ZoneInfo(zone), *days)]) == due


@each("Which cadence applies")
def test_the_cadence_applies_that_the_table_says(row: list[str]):
    names = ("organisation", "team above", "team", "objective", "key result")
    ids = {name: uuid5(UUID(int=0), name) for name in names}
    types = (NodeType.ORGANIZATION, NodeType.TEAM, NodeType.TEAM, NodeType.OBJECTIVE, NodeType.KEY_RESULT)
    words = {NONE: None, "own": Cadence(1, Weekday.FRIDAY), "locked": Cadence(1, Weekday.FRIDAY, locked=True)}
    chain = [(kind, ids[name], words[cell]) for kind, name, cell in zip(types, names, row[:5], strict=True)]
    found = [effective_cadence(chain[:4]), effective_cadence(chain)]
    assert [
        NONE if one is None else next(n for n in names if ids[n] == one.source_id) for one in found
    ] == row[5:7]
    assert ("yes" if applying_own(chain[:4]) else "no") == row[7]


def absences_of(text: str) -> dict[UUID, list[Absence]]:
    found: dict[UUID, list[Absence]] = {id: [] for id in PEOPLE.values()}
    for part in text.split(", ") if text != NONE else ():
        name, first, _, last = part.split()
        begin, end = (date.fromisoformat(f"{YEAR}-{day}") for day in (first, last))
        delegate = PEOPLE["Ben"] if name == "Ana" else None
        found[PEOPLE[name]].append(
            Absence(uuid5(UUID(int=0), part), None, PEOPLE[name], begin, end, delegate).checked()
        )
    return found


def slot_said(slot: Slot) -> str:
    if slot.excused_id is None:
        assert slot.owed_by_id == PEOPLE["Ana"]
        return str(slot.state)
    assert slot.excused_id == PEOPLE["Ana"]
    return f"{slot.state} by {'Ben' if slot.owed_by_id == PEOPLE['Ben'] else 'nobody'}"


@each("Slots")
def test_slots_are_met_as_the_table_says(row: list[str]):
    check_ins, absences, now, states, next_due, share = row
    weekly = Rhythm(LONG_AGO, cadence_of("weeks 1 FRIDAY 12:00"))
    dues = dues_within([weekly], UTC_ZONE, date(2026, 6, 1), date(2026, 6, 21))
    made = [(instant(at), uuid5(UUID(int=0), at)) for at in check_ins.split(", ") if at != NONE]
    slots = slots_of(dues, made, owner_id=PEOPLE["Ana"], absences=absences_of(absences), now=instant(now))
    assert ", ".join(map(slot_said, slots)) == states
    found = next_due_at(slots)
    assert (said([found]) if found else NONE) == next_due
    on_time = on_time_share(slots)
    assert (NONE if on_time is None else f"{on_time:.16g}") == share
    assert {slot.check_in_id for slot in slots} - {None} <= {id for _, id in made}


@each("What the clock tells")
def test_the_clock_tells_what_the_table_says(row: list[str]):
    check_ins, absences, told = row
    weekly = cadence_of("weeks 1 FRIDAY 12:00")
    dues = dues_within([Rhythm(LONG_AGO, weekly)], UTC_ZONE, date(2026, 6, 5), date(2026, 6, 12))
    made = [(instant(at), uuid5(UUID(int=0), at)) for at in check_ins.split(", ") if at != NONE]
    end = instant("06-30 12:00")
    slots = slots_of(dues, made, owner_id=PEOPLE["Ana"], absences=absences_of(absences), now=end)
    events = [event for slot in slots for event in events_of(slot)]
    shown = [f"{kind.removeprefix('CHECK_IN_')} {at:%m-%d %H:%M}" for at, kind in events]
    assert (", ".join(shown) or NONE) == told
    instants = {at for at, _ in events}
    found, _ = instants_between(weekly, NO_HOLIDAYS, UTC_ZONE, instant("06-05 11:59"), instant("06-15 12:01"))
    assert instants <= found


@each("A cadence that changes")
def test_slots_before_a_change_stay(row: list[str]):
    before, after, due = row
    rhythms = [
        Rhythm(at, None if text == NONE else cadence_of(text))
        for at, text in ((LONG_AGO, before), (CHANGED_AT, after))
    ]
    assert said([one.due_at for one in dues_within(rhythms, UTC_ZONE, *JUNE)]) == due


@each("Stale")
def test_a_key_result_falls_silent_when_the_table_says(row: list[str]):
    cadence, sign, stale = row
    kind, _, at = sign.partition(" ")
    found = silent_from(
        cadence_of(cadence), NO_HOLIDAYS, UTC_ZONE, instant(at), is_check_in=kind == "check-in"
    )
    assert f"{found.astimezone(UTC):%Y-%m-%d %H:%M}" == stale


def test_slots_of_long_series_follow_each_other():
    """For every cadence and start: slots are in order, windows hold their due instant, none is twice."""
    for cadence in (cadence_of("months 1 day 31 02:30"), cadence_of("weeks 3 SUNDAY 02:30")):
        rhythm = Rhythm(LONG_AGO, cadence, HolidayCalendar("DE"))
        dues = dues_within([rhythm], ZoneInfo("Europe/Berlin"), date(2020, 1, 1), date(2030, 1, 1))
        assert len(dues) > 100
        for one, following in pairwise(dues):
            assert one.opens_at < one.due_at <= one.on_time_until <= one.closes_at
            assert one.due_at < following.due_at
            assert following.opens_at - one.due_at == following.due_at - following.opens_at
            assert following.due_at - one.due_at < timedelta(days=45)


def test_events_can_only_be_at_instants_that_follow_from_the_cadence():
    """For windows of any length: those between, and the next one, are those of the slots."""
    zone, holidays = ZoneInfo("Europe/Berlin"), HolidayCalendar("DE", days=(date(2026, 6, 12),))
    for text in ("months 1 day 31 02:30", "weeks 1 FRIDAY 02:30 grace 6 tolerance 2", "weeks 5 SUNDAY 02:30"):
        cadence = cadence_of(text)
        dues = dues_within([Rhythm(LONG_AGO, cadence, holidays)], zone, date(2024, 1, 1), date(2029, 1, 1))
        known = sorted(at for one in dues for at in (one.due_at, one.late_from, one.missed_from))
        for begin in range(0, 500, 7):
            after = datetime(2026, 1, 1, 3, tzinfo=UTC) + timedelta(days=begin)
            until = after + timedelta(hours=begin)
            found, following = instants_between(cadence, holidays, zone, after, until)
            assert sorted(found) == sorted({at for at in known if after < at <= until})
            assert following == min(at for at in known if at > until)
