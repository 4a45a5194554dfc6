"""Look-up of the reviews of objectives, by what closing a cycle needs to know of them."""

from collections.abc import Sequence
from uuid import UUID

from okr_api.okr.review_record import RootCause

from .bulk_write import Postgres, by_each

REVIEWS = by_each("review_record", "objective_id", "objective_id, root_cause, removed")


async def root_causes_of(
    connection: Postgres, organization_id: UUID, objectives: Sequence[UUID]
) -> dict[UUID, RootCause | None]:
    """Return the root cause in the review of each of the objectives that has one, by objective."""
    rows = await connection.fetch(REVIEWS, organization_id, list(objectives))
    return {
        row["objective_id"]: RootCause(row["root_cause"]) if row["root_cause"] else None
        for row in rows
        if not row["removed"]
    }
