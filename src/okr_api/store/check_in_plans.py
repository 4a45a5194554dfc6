"""Load the check-in slots of many nodes, in a number of statements that does not depend on theirs.

Slots are computed from versions: which cadence was in force at an instant, and whether the key result was
active and its objective published. The place of an objective among the teams is the present one. Key results
have slots by any cadence above them, objectives only by one of their own.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from okr_api.okr.absence import Absences
from okr_api.okr.cadence import Cadence, applying_own, effective_cadence
from okr_api.okr.check_in_slots import Due, Rhythm, Slot, dues_within, slots_of
from okr_api.okr.entity import NodeType
from okr_api.okr.holiday_calendar import NO_HOLIDAYS, HolidayCalendar
from okr_api.okr.latest_slots import latest_dues
from okr_api.okr.people import Organization

from .absence_lookup import absences_of
from .bulk_write import Row, RowReader
from .cadence_statements import cadences_of_teams
from .slot_statements import (
    KEY_RESULT_VERSIONS,
    MET_BY_KEY_RESULTS,
    MET_BY_OBJECTIVES,
    OBJECTIVE_VERSIONS,
    ORGANIZATION_VERSIONS,
    OWED,
    TEAM_VERSIONS,
)
from .time_slicing import Batches, TimeSlice, collect

MAX_SLOT_DAYS_BEFORE = 731  # of which slots are computed, before now
MAX_SLOT_DAYS_AFTER = 366  # and after now


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

    def rhythms_of(self, node: Row) -> list[Rhythm]:
        """Return what was in force for a key result or an objective, oldest first."""
        chain = [self.organization]
        team_id, teams = node["team_id"], list[UUID]()
        while team_id is not None and team_id in self.nodes:
            teams.append(team_id)
            team_id = self.parents.get(team_id)
        below = (*reversed(teams), node["objective_id"], node["key_result_id"])
        chain += [self.nodes[id] for id in below if id in self.nodes]
        # The first setting of a history is in force before it as well: only later ones begin anything.
        later = {setting.since for history in chain for setting in history[1:]}
        begins = [min(history[0].since for history in chain), *sorted(later)]
        found: list[Rhythm] = []
        for since in begins:
            settings = [_at(history, since) for history in chain]
            rhythm = _rhythm(since, settings, only_own=node["key_result_id"] is None)
            if not found or (found[-1].cadence, found[-1].holidays) != (rhythm.cadence, rhythm.holidays):
                found.append(rhythm)
        return found


def _at(history: History, instant: datetime) -> Setting:
    """Return the setting in force at an instant; the first one is in force before, too."""
    return next((one for one in reversed(history) if one.since <= instant), history[0])


def _rhythm(since: datetime, settings: Sequence[Setting], *, only_own: bool) -> Rhythm:
    """Return what is in force from an instant on; with `only_own` a cadence counts that the last node has."""
    chain = [(NodeType.OBJECTIVE, UUID(int=place), one.cadence) for place, one in enumerate(settings)]
    effective = applying_own(chain) if only_own else effective_cadence(chain)
    is_owed = effective is not None and all(one.is_owing for one in settings)
    return Rhythm(since, effective.cadence if effective and is_owed else None, settings[0].holidays)


async def load_slots(
    connection: RowReader,
    organization: Organization,
    nodes: Sequence[UUID],
    now: datetime,
    *,
    latest: int | None = None,
) -> dict[UUID, list[Slot]]:
    """Return the slots of key results and objectives as they are at an instant, by id, in order.

    These are at most those from two years before now to a year after. A node of a cycle that is a draft has
    none, and an objective without a cadence of its own. With `latest` they are the last so many whose windows
    have opened, perhaps with some before them, as they are met by the check-ins that are effective by then.
    """
    owed = await connection.fetch(OWED, organization.id, list(nodes))
    dues = await _load_dues(connection, organization, owed, now)
    if latest is not None:
        dues = {id: latest_dues(some, now, latest) for id, some in dues.items()}
    met = await _load_met(connection, organization, owed, dues, now, until=now if latest else None)
    absences = await load_absences(connection, organization, {row["owner_id"] for row in owed})
    found: dict[UUID, list[Slot]] = {}
    time_slice = TimeSlice()
    for row in owed:
        id = row["id"]
        found[id] = slots_of(dues[id], met.get(id, ()), owner_id=row["owner_id"], absences=absences, now=now)
        await time_slice.pause()
    return found


async def _load_dues(
    connection: RowReader, organization: Organization, owed: Sequence[Row], now: datetime
) -> dict[UUID, Sequence[Due]]:
    histories = await _load_histories(connection, organization, owed)
    zone, found, time_slice = organization.zone, dict[UUID, Sequence[Due]](), TimeSlice()
    today = now.astimezone(zone).date()
    for row in owed:
        rhythms = histories.rhythms_of(row)
        found[row["id"]] = _dues(row, rhythms, zone, today) if row["has_begun"] else []
        await time_slice.pause()
    return found


def _dues(row: Row, rhythms: Sequence[Rhythm], zone: ZoneInfo, today: date) -> list[Due]:
    first, last = days_with_slots(row, today)
    return dues_within(rhythms, zone, first, last, begin=row["created_at"])


def days_with_slots(cycle: Mapping[str, Any] | Row, today: date) -> tuple[date, date]:
    """Return the first and the last day of a cycle of which slots are computed on a day."""
    first = max(cycle["starts_on"], today - timedelta(days=MAX_SLOT_DAYS_BEFORE))
    return first, min(cycle["ends_on"], today + timedelta(days=MAX_SLOT_DAYS_AFTER))


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
        (KEY_RESULT_VERSIONS, {row["key_result_id"] for row in owed} - {None}),
    ):
        rows = await connection.fetch(statement, organization.id, list(ids))
        async for batch in Batches(rows):
            for row in batch:
                nodes[row["id"]].append(setting_of(row, row["is_owing"]))
    return Histories(
        [setting_of(row) for row in versions], nodes, {id: team.parent_id for id, team in teams.items()}
    )


def setting_of(row: Mapping[str, Any] | Row, is_owing: bool = True) -> Setting:
    """Return what a version of an entity says."""
    cadence, holidays = row["cadence"], row.get("holiday_calendar")
    return Setting(
        row["recorded_at"],
        Cadence.of_document(cadence) if cadence else None,
        is_owing,
        HolidayCalendar.of_document(holidays) if holidays else NO_HOLIDAYS,
    )


async def _load_met(
    connection: RowReader,
    organization: Organization,
    owed: Sequence[Row],
    dues: Mapping[UUID, Sequence[Due]],
    now: datetime,
    until: datetime | None,
) -> dict[UUID, set[tuple[datetime, UUID]]]:
    """Return the check-ins that can have met slots, by node: the first ones of each window.

    With `until` they are those that are effective by then.
    """
    found: defaultdict[UUID, set[tuple[datetime, UUID]]] = defaultdict(set)
    for statement, is_key_result in ((MET_BY_KEY_RESULTS, True), (MET_BY_OBJECTIVES, False)):
        nodes = [row["id"] for row in owed if (row["key_result_id"] is not None) == is_key_result]
        windows = await collect(
            (id, *window) for id in nodes for window in _windows(dues[id]) if window[0] <= now
        )
        async for batch in Batches(windows):
            columns = [list(column) for column in zip(*batch, strict=True)]
            for row in await connection.fetch(statement, organization.id, *columns):
                if until is None or row["effective_at"] <= until:
                    found[row["node_id"]].add((row["effective_at"], row["id"]))
    return found


def _windows(dues: Sequence[Due]) -> Iterator[tuple[datetime, datetime, int]]:
    """Yield when each slot opens and closes, and how many check-ins in between decide what met it.

    These are one more than the earlier slots with overlapping windows, each of which can take one of them.
    """
    longest = max((due.closes_at - due.due_at for due in dues), default=timedelta())
    for place, due in enumerate(dues):
        overlapping = 0
        for earlier in (dues[before] for before in range(place - 1, -1, -1)):
            if earlier.due_at + longest < due.opens_at:
                break
            overlapping += earlier.closes_at >= due.opens_at
        yield due.opens_at, due.closes_at, 1 + overlapping


async def load_absences(
    connection: RowReader, organization: Organization, people: Iterable[UUID | None]
) -> Absences:
    """Return the absences of people and of their delegates, by person."""
    named = {id for id in people if id is not None}
    absences = await absences_of(connection, organization.id, named)
    delegates = {one.delegate_id for of in absences.values() for one in of if one.delegate_id}
    return absences | await absences_of(connection, organization.id, delegates - named)
