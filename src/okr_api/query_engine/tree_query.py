"""Objective tree queries: their SQL, an LRU cache of layouts until a plan is edited, parts counted by status.

Only edits of plans change a layout, check-ins do not. A layout is valid as long as the latest edit is the
same. That position is read in the same statement as the layout, so that they always match.

A layout serves everybody: restricted objectives are in it, and those that a viewer does not see are left out
when it is read. Only where one that has others beneath it is hidden, so that these hang elsewhere, there is a
layout of its own for all from whom the same ones are hidden.
"""

from collections.abc import Mapping, Sequence, Set
from typing import Any
from uuid import UUID

from okr_api.okr.computed_values import Status
from okr_api.okr.errors import TooMany
from okr_api.okr.visibility import Visibility
from okr_api.store.hidden_rows import UNPUBLISHED_OBJECTIVE
from okr_api.store.time_slicing import complete
from okr_api.store.tree_edges import PARENT_OBJECTIVE, edges_beneath

from .snapshot import Snapshot
from .tree_layout import TreeLayout, lay_out_tree
from .tree_layout_cache import Extent, TreeLayoutCache
from .tree_selection import BENEATH, TreeSelection
from .visible_statements import fetch_visible

MAX_TREE_NODES = 20_000
# One text, only compared for equality: it also changes if the database was restored to an earlier state.
POSITION = """
    select concat_ws(' ', plan_seq, plan_recorded_at) from feed_head where organization_id = $1
"""
# The position, and the restricted objectives that the viewer does not see: of the cycle $2, or all if null.
POSITION_AND_HIDDEN = f"""
    select ({POSITION}) as position, (
        select string_agg(row.id::text, ',') from objective row
        where row.organization_id = $1 and row.viewer_ids is not null and {{restricted:row}}
            and ($2::uuid is null or row.cycle_id = $2)
    ) as hidden
"""
OF_CYCLE = f"""
    node as materialized (
        select id, {UNPUBLISHED_OBJECTIVE.format(row="objective")} as draft,
            viewer_ids is not null as is_restricted
        from objective
        where organization_id = $1 and cycle_id = $2 limit $3
    )
"""
OF_ROOT = f"""
    {BENEATH.format(root="$2")}
    node as materialized (
        select objective.id, {UNPUBLISHED_OBJECTIVE.format(row="objective")} as draft,
            objective.viewer_ids is not null as is_restricted
        from beneath join objective on objective.organization_id = $1 and objective.id = beneath.id
        limit $3
    )
"""
# Ids are returned as one text: arrays are decoded element by element.
PLACED = f"""
    {{nodes}}
    select null::uuid as parent, string_agg(id::text, ',') as beneath,
        string_agg(id::text, ',') filter (where {{passed}}) as passed,
        string_agg(id::text, ',') filter (where is_restricted) as restricted, ({{position}}) as position
    from node
    union all
    select {PARENT_OBJECTIVE.format(edge="edge")} as parent,
        string_agg(edge.child_id::text, ','), null, null, null
    from node child
    join alignment edge on edge.organization_id = $1 and edge.child_id = child.id
    group by 1
"""
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
# Of the objectives of one lineage, only the newest counts: see `scoring/lineage.py`.
COUNTED = f"""
    select part.parent, part.status, count(*) as count from (
        select whole.id as parent, own.id,
            own.statuses[1 + width_bucket($3::timestamptz, own.status_turns)] as status
        from objective whole
        join key_result own on own.organization_id = $1 and own.objective_id = whole.id
        where whole.organization_id = $1 and whole.id = any($2::uuid[])
            and whole.progress_from in ('KEY_RESULTS', 'BOTH') and own.state = 'ACTIVE' and own.weight > 0
        union
        (select distinct on (whole.id, coalesce(child.lineage_id, child.id)) whole.id, child.id,
            child.statuses[1 + width_bucket($3::timestamptz, child.status_turns)]
        from objective whole
        join lateral (
            {edges_beneath("= whole.id", through="through.state = 'ACTIVE' and through.weight > 0")}
        ) edge on edge.kind = 'CONTRIBUTES' and edge.weight > 0
        join objective child on child.organization_id = $1 and child.id = edge.child_id
        join cycle on cycle.organization_id = $1 and cycle.id = child.cycle_id
        where whole.organization_id = $1 and whole.id = any($2::uuid[])
            and whole.progress_from in ('OBJECTIVES', 'BOTH') and child.state in ('PUBLISHED', 'CLOSED')
        order by whole.id, coalesce(child.lineage_id, child.id), cycle.starts_on desc, child.id desc)
    ) part
    group by part.parent, part.status
"""


