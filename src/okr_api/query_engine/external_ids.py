"""External ids of arguments: the id of the entity that has one."""

from uuid import UUID

from okr_api.okr.change import NodeType

from .snapshot import Snapshot

TABLES = {NodeType.CYCLE: "cycle", NodeType.OBJECTIVE: "objective"}
NAMED = "select id from {table} where organization_id = $1 and external_id = $2"


async def id_of_external(snapshot: Snapshot, node_type: NodeType, text: str) -> UUID | None:
    """Return the id of the entity that has an external id, which may be hidden; None if none has it."""
    rows = await snapshot.fetch(NAMED.format(table=TABLES[node_type]), text)
    return UUID(rows[0]["id"]) if rows else None
