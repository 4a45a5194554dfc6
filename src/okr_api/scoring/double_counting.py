"""Double counting: what counts in one objective more than once.

An objective does where its ways up part and meet again; a metric where several key results bound to it meet.
Each is told of the objectives where the ways meet, not of those further up.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from .paths import PartShares
from .steps import Steps
from .tree_order import children_first


class DoubleCountKind(StrEnum):
    """Why something counts in an objective more than once."""

    SEVERAL_PATHS = "SEVERAL_PATHS"
    SHARED_METRIC = "SHARED_METRIC"


@dataclass(frozen=True, slots=True)
class CountedPart:
    """A way by which something counts in an ancestor: through one of its parts, or by one key result."""

    id: UUID
    share: float
    paths: int


@dataclass(frozen=True, slots=True)
class DoubleCount:
    """An objective, or a metric, that counts in an ancestor by several parts; the largest first."""

    kind: DoubleCountKind
    ancestor_id: UUID
    node_id: UUID
    share: float
    paths: int
    parts: tuple[CountedPart, ...]


class CountedScope(NamedTuple):
    """Which objectives are looked at: ancestors of one cycle, and paths within it and what it encloses."""

    cycle_id: UUID
    within: Collection[UUID]


@dataclass(slots=True)
class _Arrival:
    """What arrives at an objective: by its parts, each with the share and the number of its paths.

    `first` has a bit for each of the first steps that lead here.
    """

    parts: list[CountedPart] = field(default_factory=list)
    first: int = 0

    @property
    def share(self) -> float:
        return math.fsum(part.share for part in self.parts)

    @property
    def paths(self) -> int:
        return sum(part.paths for part in self.parts)


def double_counts(
    shares: PartShares,
    scope: CountedScope,
    objectives: Iterable[UUID],
    metrics: Mapping[UUID, Sequence[UUID]],
) -> Steps[list[DoubleCount]]:
    """Return what counts twice in objectives of a cycle, the largest share first; yields between steps.

    `objectives` are those that may have several parents, `metrics` the key results bound to each metric.
    """
    tree = shares.tree
    starts = [*objectives, *{tree.owner_of(id) for each in metrics.values() for id in each}]
    order = yield from children_first(tree, starts)
    graph = _Graph(shares, scope, {id: place for place, id in enumerate(order)})
    found: list[DoubleCount] = []
    for start in objectives:
        arrivals = yield from graph.arrivals(start)
        for ancestor, arrival in arrivals.items():
            if len(arrival.parts) > 1 and arrival.first.bit_count() > 1 and graph.is_told(ancestor):
                found.append(_told(DoubleCountKind.SEVERAL_PATHS, ancestor, start, arrival.parts))
    for metric, key_results in metrics.items():
        met: defaultdict[UUID, list[CountedPart]] = defaultdict(list)
        through: defaultdict[UUID, set[UUID]] = defaultdict(set)
        for key_result in key_results:
            arrivals = yield from graph.arrivals(key_result)
            for ancestor, arrival in arrivals.items():
                met[ancestor].append(CountedPart(key_result, arrival.share, arrival.paths))
                through[ancestor].update(part.id for part in arrival.parts)
        for ancestor, parts in met.items():
            if len(parts) > 1 and len(through[ancestor]) > 1 and graph.is_told(ancestor):
                found.append(_told(DoubleCountKind.SHARED_METRIC, ancestor, metric, parts))
            yield
    found.sort(key=lambda one: (-one.share, one.kind, one.ancestor_id, one.node_id))
    return found


def _told(kind: DoubleCountKind, ancestor: UUID, node: UUID, parts: list[CountedPart]) -> DoubleCount:
    return DoubleCount(
        kind,
        ancestor,
        node,
        math.fsum(part.share for part in parts),
        sum(part.paths for part in parts),
        tuple(sorted(parts, key=lambda part: (-part.share, part.id))),
    )


class _Graph:
    """The objectives of a scope with those in which each counts, and a place for each, children first."""

    def __init__(self, shares: PartShares, scope: CountedScope, places: Mapping[UUID, int]) -> None:
        self.shares, self.tree, self.scope, self.places = shares, shares.tree, scope, places
        self.up: dict[UUID, list[tuple[UUID, float]]] = {}

    def is_told(self, objective_id: UUID) -> bool:
        """Return whether double counts in an objective are told: it is of the cycle, and counts."""
        objective = self.tree.objectives[objective_id]
        return objective.counts and objective.cycle_id == self.scope.cycle_id

    def counted_in(self, node_id: UUID) -> list[tuple[UUID, float]]:
        """Return the objectives of the scope in whose progress a node counts directly, with its shares."""
        if node_id not in self.up:
            owner = self.tree.owner_of(node_id)
            parents = self.tree.parents_of(node_id) if owner == node_id else {owner}
            self.up[node_id] = [
                (parent, self.shares[parent][node_id])
                for parent in sorted(parents)
                if self._is_within(parent) and node_id in self.shares[parent]
            ]
        return self.up[node_id]

    def _is_within(self, objective_id: UUID) -> bool:
        tree = self.tree
        return objective_id in tree.countable and tree.objectives[objective_id].cycle_id in self.scope.within

    def arrivals(self, start: UUID) -> Steps[dict[UUID, _Arrival]]:
        """Return what arrives of a node at each objective above it; yields after each."""
        above: set[UUID] = set()
        waiting = [start]
        while waiting:
            for parent, _ in self.counted_in(waiting.pop()):
                if parent not in above:
                    above.add(parent)
                    waiting.append(parent)
            yield
        found: dict[UUID, _Arrival] = {id: _Arrival() for id in above}
        for bit, (parent, share) in enumerate(self.counted_in(start)):
            found[parent].parts.append(CountedPart(start, share, 1))
            found[parent].first |= 1 << bit
        for node in sorted(above, key=self.places.__getitem__):
            here = found[node]
            share, paths = here.share, here.paths
            for parent, part in self.counted_in(node):
                found[parent].parts.append(CountedPart(node, part * share, paths))
                found[parent].first |= here.first
            yield
        return found
