"""The feed as rows: changes in order, and which of their nodes lie under an objective or in a cycle."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from .rows import Postgres

CHANGES = """
    select * from change where organization_id = $1 and seq > $2 order by seq limit $3
"""
UNDER = """
    with recursive up(node, at) as (
        select node, coalesce(key_result.objective_id, node)
        from unnest($2::uuid[]) node
        left join key_result on key_result.organization_id = $1 and key_result.id = node
        union
        select up.node, coalesce(edge.parent_objective_id, through.objective_id)
        from up
        join alignment edge on edge.organization_id = $1 and edge.child_id = up.at
        left join key_result through
            on through.organization_id = $1 and through.id = edge.parent_key_result_id
        where up.at <> $3
    )
    select distinct node from up where at = $3
"""
IN_CYCLE = """
    select node from unnest($2::uuid[]) node
    left join key_result on key_result.organization_id = $1 and key_result.id = node
    join objective on objective.organization_id = $1
        and objective.id = coalesce(key_result.objective_id, node)
    where objective.cycle_id = $3
"""


async def changes_after(connection: Postgres, organization_id: UUID, seq: int, limit: int) -> list[Any]:
    """The changes that follow `seq`, in order."""
    return list(await connection.fetch(CHANGES, organization_id, seq, limit))


async def under_objective(
    connection: Postgres, organization_id: UUID, nodes: Sequence[Any], objective_id: UUID
) -> set[UUID]:
    """Those of the nodes that are the objective or lie under it."""
    rows = await connection.fetch(UNDER, organization_id, list(nodes), objective_id)
    return {row["node"] for row in rows}


async def in_cycle(
    connection: Postgres, organization_id: UUID, nodes: Sequence[Any], cycle_id: UUID
) -> set[UUID]:
    """Those of the nodes that belong to an objective of the cycle."""
    rows = await connection.fetch(IN_CYCLE, organization_id, list(nodes), cycle_id)
    return {row["node"] for row in rows}
