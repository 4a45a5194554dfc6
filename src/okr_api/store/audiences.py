"""Audiences of objectives: recompute the stored `viewer_ids` of many at once; `okr/audience.py` is the rule.

This is the only place that changes the audience of a stored objective: whatever saves objectives, members
of teams, teams or people ends with `move_audiences`. What a change moves is listed in `audience_change`, in
the same transaction, and pruned with the change: the audience of an objective before and after, and people
who become admins, or are none any more, and so see every objective or not.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from okr_api.okr.audience import InTeam
from okr_api.okr.change_tracking import PlainEntities, TrackedDict
from okr_api.okr.objective import Objective
from okr_api.okr.people import Person, Team, TeamMembership
from okr_api.okr.policy import VISIBLE_TO, Relation, Role
from okr_api.okr.relations import BY_TEAM_ROLE
from okr_api.okr.tree import Tree

from .bulk_write import Postgres
from .mappers.row_mapper import as_tuple
from .relation_statements import TEAMS_ABOVE


def _visible_to(relation: Relation) -> str:
    """Return the condition that objectives of a row's visibility are visible to a relation."""
    words = [f"'{visibility}'" for visibility, relations in VISIBLE_TO.items() if relation in relations]
    return f"asked.visibility in ({', '.join(words)})" if words else "false"


OF_TEAMS = tuple(BY_TEAM_ROLE.values())
COLUMNS = {  # of an objective, and of its team in `in_team`: arrays of people by relation
    Relation.OWNER: "array[asked.owner_id]",
    Relation.CONTRIBUTOR: "asked.contributor_ids",
    Relation.SHARED_WITH: "asked.shared_with_ids",
    **{relation: f"in_team.{relation.lower()}" for relation in OF_TEAMS},
}
TO_EVERYBODY = _visible_to(Relation.NONE)
BY_TEAM = " or ".join(_visible_to(relation) for relation in OF_TEAMS)
PEOPLE = " union ".join(
    f"select unnest({people}) where {_visible_to(relation)}" for relation, people in COLUMNS.items()
)
ROLES = ", ".join(
    f"array_agg(distinct held.person_id) filter (where held.role = '{role}') as {relation.lower()}"
    for role, relation in BY_TEAM_ROLE.items()
)
# The people in each team that `asked` names, or in a team above it.
IN_TEAM = f"""
    {TEAMS_ABOVE}, in_team as (
        select above.team_id, {ROLES} from above cross join lateral (
            select person_id, role from team_membership
            where organization_id = $1 and team_id = above.ancestor_id and not removed
            offset 0
        ) held
        group by above.team_id
    )
"""
# Of the objectives $2, and of those whose audience depends on one of the teams $3 or on a team under it.
AUDIENCES = f"""
    below(id) as (
        select unnest($3::uuid[])
        union
        select team.id from below join team on team.organization_id = $1 and team.parent_id = below.id
    ), named(id) as (
        select unnest($2::uuid[])
        union
        select asked.id from below join objective asked
            on asked.organization_id = $1 and asked.team_id = below.id and ({BY_TEAM})
    ), asked as (
        select holder.* from named cross join lateral (
            select id, visibility, owner_id, contributor_ids, shared_with_ids, viewer_ids,
                case when {BY_TEAM} then team_id end as team_id
            from objective asked where organization_id = $1 and id = named.id offset 0
        ) holder
    ), {IN_TEAM}, audience as (
        select asked.id, asked.viewer_ids as before,
            case when {TO_EVERYBODY} then null else array(
                select person from ({PEOPLE}) viewer(person) where person is not null order by person
            ) end as after
        from asked left join in_team on in_team.team_id = asked.team_id
    )
"""
MOVE_AUDIENCES = f"""
    with recursive {AUDIENCES}, moved as (
        select * from audience where before is distinct from after
    ), listed as (
        insert into audience_change (organization_id, seq, node_id, before, after)
        select $1, $4, id, before, after from moved where id <> all($5::uuid[])
    )
    update objective set viewer_ids = moved.after from moved
    where objective.organization_id = $1 and objective.id = moved.id
    returning moved.id, moved.before, moved.after
"""
LIST_PEOPLE = """
    insert into audience_change (organization_id, seq, node_id, sees_all)
    select $1, $2, moved.id, moved.sees_all from unnest($3::uuid[], $4::boolean[]) moved(id, sees_all)
"""
PEOPLE_IN_TEAMS = f"""
    with recursive asked as (select distinct unnest($2::uuid[]) as team_id), {IN_TEAM}
    select * from in_team
"""
# Trees and layouts that are cached have the audiences of before.
MOVE_TREES = """
    update feed_head
    set tree_seq = seq, tree_recorded_at = recorded_at, plan_seq = seq, plan_recorded_at = recorded_at
    where organization_id = $1
"""


