"""Histories of cadences: what was in force at an instant for key results and objectives, from versions."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from okr_api.okr.cadence import Cadence, applying_own, effective_cadence
from okr_api.okr.check_in_slots import Rhythm
from okr_api.okr.entity import NodeType
from okr_api.okr.holiday_calendar import NO_HOLIDAYS, HolidayCalendar
from okr_api.okr.people import Organization

from .bulk_write import Row, RowReader
from .cadence_statements import cadences_of_teams
from .relation_statements import MAX_TEAM_LEVELS
from .slot_statements import (
    KEY_RESULT_VERSIONS,
    OBJECTIVE_VERSIONS,
    ORGANIZATION_VERSIONS,
    TEAM_PLACES,
    TEAM_VERSIONS,
)
from .time_slicing import Batches


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
    """Histories of settings: of the organisation, and of teams, objectives and key results by id.

    `parents` has the team above each; `places` which ones that were, and since when.
    """

    organization: History
    nodes: Mapping[UUID, History]
    parents: Mapping[UUID, UUID | None]
    places: Mapping[UUID, Sequence[tuple[datetime, UUID | None]]]

    def rhythms_of(self, node: Row, until: datetime | None) -> list[Rhythm]:
        """Return what was in force for a key result or an objective, oldest first.

        With `until`, by what was recorded up to it alone, as of a closed cycle.
        """
        team_id, teams = node["team_id"], list[UUID]()
        while team_id is not None and team_id in self.nodes and len(teams) <= MAX_TEAM_LEVELS:
            teams.append(team_id)
            team_id = self._parent(team_id, until)
        below = (*reversed(teams), node["objective_id"], node["key_result_id"])
        chain = [self.organization, *(self.nodes[id] for id in below if id in self.nodes)]
        if until is not None:
            chain = [[*history[:1], *(one for one in history[1:] if one.since <= until)] for history in chain]
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

    def _parent(self, team_id: UUID, until: datetime | None) -> UUID | None:
        """Return the team above a team at present, or as it was recorded by an instant."""
        if until is None:
            return self.parents.get(team_id)
        places = self.places.get(team_id, ())
        return next(
            (parent for since, parent in reversed(places) if since <= until), places[0][1] if places else None
        )


def _at(history: History, instant: datetime) -> Setting:
    """Return the setting in force at an instant; the first one is in force before, too."""
    return next((one for one in reversed(history) if one.since <= instant), history[0])


def _rhythm(since: datetime, settings: Sequence[Setting], *, only_own: bool) -> Rhythm:
    """Return what is in force from an instant on; with `only_own` a cadence counts that the last node has."""
    chain = [(NodeType.OBJECTIVE, UUID(int=place), one.cadence) for place, one in enumerate(settings)]
    effective = applying_own(chain) if only_own else effective_cadence(chain)
    is_owed = effective is not None and all(one.is_owing for one in settings)
    return Rhythm(since, effective.cadence if effective and is_owed else None, settings[0].holidays)


async def load_histories(connection: RowReader, organization: Organization, owed: Sequence[Row]) -> Histories:
    """Return what decides when the check-ins of nodes are due; `owed` are rows of `OWED`."""
    versions = await connection.fetch(ORGANIZATION_VERSIONS, organization.id)
    named = {row["team_id"] for row in owed if row["team_id"]}
    teams = await cadences_of_teams(connection, organization.id, named)
    places = await load_places(
        connection, organization.id, {row["team_id"] for row in owed if row["team_id"] and row["rules"]}
    )
    nodes: defaultdict[UUID, list[Setting]] = defaultdict(list)
    for statement, ids in (
        (TEAM_VERSIONS, {*teams, *places}),
        (OBJECTIVE_VERSIONS, {row["objective_id"] for row in owed}),
        (KEY_RESULT_VERSIONS, {row["key_result_id"] for row in owed} - {None}),
    ):
        rows = await connection.fetch(statement, organization.id, list(ids))
        async for batch in Batches(rows):
            for row in batch:
                nodes[row["id"]].append(setting_of(row, row["is_owing"]))
    return Histories(
        [setting_of(row) for row in versions],
        nodes,
        {id: team.parent_id for id, team in teams.items()},
        places,
    )


async def load_places(
    connection: RowReader, organization_id: UUID, teams: Collection[UUID]
) -> dict[UUID, list[tuple[datetime, UUID | None]]]:
    """Return the places of teams, and of all teams that have ever been above them, oldest first."""
    found: defaultdict[UUID, list[tuple[datetime, UUID | None]]] = defaultdict(list)
    if teams:
        for row in await connection.fetch(TEAM_PLACES, organization_id, list(teams)):
            found[row["id"]].append((row["recorded_at"], row["parent_id"]))
    return dict(found)


def setting_of(row: Mapping[str, Any] | Row, is_owing: bool = True) -> Setting:
    """Return what a version of an entity says."""
    cadence, holidays = row["cadence"], row.get("holiday_calendar")
    return Setting(
        row["recorded_at"],
        Cadence.of_document(cadence) if cadence else None,
        is_owing,
        HolidayCalendar.of_document(holidays) if holidays else NO_HOLIDAYS,
    )
