"""The objective tree: which objectives it holds and where each hangs, in one statement whatever its size.

Objectives are told apart by their places in the order of their ids: whole numbers cost less than ids.
"""

from collections import deque
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from okr_api.okr.change import NodeType
from okr_api.okr.errors import TooMany

from .ids import PREFIXES
from .snapshot import Snapshot

MOST_TREE_NODES = 20_000
OBJECTIVE = PREFIXES[NodeType.OBJECTIVE]

OF_CYCLE = """
    node as materialized (
        select id, state = 'DRAFT' as draft, row_number() over (order by id)::int - 1 as place from objective
        where organization_id = $1 and cycle_id = $2 order by id limit $3
    )
"""
BENEATH = """
    beneath(id) as (
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
    ),
    node as materialized (
        select objective.id, state = 'DRAFT' as draft,
            row_number() over (order by objective.id)::int - 1 as place
        from beneath join objective on objective.organization_id = $1 and objective.id = beneath.id
        order by objective.id limit $3
    )
"""
PLACED = """
    with recursive {nodes},
    edge as (
        select distinct parent.place as parent, child.place as child
        from alignment edge
        join node child on child.id = edge.child_id
        join node parent on parent.id = coalesce(edge.parent_objective_id, (
            select objective_id from key_result through
            where through.organization_id = $1 and through.id = edge.parent_key_result_id))
        where edge.organization_id = $1
        order by parent, child
    )
    select
        (select array_agg(id order by place) from node) as ids,
        (select array_agg(place) from node where draft) as drafts,
        array_agg(parent) as parents,
        array_agg(child) as children
    from edge
"""
WITHIN_CYCLE, BENEATH_ROOT = PLACED.format(nodes=OF_CYCLE), PLACED.format(nodes=BENEATH)


async def tree_of(
    snapshot: Snapshot, *, cycle_id: UUID | None, root_id: UUID | None, depth: int | None
) -> dict[str, Any]:
    """The objectives of a cycle, or those beneath a root, flat and depth-first, each once.

    *Shape*: `root_ids`, and `rows` of an objective's id, its depth by the shortest path and the global ids
    of its parents. What is hidden from the asker is passed over: its children hang on its visible ancestors.

    *Refuses*: more than 20,000 objectives (`TooMany`).
    """
    statement, start = (BENEATH_ROOT, root_id) if root_id else (WITHIN_CYCLE, cycle_id)
    [found] = await snapshot.fetch(statement, start, MOST_TREE_NODES + 1)
    ids: list[str] = found["ids"] or []
    snapshot.count(len(ids))
    if len(ids) > MOST_TREE_NODES:
        raise TooMany(f"A tree has at most {MOST_TREE_NODES} objectives; ask for a part of it by rootId")
    parents: list[list[int]] = [[] for _ in ids]
    for child, parent in zip(found["children"] or (), found["parents"] or (), strict=True):
        parents[child].append(parent)
    hidden = set() if snapshot.sees_drafts else set(found["drafts"] or ())
    root = ids.index(root_id.hex) if root_id and ids else None
    if root in hidden:
        return {"root_ids": [], "rows": []}
    if hidden:
        parents = [_past(parents, one, hidden) for one in parents]
    if root is not None:
        parents[root] = []
    return _flat(ids, parents, hidden, depth)


def _past(parents: Sequence[Sequence[int]], direct: Sequence[int], hidden: set[int]) -> list[int]:
    """The parents, each hidden one replaced by the nearest visible above it."""
    seen: dict[int, None] = {}
    waiting, passed = deque(direct), set()
    while waiting:
        parent = waiting.popleft()
        if parent not in hidden:
            seen[parent] = None
        elif parent not in passed:
            passed.add(parent)
            waiting.extend(parents[parent])
    return list(seen)


def _flat(
    ids: Sequence[str], parents: Sequence[Sequence[int]], hidden: set[int], depth: int | None
) -> dict[str, Any]:
    shown = [place for place in range(len(ids)) if place not in hidden] if hidden else range(len(ids))
    children: list[list[int] | None] = [None] * len(ids)  # each from the last to the first
    for place in reversed(shown):
        for parent in parents[place]:
            beneath = children[parent]
            if beneath is None:
                children[parent] = [place]
            else:
                beneath.append(place)
    roots = [place for place in shown if not parents[place]]
    depths = _depths(roots, children, len(ids))
    named = _parent_ids(ids, parents)
    rows: list[tuple[str, int, Sequence[str]]] = []
    waiting = roots[::-1]
    while waiting:
        place = waiting.pop()
        at = depths[place]
        if at < 0 or (depth is not None and at > depth):
            continue
        depths[place] = -1  # it has its row
        rows.append((ids[place], at, named[place]))
        beneath = children[place]
        if beneath is not None:
            waiting += beneath
    return {"root_ids": [ids[place] for place in roots], "rows": rows}


def _depths(roots: Sequence[int], children: Sequence[Sequence[int] | None], size: int) -> list[int]:
    """The number of steps from the nearest root; -1 for what hangs on none."""
    depths = [-1] * size
    wave, at = list(roots), 0
    while wave:
        following: list[int] = []
        for place in wave:
            if depths[place] < 0:
                depths[place] = at
                beneath = children[place]
                if beneath is not None:
                    following += beneath
        wave, at = following, at + 1
    return depths


def _parent_ids(ids: Sequence[str], parents: Sequence[Sequence[int]]) -> list[Sequence[str]]:
    """The global ids of everybody's parents; siblings share one list, which nobody may change."""
    shared: dict[int, list[str]] = {}
    none: list[str] = []
    named: list[Sequence[str]] = []
    for one in parents:
        if len(one) == 1:
            parent = one[0]
            if parent not in shared:
                shared[parent] = [f"{OBJECTIVE}_{ids[parent]}"]
            named.append(shared[parent])
        else:
            named.append([f"{OBJECTIVE}_{ids[parent]}" for parent in one] if one else none)
    return named
