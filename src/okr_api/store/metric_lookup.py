"""Metric lookup by SQL: bound key results, readings by id, superseded readings, check-ins of readings."""

from collections.abc import Sequence
from uuid import UUID

from okr_api.okr.check_in import CheckIn
from okr_api.okr.metric import MetricReading

from .bulk_write import Postgres, by_each
from .mappers.check_in import check_in_of
from .mappers.metric_reading import metric_reading_of

# Closed cycles are left out unless `$3`.
COUNT_BOUND = """
    select count(*) from key_result
    join objective on objective.organization_id = $1 and objective.id = key_result.objective_id
    join cycle on cycle.organization_id = $1 and cycle.id = objective.cycle_id
    where key_result.organization_id = $1 and key_result.metric_id = $2
        and ($3 or cycle.state <> 'CLOSED')
"""
BOUND = """
    select asked.metric_id, found.id from unnest($2::uuid[]) asked(metric_id) cross join lateral (
        select id, objective_id from key_result
        where organization_id = $1 and metric_id = asked.metric_id offset 0
    ) found
    join objective on objective.organization_id = $1 and objective.id = found.objective_id
    join cycle on cycle.organization_id = $1 and cycle.id = objective.cycle_id
    where cycle.state in ('ACTIVE', 'REVIEW')
    order by asked.metric_id, found.id
"""
READINGS = by_each("metric_reading", "id")
LATER_READINGS = by_each("metric_reading", "supersedes_id", "supersedes_id")
CHECK_INS = by_each("check_in", "metric_reading_id")


async def count_bound(
    connection: Postgres, organization_id: UUID, metric_id: UUID, *, closed: bool = False
) -> int:
    """Return how many key results are bound to a metric; with `closed`, those of closed cycles as well."""
    count: int = await connection.fetchval(COUNT_BOUND, organization_id, metric_id, closed)
    return count


async def key_results_bound_to(
    connection: Postgres, organization_id: UUID, metric_ids: Sequence[UUID]
) -> dict[UUID, list[UUID]]:
    """Return the key results of active cycles and of those in review by metric, in order of their ids."""
    found: dict[UUID, list[UUID]] = {}
    for row in await connection.fetch(BOUND, organization_id, list(metric_ids)):
        found.setdefault(row["metric_id"], []).append(row["id"])
    return found


async def metric_readings_by_id(
    connection: Postgres, organization_id: UUID, ids: Sequence[UUID]
) -> dict[UUID, MetricReading]:
    """Return the readings with those ids."""
    rows = await connection.fetch(READINGS, organization_id, list(ids)) if ids else []
    return {row["id"]: metric_reading_of(row) for row in rows}


async def superseded_readings(connection: Postgres, organization_id: UUID, ids: Sequence[UUID]) -> set[UUID]:
    """Return the ids of those readings that have been corrected or retracted."""
    rows = await connection.fetch(LATER_READINGS, organization_id, list(ids)) if ids else []
    return {row["supersedes_id"] for row in rows}


async def check_ins_of_readings(
    connection: Postgres, organization_id: UUID, reading_ids: Sequence[UUID]
) -> list[CheckIn]:
    """Return the check-ins that come from the readings."""
    rows = await connection.fetch(CHECK_INS, organization_id, list(reading_ids)) if reading_ids else []
    return [check_in_of(row) for row in rows]
