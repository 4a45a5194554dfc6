"""Priorities in coaching: how many of them an objective or a draft serves, itself or through those above."""

from collections.abc import Sequence

from .served_priorities import HANDED_DOWN, SERVED, above
from .snapshot import Snapshot
from .visible_statements import fetch_visible

OF_OBJECTIVES = f"""
    select serves.start as id, count(*) as priorities
    from priority row {SERVED.replace("{parents}", "$2::uuid[]").replace("{row}", "row")}
    where row.organization_id = $1 and not row.removed
    group by serves.start
"""
# What a draft names ($3), and what those above it hand down, from its parents ($2) on.
OF_DRAFT = f"""
    with recursive {above("select started, started from unnest($2::uuid[]) started")}
    select count(*) as priorities
    from priority row
    where row.organization_id = $1 and not row.removed and (
        row.id = any($3::uuid[]) or row.id in (
            select unnest(holder.priority_ids)
            from above
            join objective holder on holder.organization_id = $1 and holder.id = above.id
                and {HANDED_DOWN.format(row="holder")}
        )
    )
"""


async def count_priorities(snapshot: Snapshot, objectives: Sequence[str]) -> dict[str, int]:
    """Return how many priorities each objective serves, by its id; none of one that serves none."""
    rows = await fetch_visible(snapshot, OF_OBJECTIVES, objectives)
    return {row["id"]: row["priorities"] for row in rows}


async def count_priorities_of_draft(snapshot: Snapshot, parents: Sequence[str], named: Sequence[str]) -> int:
    """Return how many priorities a draft serves that names some and is aligned to the parents."""
    if not parents and not named:
        return 0
    [row] = await fetch_visible(snapshot, OF_DRAFT, parents, named)
    count: int = row["priorities"]
    return count
