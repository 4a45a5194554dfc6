"""Paths of objectives and key results to an ancestor, with the shares by which they count in it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from okr_api.okr.entity import NodeType
from okr_api.okr.errors import TooMany
from okr_api.okr.tree import Tree
from okr_api.scoring.paths import PartShares, Path, fold_hidden, largest_paths, reaching
from okr_api.store.time_slicing import Batches, complete, mapped_one_by_one
from okr_api.store.tree_edges import PARENT_OBJECTIVE
from okr_api.store.tree_loader import load_countable, load_cycles, load_objectives

from .change_queries import is_there
from .global_ids import digits_of
from .snapshot import Snapshot
from .snapshot_rows import SnapshotRows, new_tree

MAX_NODES_WITH_PATHS = 500  # of one field: their paths are searched one by one
MAX_COUNT = 2**31 - 1  # that an integer of GraphQL can have
# The objectives on the way up, no further than the ancestor $3, in whose progress something may count.
ABOVE = f"""
    with recursive above(id) as (
        (select asked.id from unnest($2::uuid[]) asked(id)
            join objective on objective.organization_id = $1 and objective.id = asked.id
         union
         select key_result.objective_id from unnest($2::uuid[]) asked(id)
            join key_result on key_result.organization_id = $1 and key_result.id = asked.id)
        union
        select {PARENT_OBJECTIVE.format(edge="edge")}
        from above cross join lateral (
            select * from alignment
            where organization_id = $1 and child_id = above.id and kind = 'CONTRIBUTES' offset 0
        ) edge
        where above.id <> $3
    )
    select id from above
"""
Document = Mapping[str, Any]


async def paths_to(
    snapshot: Snapshot, keys: Sequence[Any], ancestor_id: UUID | None
) -> Mapping[Any, Document]:
    """Return the paths of objectives and key results to an ancestor, by key; none if it is not visible.

    Raises:
        TooMany: there are more than 500 of them.
    """
    if len(set(keys)) > MAX_NODES_WITH_PATHS:
        raise TooMany(f"Paths are found of at most {MAX_NODES_WITH_PATHS} nodes at a time")
    await snapshot.begin()
    if ancestor_id is None or not await is_there(snapshot, ancestor_id, None):
        return {}
    starts = {key: UUID(key) for key in keys}
    tree = await _load(snapshot, list(starts.values()), ancestor_id)
    shares = PartShares(tree)

    async def document(start: UUID) -> Document:
        return await _document(snapshot, shares, start, ancestor_id)

    return dict(zip(starts, await mapped_one_by_one(document, starts.values()), strict=True))


async def _load(snapshot: Snapshot, starts: list[UUID], ancestor_id: UUID) -> Tree:
    """Return a tree of the starts and the objectives between them and the ancestor, with all their parts."""
    rows = SnapshotRows(snapshot)
    tree = await new_tree(rows)
    await load_cycles(rows, tree)
    above = [row["id"] for row in await rows.fetch(ABOVE, snapshot.organization_id, starts, ancestor_id)]
    await load_objectives(rows, tree, above)
    async for wanted in Batches(above):
        await load_countable(rows, tree, wanted)
    return tree


async def _document(snapshot: Snapshot, shares: PartShares, start: UUID, ancestor_id: UUID) -> Document:
    found = await complete(reaching(shares, start))
    reach = found.get(ancestor_id)
    paths = await complete(largest_paths(shares, found, start, ancestor_id)) if reach else []
    snapshot.count(sum(len(path.steps) for path in paths))
    return {
        "ancestor_id": digits_of(ancestor_id),
        "total_share": reach.share if reach else 0.0,
        "path_count": min(reach.paths, MAX_COUNT) if reach else 0,
        "paths": [_path(snapshot, shares.tree, path) for path in paths],
    }


def _path(snapshot: Snapshot, tree: Tree, path: Path) -> Document:
    """Return a path as the mapping that its type reads, without objectives that the viewer may not see."""
    visible = [
        step.node_id not in tree.objectives or snapshot.visibility.shows(tree.objectives[step.node_id])
        for step in path.steps
    ]
    steps = fold_hidden(path.steps, [not one for one in visible])
    return {
        "share": path.share,
        "steps": [
            {
                "node_type": node_type_of(tree, step.node_id),
                "node_id": digits_of(step.node_id),
                "share": step.share,
                "hidden_count": step.hidden,
            }
            for step in steps
        ],
    }


def node_type_of(tree: Tree, id: UUID) -> NodeType:
    """Return the type of a node of the tree."""
    return NodeType.OBJECTIVE if tree.owner_of(id) == id else NodeType.KEY_RESULT
