"""Look-ups of strategic priorities for mutations: the last rank, and whether objectives serve one."""

from uuid import UUID

from .bulk_write import Postgres

LAST_RANK = "select max(rank) from priority where organization_id = $1 and not removed"
IS_SERVED = """
    select exists (select from objective where organization_id = $1 and priority_ids @> array[$2::uuid])
"""


async def last_rank(connection: Postgres, organization_id: UUID) -> float | None:
    """Return the greatest rank of the organisation's priorities; None if it has none."""
    rank: float | None = await connection.fetchval(LAST_RANK, organization_id)
    return rank


async def is_served(connection: Postgres, organization_id: UUID, priority_id: UUID) -> bool:
    """Return whether any objective names the priority, in whatever state."""
    return bool(await connection.fetchval(IS_SERVED, organization_id, priority_id))
