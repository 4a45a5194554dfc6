"""Look-up of the reviews of objectives."""

from collections.abc import Sequence
from uuid import UUID

from okr_api.okr.review_record import ReviewRecord

from .bulk_write import Postgres, by_each
from .entity_tables import PLAIN_TABLES

REVIEWS = by_each("review_record", "objective_id")


async def reviews_of(
    connection: Postgres, organization_id: UUID, objectives: Sequence[UUID]
) -> dict[UUID, ReviewRecord]:
    """Return the reviews of those objectives that have one, by objective."""
    rows = await connection.fetch(REVIEWS, organization_id, list(objectives))
    found = (PLAIN_TABLES[ReviewRecord].object_of(row) for row in rows)
    return {review.objective_id: review for review in found if not review.removed}