@dataclass(frozen=True, slots=True)
class AudienceMove:
    """Audience of an objective before and after; None is everybody."""

    objective_id: UUID
    before: tuple[UUID, ...] | None
    after: tuple[UUID, ...] | None


async def update_audiences(
    connection: Postgres,
    organization_id: UUID,
    *,
    seq: int,
    objectives: Collection[UUID] = (),
    teams: Collection[UUID] = (),
    new: Collection[UUID] = (),
) -> list[AudienceMove]:
    """Recompute the audiences of objectives, and of those that depend on the teams; return what moved.

    It is listed for the change `seq`, except of `new` objectives.
    """
    given = (list(objectives), list(teams), seq, list(new))
    rows = await connection.fetch(MOVE_AUDIENCES, organization_id, *given)
    return [AudienceMove(row["id"], as_tuple(row["before"]), as_tuple(row["after"])) for row in rows]


async def move_audiences(
    connection: Postgres, tree: Tree, plain: PlainEntities, seq: int
) -> list[AudienceMove]:
    """Store the audiences that the saved edits of a tree and of plain entities move; return the moves.

    The feed's head is at the change `seq` already: caches of trees are valid until there.
    """
    admins = dict(_moved_admins(plain))
    if admins:
        given = (list(admins), list(admins.values()))
        await connection.execute(LIST_PEOPLE, tree.organization.id, seq, *given)
    objectives = [each.id for each in tree.objectives.changed() if _may_move(tree.objectives, each)]
    teams = {*_teams_of_members(plain), *_moved_teams(plain)}
    if not objectives and not teams:
        return []
    organization_id = tree.organization.id
    new = [id for id in objectives if tree.objectives.before(id) is None]
    moves = await update_audiences(
        connection, organization_id, seq=seq, objectives=objectives, teams=teams, new=new
    )
    if moves:
        await connection.execute(MOVE_TREES, organization_id)
    return moves


def _may_move(objectives: TrackedDict[UUID, Objective], edited: Objective) -> bool:
    """Return whether an edit may move the audience of an objective."""
    known = objectives.before(edited.id)
    if known is None:
        return Relation.NONE not in VISIBLE_TO[edited.visibility]
    return _facts(known) != _facts(edited)


def _facts(objective: Objective) -> tuple[object, ...] | None:
    """Return what the audience of an objective follows from, with its teams; None for everybody."""
    if Relation.NONE in VISIBLE_TO[objective.visibility]:
        return None
    people = (objective.owner_id, objective.contributor_ids, objective.shared_with_ids)
    return (objective.visibility, objective.team_id, *people)


def _moved_admins(plain: PlainEntities) -> Iterable[tuple[UUID, bool]]:
    """Return the people who have become admins or are none any more, each with whether they are one."""
    people = plain.get(Person) or TrackedDict[UUID, Person]()
    for person in people.changed():
        known = people.before(person.id)
        is_admin = person.role is Role.ADMIN
        if known is not None and (known.role is Role.ADMIN) is not is_admin:
            yield person.id, is_admin


def _teams_of_members(plain: PlainEntities) -> Iterable[UUID]:
    memberships = plain.get(TeamMembership)
    return (each.team_id for each in memberships.changed()) if memberships else ()


def _moved_teams(plain: PlainEntities) -> Iterable[UUID]:
    """Return the teams that lie under another team than before; new ones have no objectives yet."""
    teams = plain.get(Team) or TrackedDict[UUID, Team]()
    for team in teams.changed():
        known = teams.before(team.id)
        if known is not None and known.parent_id != team.parent_id:
            yield team.id


async def people_in_teams(
    connection: Postgres, organization_id: UUID, teams: Collection[UUID]
) -> dict[UUID, InTeam]:
    """Return the people in each team and in those above it, by their relation to an objective of the team."""
    rows = await connection.fetch(PEOPLE_IN_TEAMS, organization_id, list(teams))
    return {row["team_id"]: {relation: row[relation.lower()] or () for relation in OF_TEAMS} for row in rows}
