"""Look-ups of strategic priorities for mutations: the last rank, and whether objectives serve one."""

from uuid import UUID

from .bulk_write import Postgres

LAST_RANK = "select max(rank) from priority where organization_id = $1 and not removed"


async def last_rank(connection: Postgres, organization_id: UUID) -> float | None:
    """Return the greatest rank of the organisation's priorities; None if it has none."""
    rank: float | None = await connection.fetchval(LAST_RANK, organization_id)
    return rank
