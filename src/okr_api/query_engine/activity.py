"""Activity: pages of the feed, latest first: of an objective, key result, team, person or the organisation.

The positions on a page come from an index, however long the feed is (`activity_statements.py`). The changes
are then read, and what the viewer may not see is hidden, as for the query `changes`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from okr_api.okr.errors import InvalidInput
from okr_api.store.saved_rows import as_read

from .activity_statements import STATEMENTS, ActivityScope
from .change_queries import Change, seen
from .cursors import PageRequest, encode_cursor, list_id, read_cursors
from .field_sources import Ordering
from .snapshot import Snapshot
from .stored_changes import positions_at, read_changes
from .visible_statements import fetch_visible

MAX_ACTIVITY_SCANNED = 2_000  # changes for one page, however few of them match or are visible
MAX_ACTIVITY_DELTA_CHARACTERS = 8_000_000  # of all pages of one field
CONNECTION = "ChangeConnection"
BY_POSITION = Ordering(descending=True, name="SEQ")
_END = 2**62  # beyond every position


@dataclass(frozen=True, slots=True)
class ActivityConditions:
    """Conditions that a change of an activity must meet; None where there is no such condition.

    It was made by one of the people `author_ids`, and recorded from `since` until before `until`. With
    `is_direct` True it is of the node, with False it only moved its numbers.
    """

    kinds: Sequence[str] | None = None
    node_types: Sequence[str] | None = None
    author_ids: Sequence[UUID] | None = None
    since: datetime | None = None
    until: datetime | None = None
    is_direct: bool | None = None

    @property
    def may_fail(self) -> bool:
        """Return whether changes that are listed may fail a condition."""
        return any(one is not None for one in (self.kinds, self.node_types, self.author_ids))

    def match(self, change: Change) -> bool:
        """Return whether a listed change, as an actor sees it, is of one of the types."""
        return self.node_types is None or change["node_type"] in self.node_types


@dataclass
class _Reading:
    """The page of one node while it is read, between the positions `low` and `high`, both excluded.

    `seqs` are listed positions that are not read yet, and `last` is the last one listed. `is_over`: nothing
    follows. `is_cut`: too much had to be scanned, so that the page ended early.
    """

    id: str
    low: int
    high: int
    seqs: list[int] = field(default_factory=list)
    found: list[Change] = field(default_factory=list)
    scanned: int = 0
    last: int = 0
    is_over: bool = False
    is_cut: bool = False

    def pass_by(self, seq: int, *, down: bool) -> None:
        """Continue after a position."""
        self.low, self.high = (self.low, seq) if down else (seq, self.high)

    def position(self, *, down: bool) -> int:
        """Return the position after which it continues."""
        return self.high if down else self.low


async def load_activity(
    snapshot: Snapshot,
    scope: ActivityScope,
    keys: Sequence[str],
    wanted: PageRequest,
    conditions: ActivityConditions,
) -> Mapping[str, dict[str, Any]]:
    """Return a page of the changes of each node, by its id, as `ChangeConnection` reads it.

    Raises:
        InvalidInput: a cursor is malformed, or belongs to the list of another node.
    """
    readings = {key: _Reading(key, *bounds) for key, bounds in _bounds(wanted, keys).items()}
    if readings and (conditions.since or conditions.until):
        since, until = conditions.since, conditions.until
        placed = iter(await positions_at(snapshot, *(one for one in (since, until) if one)))
        low, high = next(placed) - 1 if since else 0, next(placed) if until else _END
        for one in readings.values():
            one.low, one.high = max(one.low, low), min(one.high, high)
    await _read_pages(snapshot, scope, list(readings.values()), wanted, conditions)
    return {key: _page(one, wanted) for key, one in readings.items()}


def _bounds(wanted: PageRequest, keys: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return the positions between which the page of each node lies, by the cursors."""
    low, high = 0, _END
    for bound in read_cursors(wanted, CONNECTION, BY_POSITION, keys):
        if type(bound.position) is not int or not 0 <= bound.position < _END:
            raise InvalidInput(f"{bound.field} is not a cursor of this list", path=[bound.field])
        low, high = (low, bound.position) if bound.field == "after" else (bound.position, high)
    return dict.fromkeys(keys, (low, high))


