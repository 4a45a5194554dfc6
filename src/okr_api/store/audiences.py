"""Audiences of objectives: recompute the stored `viewer_ids` of many at once; `okr/audience.py` is the rule.

This is the only place that changes the audience of a stored objective: whatever saves objectives, members
of teams or teams ends with `move_audiences`. What moves is recorded with the change: `visibility_changes.py`.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from okr_api.okr.audience import InTeam
from okr_api.okr.change_tracking import PlainEntities, TrackedDict
from okr_api.okr.objective import Objective
from okr_api.okr.people import Team, TeamMembership
from okr_api.okr.policy import VISIBLE_TO, Relation
from okr_api.okr.relations import BY_TEAM_ROLE
from okr_api.okr.tree import Tree

from .bulk_write import Postgres
from .mappers.row_mapper import as_tuple
from .relation_statements import TEAMS_ABOVE
from .visibility_changes import record_audience_moves, record_moved_key_results, record_new_roles


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
    with recursive {AUDIENCES}
    update objective set viewer_ids = moved.after
    from (select * from audience where before is distinct from after) moved
    where objective.organization_id = $1 and objective.id = moved.id
    returning moved.id, moved.before, moved.after
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
    published: Collection[UUID] = (),
) -> list[AudienceMove]:
    """Recompute the audiences of objectives, and of those that depend on the teams; return what moved.

    It is recorded for the change `seq`, except of `new` objectives.
    """
    rows = await connection.fetch(MOVE_AUDIENCES, organization_id, list(objectives), list(teams))
    moves = [AudienceMove(row["id"], as_tuple(row["before"]), as_tuple(row["after"])) for row in rows]
    known = [(one.objective_id, one.before, one.after) for one in moves if one.objective_id not in new]
    await record_audience_moves(connection, organization_id, seq, known, published)
    return moves


async def move_audiences(
    connection: Postgres, tree: Tree, plain: PlainEntities, seq: int
) -> Sequence[AudienceMove]:
    """Store the audiences that the saved edits of a tree and of plain entities move; return the moves.

    The feed's head is at the change `seq` already: caches of trees are valid until there.
    """
    await record_new_roles(connection, tree, plain, seq)
    moves = await _move_edited(connection, tree, plain, seq)
    await record_moved_key_results(connection, tree, seq, {one.objective_id: one.after for one in moves})
    return moves


async def _move_edited(
    connection: Postgres, tree: Tree, plain: PlainEntities, seq: int
) -> Sequence[AudienceMove]:
    """Store the audiences of the objectives that are edited, or of which members or teams are."""
    edited = [each for each in tree.objectives.changed() if _may_move(tree.objectives, each)]
    teams = {*_teams_of_members(plain), *_moved_teams(plain)}
    if not edited and not teams:
        return ()
    organization_id = tree.organization.id
    moves = await update_audiences(
        connection,
        organization_id,
        seq=seq,
        objectives=[each.id for each in edited],
        teams=teams,
        new={each.id for each in edited if tree.objectives.before(each.id) is None},
        published={each.id for each in edited if _was_published(tree.objectives, each)},
    )
    if moves:
        await connection.execute(MOVE_TREES, organization_id)
    return moves


def _was_published(objectives: TrackedDict[UUID, Objective], edited: Objective) -> bool:
    """Return whether an edit has published an objective."""
    known = objectives.before(edited.id)
    return known is not None and known.is_unpublished and not edited.is_unpublished


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
