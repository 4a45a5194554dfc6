"""Look-up of what a roll-over needs: decisions of reviews, what was carried over before, uses of metrics."""

from collections.abc import Iterable
from uuid import UUID

from okr_api.okr.review_record import ReviewDecision

from .bulk_write import Postgres, by_each
from .time_slicing import Batches

DECISIONS = by_each("review_record", "objective_id", "objective_id, decision, removed")
# The successor in the cycle $3, also a dropped one, or else one that is not dropped in another cycle.
SUCCESSORS = """
    select asked.id, later.id as successor_id, later.cycle_id
    from unnest($2::uuid[]) asked(id) cross join lateral (
        select id, cycle_id from objective
        where organization_id = $1 and carried_from_id = asked.id and (cycle_id = $3 or state <> 'DROPPED')
        order by cycle_id = $3 desc, id desc limit 1 offset 0
    ) later
"""
BOUND = """
    select asked.id, count(*) as bound from unnest($2::uuid[]) asked(id) cross join lateral (
        select objective_id from key_result where organization_id = $1 and metric_id = asked.id offset 0
    ) found
    join objective on objective.organization_id = $1 and objective.id = found.objective_id
    join cycle on cycle.organization_id = $1 and cycle.id = objective.cycle_id and cycle.state <> 'CLOSED'
    group by 1
"""


async def decisions_of(
    connection: Postgres, organization_id: UUID, objectives: Iterable[UUID]
) -> dict[UUID, ReviewDecision]:
    """Return the decision in the review of each of the objectives that has one."""
    found: dict[UUID, ReviewDecision] = {}
    async for batch in Batches(objectives):
        for row in await connection.fetch(DECISIONS, organization_id, batch):
            if not row["removed"]:
                found[row["objective_id"]] = ReviewDecision(row["decision"])
    return found


async def successors_of(
    connection: Postgres, organization_id: UUID, objectives: Iterable[UUID], cycle_id: UUID
) -> dict[UUID, UUID]:
    """Return what the objectives were carried over into, with that in the given cycle first.

    What was carried over into another cycle and dropped there does not count.
    """
    found: dict[UUID, UUID] = {}
    async for batch in Batches(objectives):
        for row in await connection.fetch(SUCCESSORS, organization_id, batch, cycle_id):
            found[row["id"]] = row["successor_id"]
    return found


async def uses_of_metrics(
    connection: Postgres, organization_id: UUID, metrics: Iterable[UUID]
) -> dict[UUID, int]:
    """Return how many key results of cycles that are not closed are bound to each of the metrics."""
    rows = await connection.fetch(BOUND, organization_id, list(metrics))
    return {row["id"]: row["bound"] for row in rows}
