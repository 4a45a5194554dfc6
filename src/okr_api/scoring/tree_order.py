"""Topological order of objectives: children before the objectives that they serve."""

from collections import defaultdict
from collections.abc import Iterable
from operator import attrgetter
from uuid import UUID

from okr_api.okr.tree import Tree

from .steps import Steps

ORDERING_BATCH_SIZE = 16  # objectives, about as much work as recomputing one
BY_ID = attrgetter("int")  # order of ids; comparing integers is several times as fast


def children_first(tree: Tree, objectives: Iterable[UUID]) -> Steps[list[UUID]]:
    """Return the objectives and all their ancestors in topological order, children first, ties by id."""
    parents: dict[UUID, set[UUID]] = {}
    starts = list(objectives)
    found = [*starts]
    while found:
        objective = found.pop()
        if objective not in parents:
            parents[objective] = tree.parents_of(objective)
            found += parents[objective]
            if len(parents) % ORDERING_BATCH_SIZE == 0:
                yield
    if len(starts) == 1 and all(len(above) <= 1 for above in parents.values()):
        return list(parents)  # a single path, as most check-ins touch
    waiting = dict.fromkeys(parents, 0)
    for place, above in enumerate(parents.values(), 1):
        for parent in above:
            waiting[parent] += 1
        if place % ORDERING_BATCH_SIZE == 0:
            yield
    order: list[UUID] = []
    wave = sorted((objective for objective, children in waiting.items() if children == 0), key=BY_ID)
    while wave:
        order += wave
        following: defaultdict[UUID, int] = defaultdict(int)
        for place, objective in enumerate(wave, 1):
            for parent in parents[objective]:
                following[parent] += 1
            if place % ORDERING_BATCH_SIZE == 0:
                yield
        for parent, done in following.items():
            waiting[parent] -= done
        wave = sorted((parent for parent in following if waiting[parent] == 0), key=BY_ID)
    return order
