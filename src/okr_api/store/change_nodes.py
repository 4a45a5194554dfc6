"""Verify and repair `change_node`, the list of changes by node, by SQL; `change_writer` fills it."""

from dataclasses import dataclass
from uuid import UUID

from .bulk_write import Postgres

MAX_LISTING_DIFFERENCES = 1_000

# What `change_writer` lists, from stored changes alone.
TOUCHED = """
    select change.seq, node.id as node_id, bool_or(node.is_direct) as is_direct
    from {changes} change cross join lateral (
        select change.node_id, true
        union all select unnest(change.related_ids), true
        union all select (json_array_elements(change.deltas) ->> 'node_id')::uuid, false
    ) node(id, is_direct)
    group by change.seq, node.id
"""
_OF_ORGANIZATION = TOUCHED.format(changes="(select * from change where organization_id = $1)")
_LISTED = "select seq, node_id, is_direct from change_node where organization_id = $1"
_MISSING = f"({_OF_ORGANIZATION} except {_LISTED})"
_SURPLUS = f"({_LISTED} except {_OF_ORGANIZATION})"
DIFFERENCES = f"""
    select *, true as is_missing from {_MISSING} missing
    union all select *, false from {_SURPLUS} surplus
    order by seq, node_id limit $2
"""
ADD_MISSING = f"""
    insert into change_node (organization_id, node_id, is_direct, seq)
    select $1, node_id, is_direct, seq from {_MISSING} missing
"""
REMOVE_SURPLUS = f"""
    delete from change_node listed using {_SURPLUS} surplus
    where listed.organization_id = $1 and listed.node_id = surplus.node_id
        and listed.is_direct = surplus.is_direct and listed.seq = surplus.seq
"""


@dataclass(frozen=True, slots=True)
class ListingDifference:
    """Node that the list lacks for a change, or has although the change does not touch it in this way."""

    seq: int
    node_id: UUID
    is_direct: bool
    is_missing: bool


async def listing_differences(connection: Postgres, organization_id: UUID) -> list[ListingDifference]:
    """Return how the list differs from an organisation's changes: at most `MAX_LISTING_DIFFERENCES`."""
    rows = await connection.fetch(DIFFERENCES, organization_id, MAX_LISTING_DIFFERENCES)
    return [ListingDifference(**row) for row in rows]


async def repair_listing(connection: Postgres, organization_id: UUID) -> None:
    """Make the list agree with the organisation's changes."""
    await connection.execute(ADD_MISSING, organization_id)
    await connection.execute(REMOVE_SURPLUS, organization_id)
