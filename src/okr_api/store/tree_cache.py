"""Tree cache: an LRU cache of the trees that transactions loaded and saved, for the next transaction.

A cached tree is valid at the feed position (`seq` and recorded instant) at which it was saved. A transaction
that holds the organisation's lock and finds the feed at that position need not load again: every change, by
any process, moves the position, and a restored database has a different instant. A tree that could not be
saved is not cached.
"""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from okr_api.okr.tree import Tree

Position = tuple[int, datetime]  # the feed's `seq`, and when it was recorded
MAX_TREES_KEPT = 16
MAX_NODES_KEPT = 100_000  # objectives and key results of a tree; most are summaries of some hundred bytes
MAX_KEY_RESULTS_KEPT = 5_000  # of a tree, with their readings: about 3 KB each; beyond it summaries remain
MAX_READINGS_KEPT = 50  # of a key result; its standing needs five


class TreeCache:
    """Trees of the organisations that were written to most recently."""

    def __init__(self) -> None:
        self._trees: OrderedDict[UUID, tuple[Position, Tree]] = OrderedDict()

    def take(self, organization_id: UUID, position: Position) -> Tree | None:
        """Remove and return the tree cached at the position, which has all cycles; `keep` puts it back."""
        at, tree = self._trees.pop(organization_id, (None, None))
        return tree if at == position else None

    def keep(self, tree: Tree, position: Position, *, measured: Iterable[UUID]) -> None:
        """Cache a tree saved or unchanged at the position; `measured` are key results with new readings."""
        if len(tree) > MAX_NODES_KEPT:
            return
        tree.settle()
        if len(tree.key_results) > MAX_KEY_RESULTS_KEPT:
            tree.fold()
        for id in set(measured):
            if len(tree.readings.get(id, ())) > MAX_READINGS_KEPT:
                del tree.readings[id]
        self._trees[tree.organization.id] = (position, tree)
        if len(self._trees) > MAX_TREES_KEPT:
            self._trees.popitem(last=False)