async def tree_of(
    snapshot: Snapshot, layouts: TreeLayoutCache, selection: TreeSelection, depth: int | None
) -> TreeLayout:
    """Return the selected objectives, flat and depth-first, each once.

    Raises:
        TooMany: there are more than 20,000 objectives, or they have more than 200,000 parents together.
    """
    visibility = snapshot.visibility
    by_viewer = selection.priority_id is not None and not visibility.restricted
    viewer = (visibility.person_id,) if by_viewer else None
    extent = Extent(snapshot.organization_id, visibility.drafts, selection, depth, viewer)
    position, hidden = await _position_and_hidden(snapshot, selection.cycle_id)
    layout = layouts.get(extent, position, hidden)
    if layout is None:
        position, pivots, layout = await _laid(snapshot, extent, hidden)
        layouts.keep(extent, position, pivots, hidden, layout)
    layout = layout.without(hidden)
    snapshot.count(len(layout.rows))
    return layout


async def _position_and_hidden(snapshot: Snapshot, cycle_id: UUID | None) -> tuple[str, Set[str]]:
    """Return the position of the latest edit, and the restricted objectives that the viewer does not see."""
    if snapshot.visibility.restricted:
        [row] = await snapshot.fetch(POSITION)
        return row[0], frozenset()
    [row] = await fetch_visible(snapshot, POSITION_AND_HIDDEN, cycle_id)
    return row["position"], frozenset(_ids(row["hidden"]))


async def _laid(snapshot: Snapshot, extent: Extent, hidden: Set[str]) -> tuple[str, Set[str], TreeLayout]:
    """Return the position of the latest edit, the restricted objectives with others beneath, the layout."""
    statement, parameters = _placed(extent.selection, snapshot.visibility)
    found = await snapshot.fetch(statement, *parameters)
    [all_of_it] = [row for row in found if row["parent"] is None]
    here = set(_ids(all_of_it["beneath"]))
    if len(here) > MAX_TREE_NODES:
        raise TooMany(f"A tree has at most {MAX_TREE_NODES} objectives; ask for a part of it by rootId")
    beneath = {row["parent"]: _ids(row["beneath"]) for row in found if row["parent"] in here}
    pivots = frozenset(_ids(all_of_it["restricted"])) & beneath.keys()
    passed = {*(pivots & hidden), *_ids(all_of_it["passed"])}
    root = None if extent.selection.is_narrowed else extent.selection.root_id
    steps = lay_out_tree(here, beneath, passed, root.hex if root else None, extent.depth)
    return all_of_it["position"], pivots, await complete(steps)


def _placed(selection: TreeSelection, visibility: Visibility) -> tuple[str, list[object]]:
    """Return the statement of a selection's objectives with their edges, and its parameters."""
    unseen = "false" if visibility.drafts else "draft"
    if selection.is_narrowed:
        nodes, parameters = selection.statement(MAX_TREE_NODES + 1, visibility)
        return PLACED.format(nodes=nodes, position=POSITION, passed=f"passed or {unseen}"), parameters
    nodes = OF_CYCLE if selection.root_id is None else OF_ROOT
    start = selection.root_id or selection.cycle_id
    statement = PLACED.format(nodes=f"with recursive {nodes}", position=POSITION, passed=unseen)
    return statement, [start, MAX_TREE_NODES + 1]


def _ids(text: str | None) -> list[str]:
    return text.replace("-", "").split(",") if text else []


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
