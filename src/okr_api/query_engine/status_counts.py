"""Status counts: the parts of objectives counted by status, for many objectives at once."""

from collections.abc import Mapping, Sequence
from typing import Any

from okr_api.okr.computed_values import Status
from okr_api.store.tree_edges import edges_beneath

from .snapshot import Snapshot

WORST_FIRST = (
    Status.MISSED,
    Status.OFF_TRACK,
    Status.STALE,
    Status.AT_RISK,
    Status.PENDING,
    Status.ON_TRACK,
    Status.ACHIEVED,
    Status.PAUSED,  # this and the next are of parts of an objective that is itself paused or dropped
    Status.DROPPED,
)
COUNTED = f"""
    select part.parent, part.status, count(*) as count from (
        select whole.id as parent, own.id,
            own.statuses[1 + width_bucket($3::timestamptz, own.status_turns)] as status
        from objective whole
        join key_result own on own.organization_id = $1 and own.objective_id = whole.id
        where whole.organization_id = $1 and whole.id = any($2::uuid[])
            and whole.progress_from in ('KEY_RESULTS', 'BOTH') and own.state = 'ACTIVE' and own.weight > 0
        union
        select whole.id, child.id,
            child.statuses[1 + width_bucket($3::timestamptz, child.status_turns)]
        from objective whole
        join lateral (
            {edges_beneath("= whole.id", through="through.state = 'ACTIVE' and through.weight > 0")}
        ) edge on edge.kind = 'CONTRIBUTES' and edge.weight > 0
        join objective child on child.organization_id = $1 and child.id = edge.child_id
        where whole.organization_id = $1 and whole.id = any($2::uuid[])
            and whole.progress_from in ('OBJECTIVES', 'BOTH') and child.state in ('PUBLISHED', 'CLOSED')
    ) part
    group by part.parent, part.status
"""


async def parts_by_status(snapshot: Snapshot, ids: Sequence[Any]) -> Mapping[Any, list[dict[str, Any]]]:
    """Return, by objective, the statuses of its counting parts with their counts, worst first."""
    await snapshot.begin()
    found: dict[Any, list[dict[str, Any]]] = {}
    for row in await snapshot.fetch(COUNTED, list(ids), snapshot.now):
        found.setdefault(row["parent"], []).append({"status": row["status"], "count": row["count"]})
    for counts in found.values():
        counts.sort(key=lambda count: WORST_FIRST.index(Status(count["status"])))
    return found


async def worst_part(snapshot: Snapshot, ids: Sequence[Any]) -> Mapping[Any, str]:
    """Return, by objective, the worst status among its counting parts."""
    return {id: counts[0]["status"] for id, counts in (await parts_by_status(snapshot, ids)).items()}
