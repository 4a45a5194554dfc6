"""Paths: by how many paths, and with which share, a node counts in the progress of those above it."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from okr_api.okr.tree import Tree

from .explained_parts import Metric
from .explanation import parts_of
from .steps import Steps
from .tree_order import children_first


@dataclass(frozen=True, slots=True)
class Reach:
    """How an objective counts in one above it: number of paths, and the share of the whole by all of them.

    `through` are the parts of the upper one by which they arrive: with several of them, it counts twice.
    """

    paths: int
    share: float
    through: tuple[UUID, ...]


def shares_of_parts(tree: Tree, objective_id: UUID, at: datetime) -> dict[UUID, float]:
    """Return the share of each part in the progress of an objective; parts that are left out have none."""
    counted = [
        part
        for part in parts_of(tree, tree.objectives[objective_id], Metric.PROGRESS, at)
        if part.value is not None
    ]
    total = math.fsum(part.weight for part in counted)
    return {part.id: part.weight / total for part in counted}


def reaching(tree: Tree, start: UUID, at: datetime) -> Steps[dict[UUID, Reach]]:
    """Return every objective in whose progress the objective or key result counts; yields after each.

    All objectives above it must be loaded with their parts. A share is the product of those along a path.
    """
    found = {start: Reach(1, 1.0, ())}
    own = tree.key_results.get(start)
    above = yield from children_first(tree, [own.objective_id if own else start])
    for objective_id in above:
        if objective_id == start:
            continue
        arriving = [
            (part, share, found[part])
            for part, share in shares_of_parts(tree, objective_id, at).items()
            if part in found
        ]
        if arriving:
            found[objective_id] = Reach(
                sum(reach.paths for _, _, reach in arriving),
                math.fsum(share * reach.share for _, share, reach in arriving),
                tuple(part for part, _, _ in arriving),
            )
        yield
    del found[start]
    return found


def paths_to(found: Mapping[UUID, Reach], start: UUID, ancestor: UUID) -> Iterator[tuple[UUID, ...]]:
    """Yield each path from `start` up to an ancestor, both included; there may be very many."""
    waiting: list[tuple[UUID, ...]] = [(ancestor,)] if ancestor in found else []
    while waiting:
        path = waiting.pop()
        if path[0] == start:
            yield path
        else:
            waiting += [(part, *path) for part in reversed(found[path[0]].through)]


def is_counted_twice(reach: Reach) -> bool:
    """Return whether an objective counts in another by more than one of its parts."""
    return len(reach.through) > 1
