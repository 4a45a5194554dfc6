"""Kept trees: what a transaction has loaded and saved is still there for the next one.

A tree is true at the position of the feed at which it was saved. Whoever holds the organisation's lock and
finds the feed at that very position, reached at that very instant, need not load again: every change, of
whichever process, would have moved it, and a database that was restored meanwhile has another past. A tree
that failed to be saved is not kept.
"""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from okr_api.okr.people import Organization
from okr_api.okr.tree import Tree

Position = tuple[int, datetime]  # the feed's `seq`, and when it was recorded
MAX_TREES_KEPT = 16
MAX_NODES_KEPT = 100_000  # objectives and key results of a tree: most are parts, of some hundred bytes
MAX_KEY_RESULTS_KEPT = 5_000  # of a tree, with their readings: about 3 KB each; others are parts
MAX_READINGS_KEPT = 50  # of a key result; what decides its standing are five


class TreeCache:
    """The trees of the organisations that were written to last."""

    def __init__(self) -> None:
        self._trees: OrderedDict[UUID, tuple[Position, Tree]] = OrderedDict()

    def take(self, organization: Organization, position: Position) -> Tree:
        """What is known of the tree at the position; it is not kept until it is handed back."""
        at, tree = self._trees.pop(organization.id, (None, None))
        if tree is None or at != position:
            return Tree(organization)
        tree.organization = organization
        return tree

    def keep(self, tree: Tree, position: Position, *, measured: Iterable[UUID]) -> None:
        """Keeps a tree that was saved, or not changed, at the position; `measured` have new readings."""
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
