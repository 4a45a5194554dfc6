"""SQL of relations of people to objectives, key results and teams; `okr/relations.py` is the rule.

A role in a team holds for the teams under it as well, `MAX_TEAM_LEVELS` levels down.
"""

from collections.abc import Collection
from uuid import UUID

from okr_api.okr.people import TeamRole

from .bulk_write import Postgres

MAX_TEAM_LEVELS = 100  # bounds the walk from a team to those above it

# Each team in `asked` with itself and the teams above it; `offset 0` forces an index lookup for each.
TEAMS_ABOVE = f"""
    above(team_id, ancestor_id, level) as (
        select distinct team_id, team_id, 0 from asked where team_id is not null
        union all
        select above.team_id, here.parent_id, above.level + 1
        from above cross join lateral (
            select parent_id from team where organization_id = $1 and id = above.ancestor_id offset 0
        ) here
        where here.parent_id is not null and above.level < {MAX_TEAM_LEVELS}
    )
"""
ROLES_IN_TEAMS = f"""
    with recursive asked as (
        select distinct team_id, person_id from unnest($2::uuid[], $3::uuid[]) asked(team_id, person_id)
    ), {TEAMS_ABOVE}
    select asked.team_id, asked.person_id, array_agg(distinct held.role) as roles
    from asked join above on above.team_id = asked.team_id
    cross join lateral (
        select role from team_membership
        where organization_id = $1 and person_id = asked.person_id and team_id = above.ancestor_id
            and not removed
        offset 0
    ) held
    group by asked.team_id, asked.person_id
"""


async def roles_in_teams(
    connection: Postgres, organization_id: UUID, pairs: Collection[tuple[UUID, UUID]]
) -> dict[tuple[UUID, UUID], frozenset[TeamRole]]:
    """Return for each (team, person) the roles of the person in the team and in those above it."""
    teams, people = [team for team, _ in pairs], [person for _, person in pairs]
    found = dict.fromkeys(pairs, frozenset[TeamRole]())
    for row in await connection.fetch(ROLES_IN_TEAMS, organization_id, teams, people):
        found[row["team_id"], row["person_id"]] = frozenset(map(TeamRole, row["roles"]))
    return found
