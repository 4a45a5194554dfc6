"""Cache of tree layouts, shared by all viewers from whom nothing, or the same, is hidden within a tree."""

from collections import OrderedDict
from collections.abc import Hashable, Set
from typing import Any, NamedTuple
from uuid import UUID

from .tree_layout import TreeLayout
from .tree_selection import TreeSelection

MAX_LAYOUT_ROWS_KEPT = 100_000  # of all layouts together; about 150 bytes each
Kept = tuple[str, TreeLayout | Set[str]]  # with the position at which it is true


class Extent(NamedTuple):
    """Which part of which organisation's tree, with or without drafts.

    Changes of teams move no plans, so a selection by team names each of its teams. What is selected by a
    priority depends on the `viewer`, whose id it has, unless they see everything.
    """

    organization_id: UUID
    drafts: bool
    selection: TreeSelection
    depth: int | None
    viewer: tuple[UUID | None] | None = None


class TreeLayoutCache:
    """LRU cache of tree layouts; a cached layout must not be modified.

    Of each extent it also has the pivots: restricted objectives with others beneath them. A layout depends on
    which of these are hidden; other hidden objectives have rows in it.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()
        self.rows = 0

    def get(self, extent: Extent, position: str, hidden: Set[str]) -> TreeLayout | None:
        """Return the layout for those from whom these objectives are hidden, if cached for that position."""
        pivots = self._at(extent, position)
        return None if pivots is None else self._at((extent, frozenset(pivots & hidden)), position)

    def _at(self, key: Hashable, position: str) -> Any:
        at, kept = self._kept.get(key, (None, None))
        if at != position:
            return None
        self._kept.move_to_end(key)
        return kept

    def keep(
        self, extent: Extent, position: str, pivots: Set[str], hidden: Set[str], layout: TreeLayout
    ) -> None:
        """Store a layout; evict the least recently used ones above `MAX_LAYOUT_ROWS_KEPT` rows."""
        for key, value in ((extent, pivots), ((extent, frozenset(pivots & hidden)), layout)):
            self._forget(key)
            self._kept[key] = (position, value)
            self.rows += _size(value)
        while self.rows > MAX_LAYOUT_ROWS_KEPT:
            self._forget(next(iter(self._kept)))

    def _forget(self, key: Hashable) -> None:
        if key in self._kept:
            self.rows -= _size(self._kept.pop(key)[1])


def _size(kept: TreeLayout | Set[str]) -> int:
    """Return the number of rows or ids, and one more because an empty layout takes space as well."""
    return len(kept.rows if isinstance(kept, TreeLayout) else kept) + 1
