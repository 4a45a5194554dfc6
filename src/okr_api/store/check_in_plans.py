"""Load the check-in slots of many key results, in a number of statements that does not depend on theirs.

Slots are computed from versions: which cadence was in force at an instant, and whether the key result was
active and its objective published. The place of an objective among the teams is the present one.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from okr_api.okr.absence import Absences
from okr_api.okr.cadence import Cadence, effective_cadence
from okr_api.okr.check_in_slots import Due, Rhythm, Slot, dues_within, slots_of
from okr_api.okr.entity import NodeType
from okr_api.okr.holiday_calendar import NO_HOLIDAYS, HolidayCalendar
from okr_api.okr.people import Organization

from .absence_lookup import absences_of
from .bulk_write import Row, RowReader
from .cadence_statements import cadences_of_teams
from .slot_statements import (
    KEY_RESULT_VERSIONS,
    MET,
    OBJECTIVE_VERSIONS,
    ORGANIZATION_VERSIONS,
    OWED,
    OWING,
    TEAM_VERSIONS,
)
from .time_slicing import Batches, TimeSlice, collect

MAX_SLOT_DAYS_BEFORE = 731  # of which slots are computed, before now
MAX_SLOT_DAYS_AFTER = 366  # and after now
NO_ID = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Setting:
    """What a version of an entity says: its cadence, and whether check-ins are owed while it is in force."""

    since: datetime
    cadence: Cadence | None
    is_owing: bool = True
    holidays: HolidayCalendar = NO_HOLIDAYS


History = Sequence[Setting]


@dataclass(frozen=True, slots=True)
class Histories:
    """Histories of settings: of the organisation, and of teams, objectives and key results by id."""

    organization: History
    nodes: Mapping[UUID, History]
    parents: Mapping[UUID, UUID | None]

    def rhythms_of(self, key_result_id: UUID, objective_id: UUID, team_id: UUID | None) -> list[Rhythm]:
        """Return what was in force for a key result, oldest first."""
        chain = [self.organization]
        teams: list[UUID] = []
        while team_id is not None and team_id in self.nodes:
            teams.append(team_id)
            team_id = self.parents.get(team_id)
        chain += [
            self.nodes[id] for id in (*reversed(teams), objective_id, key_result_id) if id in self.nodes
        ]
        begins = sorted({setting.since for history in chain for setting in history})
        found: list[Rhythm] = []
        for since in begins:
            rhythm = _rhythm(since, [_at(history, since) for history in chain])
            if not found or (found[-1].cadence, found[-1].holidays) != (rhythm.cadence, rhythm.holidays):
                found.append(rhythm)
        return found


def _at(history: History, instant: datetime) -> Setting:
    """Return the setting in force at an instant; the first one is in force before, too."""
    return next((one for one in reversed(history) if one.since <= instant), history[0])


def _rhythm(since: datetime, settings: Sequence[Setting]) -> Rhythm:
    effective = effective_cadence((NodeType.OBJECTIVE, NO_ID, one.cadence) for one in settings)
    is_owed = effective is not None and all(one.is_owing for one in settings)
    return Rhythm(since, effective.cadence if effective and is_owed else None, settings[0].holidays)


async def load_slots(
    connection: RowReader, organization: Organization, key_results: Sequence[UUID], now: datetime
) -> dict[UUID, list[Slot]]:
    """Return the slots of key results as they are at an instant, by id, in order of their due instants.

    These are at most those from two years before now to a year after. A key result of a cycle that is a draft
    has none.
    """
    owed = await connection.fetch(OWED, organization.id, list(key_results))
    dues = await _load_dues(connection, organization, owed, now)
    met = await _load_met(connection, organization, dues, now)
    absences = await _load_absences(connection, organization, {row["owner_id"] for row in owed})
    found: dict[UUID, list[Slot]] = {}
    time_slice = TimeSlice()
    for row in owed:
        id = row["id"]
        found[id] = slots_of(dues[id], met.get(id, ()), owner_id=row["owner_id"], absences=absences, now=now)
        await time_slice.pause()
    return found


async def _load_dues(
    connection: RowReader, organization: Organization, owed: Sequence[Row], now: datetime
) -> dict[UUID, list[Due]]:
    histories = await _load_histories(connection, organization, owed)
    zone, found, time_slice = organization.zone, dict[UUID, list[Due]](), TimeSlice()
    today = now.astimezone(zone).date()
    for row in owed:
        rhythms = histories.rhythms_of(row["id"], row["objective_id"], row["team_id"])
        found[row["id"]] = _dues(row, rhythms, zone, today) if row["has_begun"] else []
        await time_slice.pause()
    return found


def _dues(row: Row, rhythms: Sequence[Rhythm], zone: ZoneInfo, today: date) -> list[Due]:
    first = max(row["starts_on"], today - timedelta(days=MAX_SLOT_DAYS_BEFORE))
    last = min(row["ends_on"], today + timedelta(days=MAX_SLOT_DAYS_AFTER))
    return dues_within(rhythms, zone, first, last, begin=row["created_at"])


async def _load_histories(
    connection: RowReader, organization: Organization, owed: Sequence[Row]
) -> Histories:
    versions = await connection.fetch(ORGANIZATION_VERSIONS, organization.id)
    teams = await cadences_of_teams(
        connection, organization.id, {row["team_id"] for row in owed if row["team_id"]}
    )
    nodes: defaultdict[UUID, list[Setting]] = defaultdict(list)
    for statement, ids in (
        (TEAM_VERSIONS, set(teams)),
        (OBJECTIVE_VERSIONS, {row["objective_id"] for row in owed}),
        (KEY_RESULT_VERSIONS, {row["id"] for row in owed}),
    ):
        rows = await connection.fetch(statement, organization.id, list(ids))
        async for batch in Batches(rows):
            for row in batch:
                nodes[row["id"]].append(_setting(row, row["is_owing"]))
    return Histories(
        [_setting(row) for row in versions], nodes, {id: team.parent_id for id, team in teams.items()}
    )


def _setting(row: Mapping[str, Any] | Row, is_owing: bool = True) -> Setting:
    cadence, holidays = row["cadence"], row.get("holiday_calendar")
    return Setting(
        row["recorded_at"],
        Cadence.of_document(cadence) if cadence else None,
        is_owing,
        HolidayCalendar.of_document(holidays) if holidays else NO_HOLIDAYS,
    )


async def _load_met(
    connection: RowReader, organization: Organization, dues: Mapping[UUID, Sequence[Due]], now: datetime
) -> dict[UUID, set[tuple[datetime, UUID]]]:
    """Return the check-ins that can have met slots, by key result: the first ones within each window."""
    windows = await collect(
        (id, due.opens_at, due.closes_at) for id, of in dues.items() for due in of if due.opens_at <= now
    )
    found: defaultdict[UUID, set[tuple[datetime, UUID]]] = defaultdict(set)
    async for batch in Batches(windows):
        columns = [list(column) for column in zip(*batch, strict=True)]
        for row in await connection.fetch(MET, organization.id, *columns):
            found[row["key_result_id"]].add((row["effective_at"], row["id"]))
    return found


async def _load_absences(
    connection: RowReader, organization: Organization, people: Iterable[UUID | None]
) -> Absences:
    """Return the absences of people and of their delegates, by person."""
    named = {id for id in people if id is not None}
    absences = await absences_of(connection, organization.id, named)
    delegates = {one.delegate_id for of in absences.values() for one in of if one.delegate_id}
    return absences | await absences_of(connection, organization.id, delegates - named)


async def obligations_between(
    connection: RowReader, organization: Organization, since: datetime, until: datetime, *, batch_size: int
) -> AsyncIterator[tuple[UUID, Slot]]:
    """Yield the slots of active key results that are due, late or missed from an instant on, before another.

    They are as they stand at `until`, in order of the key results' ids, one batch after the other: those of
    which `due_at`, `on_time_until` or `closes_at` lies between the two.
    """
    after = NO_ID
    while True:
        rows = await connection.fetch(OWING, organization.id, after, batch_size)
        ids = [row["id"] for row in rows]
        for id, slots in (await load_slots(connection, organization, ids, until)).items() if ids else ():
            for slot in slots:
                due = slot.due
                if any(since <= at < until for at in (due.due_at, due.on_time_until, due.closes_at)):
                    yield id, slot
        if len(ids) < batch_size:
            return
        after = ids[-1]
