"""Paths: by how many paths, and with which share, a node counts in the progress of those above it.

The share of a path is the product of the shares of its steps; that of all paths together is their sum. It is
added up node by node, so that it needs no list of paths, of which there may be very many.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from okr_api.okr.tree import Tree

from .lineage import as_counted
from .progress import progress_as_part
from .rollup import counting_in
from .steps import Steps
from .tree_order import BY_ID, children_first

MAX_PATHS = 20  # that are listed, those with the largest shares


@dataclass(frozen=True, slots=True)
class Reach:
    """How an objective counts in one above it: number of paths, and the share of the whole by all of them.

    `through` are the parts of the upper one by which they arrive, in order of their ids: with several of
    them, it counts twice.
    """

    paths: int
    share: float
    through: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class PathStep:
    """A node on a path, and its share in the next one that is named; `hidden` are passed between them."""

    node_id: UUID
    share: float
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class Path:
    """A path from a node up to one above it, with its share; the upper one is no step of it."""

    share: float
    steps: tuple[PathStep, ...]


class PartShares(dict[UUID, Mapping[UUID, float]]):
    """The shares of the parts of each objective in its progress; computed when they are first needed.

    A part that is left out has none. The parts must be loaded, at least as summaries.
    """

    def __init__(self, tree: Tree) -> None:
        super().__init__()
        self.tree = tree

    def __missing__(self, objective_id: UUID) -> Mapping[UUID, float]:
        """Compute the shares of the parts of an objective."""
        tree = self.tree
        counting = counting_in(tree, tree.objectives[objective_id])
        own = [tree.key_result_standings.get(id) or tree.key_result_parts[id] for id in counting.key_results]
        aligned = [as_counted(tree, tree.objectives[objective_id], id) for id in counting.objectives]
        ids = (*counting.key_results, *counting.objectives)
        counted = {
            id: weight
            for id, part, weight in zip(ids, (*own, *aligned), counting.weights, strict=True)
            if progress_as_part(part) is not None
        }
        total = math.fsum(counted.values())
        shares = self[objective_id] = {id: counted[id] / total for id in sorted(counted, key=BY_ID)}
        return shares


def reaching(shares: PartShares, start: UUID) -> Steps[dict[UUID, Reach]]:
    """Return every objective in whose progress the objective or key result counts, children first.

    Objectives whose parts are not loaded are passed by. Yields after each.
    """
    tree = shares.tree
    found = {start: Reach(1, 1.0, ())}
    above = yield from children_first(tree, [tree.owner_of(start)])
    for objective_id in above:
        if objective_id == start or objective_id not in tree.countable:
            continue
        arriving = [
            (part, share, found[part]) for part, share in shares[objective_id].items() if part in found
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


def largest_paths(
    shares: PartShares, found: Mapping[UUID, Reach], start: UUID, ancestor: UUID, most: int = MAX_PATHS
) -> Steps[list[Path]]:
    """Return the paths with the largest shares from `start` up to an ancestor, the largest first.

    Each node keeps its own largest ones: no others can be among those of a node above. Yields between steps.
    """
    ranked: dict[UUID, list[tuple[float, UUID, int]]] = {start: [(1.0, start, 0)]}
    for objective_id, reach in found.items():
        arriving = [
            (shares[objective_id][part] * share, part, rank)
            for part in reach.through
            for rank, (share, _, _) in enumerate(ranked[part])
        ]
        ranked[objective_id] = sorted(arriving, key=lambda one: (-one[0], one[1], one[2]))[:most]
        yield
    paths = []
    for rank, (share, _, _) in enumerate(ranked.get(ancestor, ())):
        steps: list[PathStep] = []
        node, place = ancestor, rank
        while node != start:
            _, part, below = ranked[node][place]
            steps.append(PathStep(part, shares[node][part]))
            node, place = part, below
            yield
        paths.append(Path(share, tuple(steps[::-1])))
    return paths


def fold_hidden(steps: Sequence[PathStep], hidden: Sequence[bool]) -> tuple[PathStep, ...]:
    """Return the steps without hidden ones, which the step before them passes by; the first always stays."""
    folded = [steps[0]]
    for step, is_hidden in zip(steps[1:], hidden[1:], strict=True):
        last = folded[-1]
        if is_hidden:
            folded[-1] = PathStep(last.node_id, last.share * step.share, last.hidden + 1)
        else:
            folded.append(step)
    return tuple(folded)
