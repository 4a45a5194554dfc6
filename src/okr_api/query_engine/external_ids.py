"""External ids of arguments: the id of the entity that has one."""

from uuid import UUID

from okr_api.okr.entities import BY_TYPE, NodeType

from .snapshot import Snapshot

NAMED = "select id from {table} where organization_id = $1 and external_id = $2"


async def id_of_external(snapshot: Snapshot, node_type: NodeType, text: str) -> UUID | None:
    """Return the id of the entity that has an external id, which may be hidden; None if none has it."""
    rows = await snapshot.fetch(NAMED.format(table=BY_TYPE[node_type].table), text)
    return UUID(rows[0]["id"]) if rows else None
