"""Tree layout cache: the depth and the parents of the objectives of trees, cached until a plan is edited.

Only edits of plans change a layout, check-ins do not. A layout is valid as long as the latest edit is the
same. That position is read in the same statement as the layout, so that they always match.
"""

from collections import OrderedDict
from typing import Any, NamedTuple
from uuid import UUID

from okr_api.okr.visibility import Visibility

MAX_LAYOUT_ROWS_KEPT = 100_000  # of all layouts together; about 150 bytes each
# One text, only compared for equality: it also changes if the database was restored to an earlier state.
POSITION = """
    select concat_ws(' ', plan_seq, plan_recorded_at) from feed_head where organization_id = $1
"""
Row = tuple[str, int, list[str]]  # an objective's id, its depth and the global ids of its parents


class Extent(NamedTuple):
    """Cache key: which part of which organisation's tree, with which visibility."""

    organization_id: UUID
    visibility: Visibility
    cycle_id: UUID | None
    root_id: UUID | None
    depth: int | None


class TreeLayout(NamedTuple):
    """The objectives of a tree: the ids of its roots, and the rows of all, depth-first."""

    root_ids: list[str]
    rows: list[Row]


class TreeLayoutCache:
    """LRU cache of tree layouts; a cached layout must not be modified."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Extent, tuple[Any, TreeLayout]] = OrderedDict()
        self.rows = 0

    def get(self, extent: Extent, position: str) -> TreeLayout | None:
        """Return the layout if it is cached for that position."""
        at, layout = self._kept.get(extent, (None, None))
        if layout is None or at != position:
            return None
        self._kept.move_to_end(extent)
        return layout

    def keep(self, extent: Extent, position: str, layout: TreeLayout) -> None:
        """Store a layout; evict the least recently used ones above `MAX_LAYOUT_ROWS_KEPT` rows."""
        self._forget(extent)
        self._kept[extent] = (position, layout)
        self.rows += _size(layout)
        while self.rows > MAX_LAYOUT_ROWS_KEPT:
            self._forget(next(iter(self._kept)))

    def _forget(self, extent: Extent) -> None:
        if extent in self._kept:
            self.rows -= _size(self._kept.pop(extent)[1])


def _size(layout: TreeLayout) -> int:
    """Return the number of rows, and one more because an empty layout takes space as well."""
    return len(layout.rows) + 1
