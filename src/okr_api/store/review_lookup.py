"""Look-ups of reviews: what closing a cycle needs to know of those of objectives, and their lessons."""

from collections.abc import Sequence
from uuid import UUID

from okr_api.okr.lesson import Lesson
from okr_api.okr.review_record import RootCause

from .bulk_write import Postgres, by_each
from .entity_tables import PLAIN_TABLES

REVIEWS = by_each("review_record", "objective_id", "objective_id, root_cause, removed")
LESSONS = by_each("lesson", "review_record_id")


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


async def lessons_of_review(connection: Postgres, organization_id: UUID, review_id: UUID) -> list[Lesson]:
    """Return the lessons that were learned in a review, deleted ones included."""
    rows = await connection.fetch(LESSONS, organization_id, [review_id])
    return [PLAIN_TABLES[Lesson].object_of(row) for row in rows]
