"""Double counting: what counts in one objective more than once.

An objective does where its paths upwards part and join again; a metric where the paths of several key results
bound to it join. It is reported for the objectives where they join, not for those further up.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
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
    """What something counts by in an ancestor: one of its parts, or one of several key results."""

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


class DoubleCounts:
    """Double counts of a cycle: the number of all and of hidden ones, and those with the largest shares."""

    def __init__(self, most: int, is_hidden: Callable[[DoubleCount], bool]) -> None:
        self.total = self.hidden = 0
        self._most, self._is_hidden = most, is_hidden
        self._found: list[DoubleCount] = []

    def add(self, one: DoubleCount) -> None:
        """Count it; keep it if its share may be among the largest."""
        self.total += 1
        if self._is_hidden(one):
            self.hidden += 1
            return
        self._found.append(one)
        if len(self._found) >= 2 * self._most:
            self._found = self.largest

    @property
    def largest(self) -> list[DoubleCount]:
        """Return those with the largest shares, the largest first."""
        in_order = sorted(
            self._found, key=lambda one: (-one.share, one.kind, one.ancestor_id.int, one.node_id.int)
        )
        return in_order[: self._most]


def double_counts(
    shares: PartShares,
    scope: CountedScope,
    objectives: Iterable[UUID],
    metrics: Mapping[UUID, Sequence[UUID]],
    found: DoubleCounts,
) -> Steps[None]:
    """Find what counts twice in objectives of a cycle; yields between steps.

    `objectives` are those that may have several parents, `metrics` the key results bound to each metric, of
    any cycle; those outside of the scope are left out.
    """
    tree = shares.tree
    owners = {tree.owner_of(id) for each in metrics.values() for id in each}
    graph = _Graph(shares, scope, (yield from children_first(tree, [*objectives, *owners])))
    for start in objectives:
        arrivals = yield from graph.arrivals(start)
        for place, parts in arrivals.parts.items():
            if len(parts) > 1 and arrivals.first[place].bit_count() > 1 and graph.is_told(place):
                counted = [
                    CountedPart(graph.id_of(part, start), share, paths) for part, share, paths in parts
                ]
                found.add(_told(DoubleCountKind.SEVERAL_PATHS, graph.order[place], start, counted))
        yield
    for metric, key_results in metrics.items():
        met: defaultdict[int, list[CountedPart]] = defaultdict(list)
        through: defaultdict[int, set[UUID]] = defaultdict(set)
        for key_result in key_results:
            arrivals = yield from graph.arrivals(key_result)
            for place, parts in arrivals.parts.items():
                met[place].append(CountedPart(key_result, *_together(parts)))
                through[place].update(graph.id_of(part, key_result) for part, _, _ in parts)
        for place, counted in met.items():
            if len(counted) > 1 and len(through[place]) > 1 and graph.is_told(place):
                found.add(_told(DoubleCountKind.SHARED_METRIC, graph.order[place], metric, counted))
            yield


def _told(kind: DoubleCountKind, ancestor: UUID, node: UUID, parts: list[CountedPart]) -> DoubleCount:
    return DoubleCount(
        kind,
        ancestor,
        node,
        math.fsum([part.share for part in parts]),
        sum([part.paths for part in parts]),
        tuple(sorted(parts, key=lambda part: (-part.share, part.id.int))),
    )


START = -1  # stands for the node that arrives, in place of a part's place
_Part = tuple[int, float, int]  # the place of a part, the share by it and the number of paths


def _together(parts: Sequence[_Part]) -> tuple[float, int]:
    """Return the share and the number of paths by all parts."""
    return math.fsum([share for _, share, _ in parts]), sum([paths for _, _, paths in parts])


class _Arrivals(NamedTuple):
    """What arrives of a node at each objective above it, by place: by which parts, by which first steps."""

    parts: dict[int, list[_Part]]
    first: dict[int, int]  # a bit for each of the first steps


class _Graph:
    """The objectives of a scope in an order, children first, with those in which each counts, by place."""

    def __init__(self, shares: PartShares, scope: CountedScope, order: Sequence[UUID]) -> None:
        self.shares, self.tree, self.scope, self.order = shares, shares.tree, scope, order
        self.places = {id: place for place, id in enumerate(order)}
        self.up: list[list[tuple[int, float]] | None] = [None] * len(order)

    def id_of(self, part: int, start: UUID) -> UUID:
        """Return the id of a part."""
        return start if part == START else self.order[part]

    def is_told(self, place: int) -> bool:
        """Return whether double counts in an objective are told: it is of the cycle, and counts."""
        objective = self.tree.objectives[self.order[place]]
        return objective.counts and objective.cycle_id == self.scope.cycle_id

    def _is_within(self, objective_id: UUID) -> bool:
        tree = self.tree
        return objective_id in tree.countable and tree.objectives[objective_id].cycle_id in self.scope.within

    def _counted_in(self, node_id: UUID, parents: Iterable[UUID]) -> list[tuple[int, float]]:
        """Return the objectives of the scope in whose progress a node counts directly, with its shares."""
        return [
            (self.places[parent], self.shares[parent][node_id])
            for parent in parents
            if self._is_within(parent) and node_id in self.shares[parent]
        ]

    def _above(self, place: int) -> list[tuple[int, float]]:
        """Return those of an objective; found once."""
        known = self.up[place]
        if known is None:
            id = self.order[place]
            known = self.up[place] = self._counted_in(id, self.tree.parents_of(id))
        return known

    def arrivals(self, start: UUID) -> Steps[_Arrivals]:
        """Return what arrives of a node at each objective above it; yields after each."""
        owner = self.tree.owner_of(start)
        found = _Arrivals({}, {})
        if not self._is_within(owner):
            return found
        first = self._above(self.places[start]) if owner == start else self._counted_in(start, [owner])
        above: set[int] = set()
        waiting = [place for place, _ in first]
        while waiting:
            place = waiting.pop()
            if place not in above:
                above.add(place)
                waiting += [parent for parent, _ in self._above(place)]
                yield
        in_order = sorted(above)
        found.parts.update((place, []) for place in in_order)
        found.first.update(dict.fromkeys(in_order, 0))
        for bit, (place, share) in enumerate(first):
            found.parts[place].append((START, share, 1))
            found.first[place] |= 1 << bit
        for place in in_order:
            reached, paths = _together(found.parts[place])
            for parent, share in self._above(place):
                found.parts[parent].append((place, share * reached, paths))
                found.first[parent] |= found.first[place]
            yield
        return found
