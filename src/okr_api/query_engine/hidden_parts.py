"""Hidden parts: how many published objectives lie beneath a node that the viewer does not see."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from okr_api.store.hidden_rows import UNPUBLISHED_OBJECTIVE
from okr_api.store.tree_edges import edges_beneath

from .snapshot import Snapshot
from .visible_statements import fetch_visible

_COUNTED = f"""
    select edge.above as id, count(distinct edge.child_id) as hidden
    from ({{edges}}) edge
    join objective child on child.organization_id = $1 and child.id = edge.child_id
        and not {UNPUBLISHED_OBJECTIVE.format(row="child")} and {{{{restricted:child}}}}
    group by edge.above
"""
BENEATH_OBJECTIVES = _COUNTED.format(
    edges=f"select serves as above, child_id from ({edges_beneath('= any($2::uuid[])')}) served"
)
BENEATH_KEY_RESULTS = _COUNTED.format(
    edges="""
        select parent_key_result_id as above, child_id from alignment
        where organization_id = $1 and parent_key_result_id = any($2::uuid[])
    """
)


def hidden_beneath(statement: str) -> Callable[[Snapshot, Sequence[Any]], Awaitable[Mapping[Any, int]]]:
    """Return a loader of the numbers of hidden objectives directly beneath nodes; none for those with 0."""

    async def load(snapshot: Snapshot, ids: Sequence[Any]) -> Mapping[Any, int]:
        if snapshot.visibility.restricted:
            return {}
        await snapshot.begin()
        rows = await fetch_visible(snapshot, statement, list(dict.fromkeys(ids)))
        return {row["id"]: row["hidden"] for row in rows}

    return load
