"""Tree selection: which objectives a tree has, by team, person and priority, and the SQL that picks them.

All that is given must be met. Objectives above those that were picked are read as well: where a parent was
not picked, an objective hangs on the nearest ones above it that were.
"""

from typing import NamedTuple
from uuid import UUID

from okr_api.okr.visibility import Visibility
from okr_api.store.hidden_rows import UNPUBLISHED_OBJECTIVE, Conditions
from okr_api.store.tree_edges import PARENT_OBJECTIVE, edges_beneath

from .served_priorities import SERVING
from .snapshot import Snapshot

TEAMS_BENEATH = """
    with recursive beneath(id) as (
        select $2::uuid
        union
        select team.id from beneath
        join team on team.organization_id = $1 and team.parent_id = beneath.id
    )
    select id from beneath order by id
"""
BENEATH = f"""
    beneath(id) as (
        select {{root}}::uuid
        union
        select edge.child_id
        from beneath
        join lateral ({edges_beneath("= beneath.id")}) edge on true
    ),
"""
# `offset 0` forces an index lookup for each edge: see `store/tree_statements.py`.
PICKED = f"""
    with recursive {{beneath}}
    picked as materialized (
        select objective.id, {UNPUBLISHED_OBJECTIVE.format(row="objective")} as draft,
            objective.viewer_ids is not null as is_restricted
        from objective {{joined}}
        where objective.organization_id = $1 {{conditions}}
        limit $2
    ),
    above(id) as (
        select id from picked
        union
        select {PARENT_OBJECTIVE.format(edge="edge")} from above cross join lateral (
            select * from alignment where organization_id = $1 and child_id = above.id offset 0
        ) edge
    ),
    node as materialized (
        select above.id, picked.id is null as passed, coalesce(picked.draft, false) as draft,
            coalesce(picked.is_restricted, false) as is_restricted
        from above left join picked on picked.id = above.id
        limit $2
    )
"""


class TreeSelection(NamedTuple):
    """The objectives of a tree: those that meet all that is given.

    They are of the cycle, the root or beneath it, of one of the teams, owned or contributed to by the person,
    and serve the priority. Ids of teams are hex digits, in order.
    """

    cycle_id: UUID | None = None
    root_id: UUID | None = None
    team_ids: tuple[str, ...] = ()
    person_id: UUID | None = None
    priority_id: UUID | None = None

    @property
    def is_narrowed(self) -> bool:
        """Return whether it is by more than a cycle or a root."""
        return bool(self.team_ids or self.person_id or self.priority_id)

    def statement(self, limit: int, visibility: Visibility) -> tuple[str, list[object]]:
        """Return the queries of `node`, the picked objectives and those above, with their parameters."""
        parameters: list[object] = [limit]
        conditions: list[str] = []

        def given(value: object) -> str:
            parameters.append(value)
            return f"${1 + len(parameters)}"

        if self.cycle_id is not None:
            conditions.append(f"objective.cycle_id = {given(self.cycle_id)}::uuid")
        beneath = BENEATH.format(root=given(self.root_id)) if self.root_id is not None else ""
        if beneath:
            conditions.append("objective.id in (select id from beneath)")
        if self.team_ids:
            conditions.append(f"objective.team_id = any({given(list(self.team_ids))}::uuid[])")
        if self.person_id is not None:
            person = f"{given(self.person_id)}::uuid"
            conditions.append(f"(objective.owner_id = {person} or {person} = any(objective.contributor_ids))")
        joined = ""
        if self.priority_id is not None:
            priority = f"array[{given(self.priority_id)}::uuid]"
            hiding = Conditions(visibility, lambda: f"{given(visibility.person_id)}::uuid")
            joined = hiding.fill(SERVING, parents=priority, row="objective")
        said = "".join(f" and {condition}" for condition in conditions)
        return PICKED.format(beneath=beneath, joined=joined, conditions=said), parameters


async def teams_beneath(snapshot: Snapshot, team_id: UUID) -> tuple[str, ...]:
    """Return the team and all teams under it."""
    return tuple(row["id"] for row in await snapshot.fetch(TEAMS_BENEATH, team_id))
