"""Queries for subscribers of the feed: changes after a `seq`, heads, objectives and cycles around a node."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from .bulk_write import Postgres
from .delta_documents import CHANGE_COLUMNS, STORED_BYTES, decode_changes
from .tree_edges import PARENT_OBJECTIVE

# Rows up to $4 stored bytes, at least one.
CHANGES = f"""
    select {CHANGE_COLUMNS},
        (select recorded_at from change where organization_id = $1 and seq = $2) as previous_at
    from (
        select seq, sum(bytes) over (order by seq) - bytes as bytes_before
        from (
            select seq, {STORED_BYTES} as bytes
            from change where organization_id = $1 and seq > $2 order by seq limit $3
        ) next
    ) measured
    join change on change.organization_id = $1 and change.seq = measured.seq
    where measured.bytes_before < $4
    order by measured.seq
"""
HEADS = """
    select head.organization_id, head.seq, head.oldest_seq, change.recorded_at
    from unnest($1::uuid[], $2::bigint[]) asked(organization_id, seq)
    join feed_head head on head.organization_id = asked.organization_id
    left join change on change.organization_id = asked.organization_id and change.seq = asked.seq
"""
SCOPES = f"""
    with recursive up(node, at) as (
        select node, coalesce(key_result.objective_id, node)
        from unnest($2::uuid[]) node
        left join key_result on key_result.organization_id = $1 and key_result.id = node
        union
        select up.node, {PARENT_OBJECTIVE.format(edge="edge")}
        from up
        join alignment edge on edge.organization_id = $1 and edge.child_id = up.at
    )
    select at as scope, array_agg(node) as nodes from up group by at
    union all
    select objective.cycle_id, array_agg(node) from unnest($2::uuid[]) node
    left join key_result on key_result.organization_id = $1 and key_result.id = node
    join objective on objective.organization_id = $1
        and objective.id = coalesce(key_result.objective_id, node)
    group by objective.cycle_id
"""


async def changes_after(
    connection: Postgres, organization_id: UUID, seq: int, limit: int, limit_bytes: int
) -> list[Any]:
    """Return the changes after `seq`, in order, until their stored deltas reach `limit_bytes`; at least one.

    Each row also has `previous_at`, the recorded instant of the change at `seq`, null if that is not stored.
    """
    return await decode_changes(await connection.fetch(CHANGES, organization_id, seq, limit, limit_bytes))


async def heads_of(
    connection: Postgres, organization_ids: Sequence[UUID], seqs: Sequence[int | None]
) -> list[Any]:
    """Return `seq` and `oldest_seq` of each feed, and `recorded_at` of its change at the given `seq`."""
    return list(await connection.fetch(HEADS, organization_ids, seqs))


async def scopes_of(
    connection: Postgres, organization_id: UUID, nodes: Sequence[Any]
) -> list[tuple[Any, list[Any]]]:
    """Return each objective or cycle that contains any of the nodes, with those nodes.

    A node is contained in its own objective, every objective above that, and its objective's cycle.
    """
    rows = await connection.fetch(SCOPES, organization_id, nodes)
    return [(row["scope"], row["nodes"]) for row in rows]
