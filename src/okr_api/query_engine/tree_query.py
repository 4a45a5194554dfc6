"""Objective tree query: objectives with their depths and parents, in one statement whatever the tree's size.

In most trees no objective has two parents: these are walked once. Others, and those with hidden objectives,
are laid out first.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from uuid import UUID

from okr_api.okr.change import NodeType
from okr_api.okr.errors import TooMany
from okr_api.store.tree_edges import PARENT_OBJECTIVE, edges_beneath
from okr_api.store.unpublished import UNPUBLISHED_OBJECTIVE

from .global_ids import PREFIXES
from .snapshot import Snapshot
from .tree_layout_cache import (
    POSITION,
    Extent,
    Row,
    TreeLayout,
    TreeLayoutCache,
)

MAX_TREE_NODES = 20_000
OBJECTIVE = PREFIXES[NodeType.OBJECTIVE]

OF_CYCLE = f"""
    node as materialized (
        select id, {UNPUBLISHED_OBJECTIVE.format(row="objective")} as draft from objective
        where organization_id = $1 and cycle_id = $2 limit $3
    )
"""
BENEATH = f"""
    beneath(id) as (
        select $2::uuid
        union
        select edge.child_id
        from beneath
        join lateral ({edges_beneath("= beneath.id")}) edge on true
    ),
    node as materialized (
        select objective.id, {UNPUBLISHED_OBJECTIVE.format(row="objective")} as draft
        from beneath join objective on objective.organization_id = $1 and objective.id = beneath.id
        limit $3
    )
"""
# Ids are returned as one text: arrays are decoded element by element.
PLACED = f"""
    with recursive {{nodes}}
    select null::uuid as parent, string_agg(id::text, ',') as beneath,
        string_agg(id::text, ',') filter (where draft) as drafts, ({{position}}) as position
    from node
    union all
    select {PARENT_OBJECTIVE.format(edge="edge")} as parent,
        string_agg(edge.child_id::text, ','), null, null
    from node child
    join alignment edge on edge.organization_id = $1 and edge.child_id = child.id
    group by 1
"""
WITHIN_CYCLE = PLACED.format(nodes=OF_CYCLE, position=POSITION)
BENEATH_ROOT = PLACED.format(nodes=BENEATH, position=POSITION)


async def tree_of(
    snapshot: Snapshot,
    layouts: TreeLayoutCache,
    *,
    cycle_id: UUID | None,
    root_id: UUID | None,
    depth: int | None,
) -> TreeLayout:
    """Return the objectives of a cycle, or those beneath a root, flat and depth-first, each once.

    Depths are by the shortest path. Objectives that are hidden from the actor are skipped: their children
    hang on their visible ancestors.

    Raises:
        TooMany: there are more than 20,000 objectives.
    """
    extent = Extent(snapshot.organization_id, snapshot.visibility, cycle_id, root_id, depth)
    [known_at] = await snapshot.fetch(POSITION)
    layout = layouts.get(extent, known_at[0])
    if layout is None:
        position, layout = await _laid(snapshot, extent)
        layouts.keep(extent, position, layout)
    snapshot.count(len(layout.rows))
    return layout


async def _laid(snapshot: Snapshot, extent: Extent) -> tuple[str, TreeLayout]:
    """Return the current layout, and the position of the latest edit."""
    root = extent.root_id.hex if extent.root_id else None
    statement, start = (BENEATH_ROOT, root) if root else (WITHIN_CYCLE, extent.cycle_id)
    found = await snapshot.fetch(statement, start, MAX_TREE_NODES + 1)
    [all_of_it] = [row for row in found if row["parent"] is None]
    position, here = all_of_it["position"], set(_ids(all_of_it["beneath"]))
    if len(here) > MAX_TREE_NODES:
        raise TooMany(f"A tree has at most {MAX_TREE_NODES} objectives; ask for a part of it by rootId")
    beneath = {row["parent"]: _ids(row["beneath"]) for row in found if row["parent"] in here}
    hidden = set() if extent.visibility.is_everything else set(_ids(all_of_it["drafts"]))
    served: set[str] = set().union(*beneath.values())
    single = len(served) == sum(map(len, beneath.values()))
    if root in hidden:
        return position, TreeLayout([], [])
    if hidden or not single:
        return position, _laid_out(sorted(here), beneath, hidden, root, extent.depth)
    roots = sorted(here - served) if root is None else [root] if root in here else []
    return position, TreeLayout(roots, _walked(roots, beneath, extent.depth))


def _ids(text: str | None) -> list[str]:
    return text.replace("-", "").split(",") if text else []


def _walked(roots: Sequence[str], beneath: Mapping[str, list[str]], depth: int | None) -> list[Row]:
    """Return the rows of a tree in which no objective has two parents."""
    rows: list[Row] = []
    nobody: list[str] = []
    waiting: list[Row] = [(root, 0, nobody) for root in reversed(roots)]
    while waiting:
        row = waiting.pop()
        rows.append(row)
        children = beneath.get(row[0])
        if children and (depth is None or row[1] < depth):
            children.sort(reverse=True)
            below, parents = row[1] + 1, [f"{OBJECTIVE}_{row[0]}"]  # shared by siblings: do not modify it
            waiting += [(child, below, parents) for child in children]
    return rows


def _laid_out(
    ids: Sequence[str],
    beneath: Mapping[str, Sequence[str]],
    hidden_ids: set[str],
    root_id: str | None,
    depth: int | None,
) -> TreeLayout:
    """Return the layout of any tree; objectives are numbered in the order of their ids."""
    places = {id: place for place, id in enumerate(ids)}
    hidden = {places[id] for id in hidden_ids}
    parents: list[list[int]] = [[] for _ in ids]
    for parent in sorted(beneath):
        for child in dict.fromkeys(beneath[parent]):
            parents[places[child]].append(places[parent])
    if hidden:
        parents = [_past(parents, one, hidden) for one in parents]
    if root_id in places:
        parents[places[root_id]] = []
    return _flat(ids, parents, hidden, depth)


def _past(parents: Sequence[Sequence[int]], direct: Sequence[int], hidden: set[int]) -> list[int]:
    """Return the parents, each hidden one replaced by its nearest visible ancestors."""
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
) -> TreeLayout:
    shown = [place for place in range(len(ids)) if place not in hidden] if hidden else range(len(ids))
    children: list[list[int] | None] = [None] * len(ids)  # each in reverse order
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
    rows: list[Row] = []
    waiting = roots[::-1]
    while waiting:
        place = waiting.pop()
        at = depths[place]
        if at < 0 or (depth is not None and at > depth):
            continue
        depths[place] = -1  # its row is added once
        rows.append((ids[place], at, named[place]))
        beneath = children[place]
        if beneath is not None:
            waiting += beneath
    return TreeLayout([ids[place] for place in roots], rows)


def _depths(roots: Sequence[int], children: Sequence[Sequence[int] | None], size: int) -> list[int]:
    """Return each objective's number of steps from the nearest root; -1 if it is beneath none."""
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


def _parent_ids(ids: Sequence[str], parents: Sequence[Sequence[int]]) -> list[list[str]]:
    """Return the global ids of each objective's parents; siblings share a list: do not modify it."""
    shared: dict[int, list[str]] = {}
    none: list[str] = []
    named: list[list[str]] = []
    for one in parents:
        if len(one) == 1:
            parent = one[0]
            if parent not in shared:
                shared[parent] = [f"{OBJECTIVE}_{ids[parent]}"]
            named.append(shared[parent])
        else:
            named.append([f"{OBJECTIVE}_{ids[parent]}" for parent in one] if one else none)
    return named
