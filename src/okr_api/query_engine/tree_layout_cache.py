"""Layouts: where everything hangs in a tree, kept until a plan changes.

Who hangs where is moved by edits of plans, not by check-ins. The feed tells the position of the latest edit,
and a layout is true for as long as that is the latest. It was read in the same statement as the layout, so
that no layout is taken for an older or a newer one.
"""

from collections import OrderedDict
from typing import Any, NamedTuple
from uuid import UUID

MAX_LAYOUT_ROWS_KEPT = 100_000  # of all layouts together: about 150 bytes each
# As one text that is only ever compared: a database that was restored, or whose feed was cut, says another.
POSITION = """
    select concat_ws(' ', head.oldest_seq, edit.seq, edit.recorded_at)
    from feed_head head left join lateral (
        select seq, recorded_at from change
        where organization_id = $1 and kind not in ('CHECK_IN_RECORDED', 'CHECK_IN_RETRACTED')
        order by seq desc limit 1
    ) edit on true
    where head.organization_id = $1
"""
Row = tuple[str, int, list[str]]  # an objective's id, its depth and the global ids of its parents


class Extent(NamedTuple):
    """How much of which organisation's tree, for whom."""

    organization_id: UUID
    sees_drafts: bool
    cycle_id: UUID | None
    root_id: UUID | None
    depth: int | None


class TreeLayout(NamedTuple):
    """The objectives of a tree: the roots' ids, and everybody's row, depth-first."""

    root_ids: list[str]
    rows: list[Row]


class TreeLayoutCache:
    """The layouts that were asked for last; nobody may change one."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Extent, tuple[Any, TreeLayout]] = OrderedDict()
        self.rows = 0

    def get(self, extent: Extent, position: str) -> TreeLayout | None:
        """The layout, if it is known at that position."""
        at, layout = self._kept.get(extent, (None, None))
        if layout is None or at != position:
            return None
        self._kept.move_to_end(extent)
        return layout

    def keep(self, extent: Extent, position: str, layout: TreeLayout) -> None:
        """Keeps it, and lets those go that were asked for longest ago."""
        self._forget(extent)
        self._kept[extent] = (position, layout)
        self.rows += _size(layout)
        while self.rows > MAX_LAYOUT_ROWS_KEPT:
            self._forget(next(iter(self._kept)))

    def _forget(self, extent: Extent) -> None:
        if extent in self._kept:
            self.rows -= _size(self._kept.pop(extent)[1])


def _size(layout: TreeLayout) -> int:
    """Its rows; one that is empty takes room as well."""
    return len(layout.rows) + 1
