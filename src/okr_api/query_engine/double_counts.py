"""Double counts of cycles: what counts in one of their objectives more than once.

Statements find what may do so, with all that is above it; what does is left to scoring.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from okr_api.okr.tree import Tree
from okr_api.scoring.double_counting import (
    CountedPart,
    CountedScope,
    DoubleCount,
    DoubleCountKind,
    DoubleCounts,
    double_counts,
)
from okr_api.scoring.paths import PartShares
from okr_api.store.time_slicing import Batches, complete
from okr_api.store.tree_edges import PARENT_OBJECTIVE
from okr_api.store.tree_loader import load_countable, load_cycles, load_objectives

from .global_ids import digits_of
from .progress_paths import MAX_COUNT, node_type_of
from .served_priorities import COUNTS
from .snapshot import Snapshot
from .snapshot_rows import SnapshotRows, new_tree

MAX_DOUBLE_COUNTS = 100  # that are listed, those with the largest shares
MAX_DOUBLE_COUNT_PARTS = 20  # of one of them
_COUNTING_EDGE = "edge.kind = 'CONTRIBUTES' and edge.weight > 0"
SEVERAL_PARENTS = f"""
    select child_id as id from (
        select distinct edge.child_id, {PARENT_OBJECTIVE.format(edge="edge")} as parent_id
        from objective child
        join alignment edge on edge.organization_id = $1 and edge.child_id = child.id and {_COUNTING_EDGE}
        where child.organization_id = $1 and child.cycle_id = any($2::uuid[]) and {COUNTS.format(row="child")}
    ) pairs
    group by child_id having count(*) > 1 order by child_id
"""
SHARED_METRICS = f"""
    select metric_id, id, objective_id from (
        select bound.metric_id, bound.id, bound.objective_id, count(*) over (partition by bound.metric_id)
        from objective holder
        join key_result bound on bound.organization_id = $1 and bound.objective_id = holder.id
            and bound.state = 'ACTIVE' and bound.weight > 0
        join metric on metric.organization_id = $1 and metric.id = bound.metric_id and not metric.removed
        where holder.organization_id = $1 and holder.cycle_id = any($2::uuid[])
            and {COUNTS.format(row="holder")}
    ) bound
    where count > 1 order by metric_id, id
"""
ABOVE = f"""
    with recursive above(id) as (
        select unnest($2::uuid[])
        union
        select node.id
        from above cross join lateral (
            select * from alignment edge
            where edge.organization_id = $1 and edge.child_id = above.id and {_COUNTING_EDGE} offset 0
        ) edge
        join objective node on node.organization_id = $1 and node.cycle_id = any($3::uuid[])
            and node.id = {PARENT_OBJECTIVE.format(edge="edge")}
    )
    select id from above
"""
Document = Mapping[str, Any]


class _Candidates(NamedTuple):
    """What may count twice: objectives with several parents, and the key results of shared metrics."""

    objectives: list[UUID]
    metrics: Mapping[UUID, list[UUID]]


async def double_counts_of(snapshot: Snapshot, keys: Sequence[Any]) -> Mapping[Any, Document]:
    """Return the double counts of cycles, by cycle."""
    await snapshot.begin()
    rows = SnapshotRows(snapshot)
    tree = await new_tree(rows)
    await load_cycles(rows, tree)
    within = {
        key: frozenset(id for id in tree.cycles if tree.encloses(UUID(key), id))
        for key in dict.fromkeys(keys)
    }
    candidates = await _load(rows, tree, list(frozenset().union(*within.values())))
    shares = PartShares(tree)
    return {
        key: await _document(snapshot, shares, CountedScope(UUID(key), cycles), candidates)
        for key, cycles in within.items()
    }


async def _load(rows: SnapshotRows, tree: Tree, cycles: list[UUID]) -> _Candidates:
    """Load what may count twice with all that is above it, and its parts; return it."""
    organization_id = rows.snapshot.organization_id
    objectives = [row["id"] for row in await rows.fetch(SEVERAL_PARENTS, organization_id, cycles)]
    metrics: defaultdict[UUID, list[UUID]] = defaultdict(list)
    starts = dict.fromkeys(objectives)
    for row in await rows.fetch(SHARED_METRICS, organization_id, cycles):
        metrics[row["metric_id"]].append(row["id"])
        starts[row["objective_id"]] = None
    above = [row["id"] for row in await rows.fetch(ABOVE, organization_id, list(starts), cycles)]
    await load_objectives(rows, tree, above)
    async for wanted in Batches(above):
        await load_countable(rows, tree, wanted)
    return _Candidates(objectives, metrics)


async def _document(
    snapshot: Snapshot, shares: PartShares, scope: CountedScope, candidates: _Candidates
) -> Document:
    tree = shares.tree
    found = DoubleCounts(MAX_DOUBLE_COUNTS, lambda one: not _sees(snapshot, tree, one))
    await complete(double_counts(shares, scope, candidates.objectives, candidates.metrics, found))
    return {
        "nodes": [_told(snapshot, tree, one) for one in found.largest],
        "total_count": found.total,
        "hidden_count": found.hidden,
    }


def _sees(snapshot: Snapshot, tree: Tree, one: DoubleCount) -> bool:
    """Return whether the viewer may see what counts twice and where; of a metric, where."""
    named = [one.ancestor_id, *([one.node_id] if one.kind is DoubleCountKind.SEVERAL_PATHS else [])]
    return all(snapshot.visibility.shows(tree.objectives[id]) for id in named)


def _told(snapshot: Snapshot, tree: Tree, one: DoubleCount) -> Document:
    visible = [
        part for part in one.parts if snapshot.visibility.shows(tree.objectives[tree.owner_of(part.id)])
    ]
    several = one.kind is DoubleCountKind.SEVERAL_PATHS
    return {
        "kind": one.kind,
        "ancestor_id": digits_of(one.ancestor_id),
        "objective_id": digits_of(one.node_id) if several else None,
        "metric_id": None if several else digits_of(one.node_id),
        "total_share": one.share,
        "path_count": min(one.paths, MAX_COUNT),
        "part_count": len(one.parts),
        "hidden_part_count": len(one.parts) - len(visible),
        "parts": [_part(tree, part) for part in visible[:MAX_DOUBLE_COUNT_PARTS]],
    }


def _part(tree: Tree, part: CountedPart) -> Document:
    return {
        "node_type": node_type_of(tree, part.id),
        "node_id": digits_of(part.id),
        "share": part.share,
        "path_count": min(part.paths, MAX_COUNT),
    }
