"""SQL of relations of people to objectives, key results, check-ins and teams; look-up of roles in teams.

`okr/relations.py` is the rule. A role in a team holds for the teams under it as well, `MAX_TEAM_LEVELS`
levels down.
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

# The columns that make relations, of what hangs on an objective; `measured_by` owns the key result, and
# `checked_by` checks in for it.
OF_OBJECTIVE = """
    select id, owner_id, contributor_ids, shared_with_ids, team_id, null::uuid as measured_by,
        null::uuid as checked_by
    from objective where organization_id = $1 and id = given.id
"""
OF_KEY_RESULT = """
    select measured.id, holder.owner_id, holder.contributor_ids, holder.shared_with_ids, holder.team_id,
        measured.owner_id as measured_by, measured.check_in_owner_id as checked_by
    from key_result measured
    join objective holder on holder.organization_id = $1 and holder.id = measured.objective_id
    where measured.organization_id = $1 and measured.id = given.id
"""
OF_CHECK_IN = """
    select said.id, holder.owner_id, holder.contributor_ids, holder.shared_with_ids, holder.team_id,
        measured.owner_id as measured_by, measured.check_in_owner_id as checked_by
    from check_in said
    left join key_result measured on measured.organization_id = $1 and measured.id = said.key_result_id
    join objective holder on holder.organization_id = $1
        and holder.id = coalesce(said.objective_id, measured.objective_id)
    where said.organization_id = $1 and said.id = given.id
"""
# Of a team, a membership and a meeting only the team makes a relation.
OF_TEAM = """
    select id, null::uuid as owner_id, null::uuid[] as contributor_ids, null::uuid[] as shared_with_ids,
        id as team_id, null::uuid as measured_by, null::uuid as checked_by
    from team where organization_id = $1 and id = given.id
"""
OF_TEAM_MEMBERSHIP = """
    select id, null::uuid as owner_id, null::uuid[] as contributor_ids, null::uuid[] as shared_with_ids,
        team_id, null::uuid as measured_by, null::uuid as checked_by
    from team_membership where organization_id = $1 and id = given.id
"""

OF_MEETING = """
    select id, null::uuid as owner_id, null::uuid[] as contributor_ids, null::uuid[] as shared_with_ids,
        team_id, null::uuid as measured_by, null::uuid as checked_by
    from meeting where organization_id = $1 and id = given.id
"""
# Which roles the person $3 has in each team of `above` or in one above it.
HELD_ROLES = """
    held as (
        select above.team_id, bool_or(mine.role = 'LEAD') as leads, bool_or(mine.role = 'MEMBER') as is_in
        from above cross join lateral (
            select role from team_membership
            where organization_id = $1 and person_id = $3 and team_id = above.ancestor_id
                and not removed
            offset 0
        ) mine
        group by above.team_id
    )
"""


def relations_of(rows: str) -> str:
    """Return the statement for the relations of the person `$3` to the nodes `$2`, and who may edit.

    `rows` is one of the above. Each row has the node's id, its relations but ADMIN, and `editing`.
    """
    return f"""
        with recursive asked as (
            select node.* from unnest($2::uuid[]) given(id) cross join lateral ({rows} offset 0) node
        ), {TEAMS_ABOVE}, {HELD_ROLES}
        select asked.id, organization.editing, array_remove(array[
            case when asked.owner_id = $3 then 'OWNER' end,
            case when $3 = any(asked.contributor_ids) then 'CONTRIBUTOR' end,
            case when $3 = any(asked.shared_with_ids) then 'SHARED_WITH' end,
            case when held.leads then 'TEAM_LEAD' end,
            case when held.is_in then 'TEAM_MEMBER' end,
            case when asked.measured_by = $3 then 'KEY_RESULT_OWNER' end,
            case when asked.checked_by = $3 then 'CHECK_IN_OWNER' end,
            case when exists (
                select from absence away
                where away.organization_id = $1
                    and away.person_id = coalesce(asked.checked_by, asked.measured_by, asked.owner_id)
                    and away.delegate_id = $3 and not away.removed
                    and (now() at time zone organization.time_zone)::date
                        between away.starts_on and away.ends_on
            ) then 'DELEGATE' end
        ], null) as relations
        from asked join organization on organization.id = $1
        left join held on held.team_id = asked.team_id
    """


EDITING = "select editing from organization where id = $1"


async def roles_in_teams(
    connection: Postgres, organization_id: UUID, pairs: Collection[tuple[UUID, UUID]]
) -> dict[tuple[UUID, UUID], frozenset[TeamRole]]:
    """Return for each (team, person) the roles of the person in the team and in those above it."""
    teams, people = [team for team, _ in pairs], [person for _, person in pairs]
    found = dict.fromkeys(pairs, frozenset[TeamRole]())
    for row in await connection.fetch(ROLES_IN_TEAMS, organization_id, teams, people):
        found[row["team_id"], row["person_id"]] = frozenset(map(TeamRole, row["roles"]))
    return found
