"""The objective tree: which objectives it holds, where each hangs, in two statements whatever its size."""

from collections import defaultdict, deque
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from okr_api.okr.errors import TooMany

from .snapshot import Snapshot

MOST_TREE_NODES = 20_000

OF_CYCLE = """
    select id, state = 'DRAFT' as draft from objective
    where organization_id = $1 and cycle_id = $2 order by id limit $3
"""
BENEATH = """
    with recursive beneath(id) as (
        select $2::uuid
        union
        select edge.child_id
        from beneath
        join lateral (
            select child_id from alignment
            where organization_id = $1 and parent_objective_id = beneath.id
            union all
            select edge.child_id from key_result through
            join alignment edge on edge.organization_id = $1 and edge.parent_key_result_id = through.id
            where through.organization_id = $1 and through.objective_id = beneath.id
        ) edge on true
    )
    select objective.id, state = 'DRAFT' as draft
    from beneath join objective on objective.organization_id = $1 and objective.id = beneath.id
    order by objective.id limit $3
"""
EDGES = """
    select distinct edge.child_id, coalesce(edge.parent_objective_id, through.objective_id) as parent_id
    from alignment edge
    left join key_result through
        on through.organization_id = $1 and through.id = edge.parent_key_result_id
    where edge.organization_id = $1 and edge.child_id = any($2::uuid[])
    order by 2, 1
"""


async def tree_of(
    snapshot: Snapshot, *, cycle_id: UUID | None, root_id: UUID | None, depth: int | None
) -> dict[str, Any]:
    """The objectives of a cycle, or those beneath a root, flat and depth-first, each once.

    *Shape*: `root_ids`, and `rows` of `objective_id`, `depth` by the shortest path and `parent_ids`.
    What is hidden from the asker is passed over: its children hang on its visible ancestors.

    *Refuses*: more than 20,000 objectives (`TooMany`).
    """
    start = root_id or cycle_id
    statement = BENEATH if root_id else OF_CYCLE
    found = await snapshot.fetch(statement, start, MOST_TREE_NODES + 1)
    if len(found) > MOST_TREE_NODES:
        raise TooMany(f"A tree has at most {MOST_TREE_NODES} objectives; ask for a part of it by rootId")
    ids = [row["id"] for row in found]
    root = root_id.hex if root_id else None
    hidden = set() if snapshot.sees_drafts else {row["id"] for row in found if row["draft"]}
    if root in hidden:
        return {"root_ids": [], "rows": []}
    parents = await _parents(snapshot, ids, hidden)
    if root:
        parents[root] = []
    return _flat([id for id in ids if id not in hidden], parents, depth)


async def _parents(snapshot: Snapshot, ids: Sequence[str], hidden: set[str]) -> dict[str, list[str]]:
    """The nearest visible ancestors of each objective within the selection."""
    selected = set(ids)
    direct: dict[str, list[str]] = {id: [] for id in ids}
    for edge in await snapshot.fetch(EDGES, list(ids)):
        if edge["parent_id"] in selected:
            direct[edge["child_id"]].append(edge["parent_id"])
    if not hidden:
        return direct
    return {id: _past(direct, parents, hidden) for id, parents in direct.items()}


def _past(direct: dict[str, list[str]], parents: Sequence[str], hidden: set[str]) -> list[str]:
    """The parents, each hidden one replaced by the nearest visible above it."""
    seen: dict[str, None] = {}
    waiting, passed = deque(parents), set()
    while waiting:
        parent = waiting.popleft()
        if parent not in hidden:
            seen[parent] = None
        elif parent not in passed:
            passed.add(parent)
            waiting.extend(direct[parent])
    return list(seen)


def _flat(ids: Sequence[str], parents: dict[str, list[str]], depth: int | None) -> dict[str, Any]:
    children: defaultdict[str, list[str]] = defaultdict(list)
    roots: list[str] = []
    for id in ids:
        for parent in parents[id]:
            children[parent].append(id)
        if not parents[id]:
            roots.append(id)
    depths = _depths(roots, children)
    deepest = MOST_TREE_NODES if depth is None else depth
    rows: list[dict[str, Any]] = []
    seen: set[str] = set()
    waiting = roots[::-1]
    while waiting:
        id = waiting.pop()
        if id in seen or depths[id] > deepest:
            continue
        seen.add(id)
        rows.append({"objective_id": id, "depth": depths[id], "parent_ids": parents[id]})
        waiting.extend(reversed(children[id]))
    return {"root_ids": roots, "rows": rows}


def _depths(roots: Sequence[str], children: dict[str, list[str]]) -> dict[str, int]:
    """The number of steps from the nearest root."""
    depths = dict.fromkeys(roots, 0)
    waiting = deque(roots)
    while waiting:
        id = waiting.popleft()
        for child in children[id]:
            if child not in depths:
                depths[child] = depths[id] + 1
                waiting.append(child)
    return depths
