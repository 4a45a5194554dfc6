"""SQL of cadences: those of teams and the teams above them, and the objectives that inherit from a team."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from okr_api.okr.cadence import Cadence

from .bulk_write import Postgres, RowReader
from .relation_statements import MAX_TEAM_LEVELS

TEAMS = f"""
    with recursive chain(id, level) as (
        select asked, 0 from unnest($2::uuid[]) asked
        union
        select here.parent_id, chain.level + 1 from chain cross join lateral (
            select parent_id from team where organization_id = $1 and id = chain.id offset 0
        ) here
        where here.parent_id is not null and chain.level < {MAX_TEAM_LEVELS}
    )
    select distinct team.id, team.parent_id, team.cadence
    from chain join team on team.organization_id = $1 and team.id = chain.id
"""
OBJECTIVES_BELOW = """
    with recursive below(id) as (
        select unnest($2::uuid[])
        union
        select team.id from below join team on team.organization_id = $1 and team.parent_id = below.id
    )
    select array(
        select objective.id from below join objective
            on objective.organization_id = $1 and objective.team_id = below.id
        order by objective.id
    )
"""


@dataclass(frozen=True, slots=True)
class TeamCadence:
    """A team's own cadence, and the team above it."""

    parent_id: UUID | None
    cadence: Cadence | None


async def cadences_of_teams(
    connection: RowReader, organization_id: UUID, teams: Collection[UUID]
) -> dict[UUID, TeamCadence]:
    """Return the cadences of teams and of all teams above them, by id."""
    if not teams:
        return {}
    rows = await connection.fetch(TEAMS, organization_id, list(teams))
    return {
        row["id"]: TeamCadence(row["parent_id"], row["cadence"] and Cadence.of_document(row["cadence"]))
        for row in rows
    }


async def objectives_below(
    connection: Postgres, organization_id: UUID, teams: Collection[UUID]
) -> list[UUID]:
    """Return the ids of the objectives of teams, and of all teams under them, in order."""
    ids: list[UUID] = await connection.fetchval(OBJECTIVES_BELOW, organization_id, list(teams))
    return ids