async def _read_pages(
    snapshot: Snapshot,
    scope: ActivityScope,
    readings: Sequence[_Reading],
    wanted: PageRequest,
    conditions: ActivityConditions,
) -> None:
    """Read changes until each page is full, has nothing more, or has scanned enough.

    Where much is hidden, each round lists twice as many changes as the one before.
    """
    down, most = not wanted.backwards, wanted.size + 1
    characters, pending = 0, list(readings)
    while pending:
        limit = MAX_ACTIVITY_SCANNED if conditions.may_fail else min(most, MAX_ACTIVITY_SCANNED)
        await _list(snapshot, scope, pending, limit, conditions, down=down)
        while any(one.seqs for one in pending):
            seqs = {seq for one in pending for seq in one.seqs[: wanted.size + 1 - len(one.found)]}
            rows, size = await read_changes(snapshot, sorted(seqs, reverse=down))
            characters += size
            visible = await seen(snapshot, rows)
            shown = {change["seq"]: change for change in visible if conditions.match(change)}
            reached = rows[-1]["seq"] if rows else None
            for one in pending:
                _take(one, shown, reached, wanted.size, down=down)
            if characters >= MAX_ACTIVITY_DELTA_CHARACTERS:
                break
        for one in pending:
            is_spent = one.scanned >= MAX_ACTIVITY_SCANNED or characters >= MAX_ACTIVITY_DELTA_CHARACTERS
            _end_round(one, wanted.size, is_spent=is_spent, down=down)
        pending = [one for one in pending if not one.is_over]
        most *= 2


async def _list(
    snapshot: Snapshot,
    scope: ActivityScope,
    readings: Sequence[_Reading],
    limit: int,
    conditions: ActivityConditions,
    *,
    down: bool,
) -> None:
    """List the next positions of each page: those whose changes match, of `limit` that the index has."""
    of_node = (conditions.is_direct,) if scope.has_direct_changes else ()
    rows = await fetch_visible(
        snapshot,
        STATEMENTS[scope, down],
        [one.id for one in readings],
        [one.low for one in readings],
        [one.high for one in readings],
        limit,
        conditions.kinds,
        conditions.node_types,
        conditions.author_ids,
        *of_node,
    )
    by_id = {row["id"]: row for row in rows}
    for one in readings:
        row = by_id[one.id]
        one.seqs, one.last = list(row["seqs"]), row["last"] or 0
        one.scanned += row["count"]
        one.is_over = row["count"] < limit


def _take(one: _Reading, shown: Mapping[int, Change], reached: int | None, size: int, *, down: bool) -> None:
    """Move changes that were read to the page; `reached` is the last position that was read, if any."""
    for seq in one.seqs[: size + 1 - len(one.found)]:
        if reached is not None and (seq < reached if down else seq > reached):
            break
        one.seqs.pop(0)
        one.pass_by(seq, down=down)
        if seq in shown:
            one.found.append(shown[seq])
    if len(one.found) > size:
        one.seqs = []


def _end_round(one: _Reading, size: int, *, is_spent: bool, down: bool) -> None:
    """Decide whether a page goes on with another round."""
    if len(one.found) > size:
        one.is_over = True
    elif one.seqs:
        one.is_over = one.is_cut = True
    elif not one.is_over:
        one.pass_by(one.last, down=down)
        one.is_over = one.is_cut = is_spent


def _page(one: _Reading, wanted: PageRequest) -> dict[str, Any]:
    """Return the columns of the connection; a page that was cut ends where its scan did."""
    found, more = one.found[: wanted.size], len(one.found) > wanted.size or one.is_cut
    if wanted.backwards:
        found.reverse()
    of = list_id(CONNECTION, BY_POSITION, one.id)
    cursors = [encode_cursor(of, change["seq"], one.id) for change in found]
    start, end = (cursors[0], cursors[-1]) if cursors else (None, None)
    if one.is_cut:
        cut = encode_cursor(of, one.position(down=not wanted.backwards), one.id)
        start, end = (cut, end) if wanted.backwards else (start, cut)
    nodes = [as_read(change) for change in found]
    return {
        "edges": [{"cursor": at, "node": node} for at, node in zip(cursors, nodes, strict=True)],
        "nodes": nodes,
        "page_info": {
            "start_cursor": start,
            "end_cursor": end,
            "has_next_page": wanted.before is not None if wanted.backwards else more,
            "has_previous_page": more if wanted.backwards else wanted.after is not None,
        },
    }
