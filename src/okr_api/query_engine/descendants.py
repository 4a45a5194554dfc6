"""Descendants: the number of objectives below others."""

from collections.abc import Mapping, Sequence
from typing import Any

from okr_api.store.hidden_rows import UNPUBLISHED_OBJECTIVE
from okr_api.store.tree_edges import edges_beneath

from .snapshot import Snapshot
from .sql_builder import IDS

DESCENDANTS = f"""
    with recursive beneath(start, id) as (
        select asked.id, asked.id from unnest({IDS.format("$2")}) asked(id)
        union
        select beneath.start, edge.child_id
        from beneath
        join lateral ({edges_beneath("= beneath.id")}) edge on true
    )
    select beneath.start, count(*) as count
    from beneath
    join objective on objective.organization_id = $1 and objective.id = beneath.id
        and not {UNPUBLISHED_OBJECTIVE.format(row="objective")}
    where beneath.id <> beneath.start
    group by beneath.start
"""


async def descendant_counts(snapshot: Snapshot, ids: Sequence[Any]) -> Mapping[Any, int]:
    """Return the number of objectives below others that were ever published, by objective; none for 0."""
    rows = await snapshot.fetch(DESCENDANTS, ",".join(dict.fromkeys(ids)))
    return {row["start"]: row["count"] for row in rows}
