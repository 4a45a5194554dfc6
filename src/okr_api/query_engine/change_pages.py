"""Pages of the query `changes`: SQL that scans the whole feed, or the changes that are listed by node."""

from collections.abc import Sequence
from typing import Any

from okr_api.pubsub.change_stream import CursorExpired
from okr_api.store.hidden_rows import HIDDEN_AMONG
from okr_api.store.time_slicing import TimeSlice
from okr_api.store.visibility_changes import HAS_VISIBILITY_CHANGES

from .change_queries import OF_TYPES, Change, ChangeConditions, seen
from .snapshot import Snapshot
from .stored_changes import read_changes
from .visibility_changes import changes_that_hid
from .visible_statements import fetch_visible

OLDEST_AFTER = "(select seq from change where organization_id = $1 and seq > $2 order by seq limit 1)"
OF_KINDS = f"($4::text[] is null or kind = any($4)) and {OF_TYPES}"
# The next change that may match, regardless of visibility, and the next change of all.
NEXT = f"""
    select (
        select seq from change
        where organization_id = $1 and seq > $2 and seq <= $3
            and ({OF_KINDS} or {HAS_VISIBILITY_CHANGES.format(row="change")})
        order by seq limit 1
    ) as candidate, {OLDEST_AFTER} as next
"""
_LISTED = """
    (
        select seq from change_node
        where organization_id = $1 and node_id = $6 and is_direct = {0} and $7 is distinct from not {0}
            and seq > $2 and seq <= $3
        order by seq limit $8
    )
"""
_MOVED = """
    (
        select seq from visibility_change
        where organization_id = $1 and node_id = $6 and $7 is distinct from false
            and seq > $2 and seq <= $3
        order by seq limit $8
    )
"""
# Of the next $8 changes of a node: those that may match, their number, and the last; and the next of all.
OF_NODE = f"""
    with listed as materialized (
        select seq
        from ({_LISTED.format("true")} union {_LISTED.format("false")} union {_MOVED}) of_node
        order by seq limit $8
    )
    select array(
        select listed.seq from listed cross join lateral (
            select from change
            where organization_id = $1 and seq = listed.seq
                and ({OF_KINDS} or {HAS_VISIBILITY_CHANGES.format(row="change")})
            offset 0
        ) matching
        order by listed.seq
    ) as seqs, count(*) as count, max(seq) as last, {OLDEST_AFTER} as next
    from listed
"""
CHANGE_BATCH_SIZE = 500
MAX_CHANGES_SCANNED = 10_000
MAX_DELTA_CHARACTERS_SCANNED = 8_000_000


async def page_of_changes(
    snapshot: Snapshot, after: int, first: int, conditions: ChangeConditions
) -> dict[str, Any]:
    """Return at most `first` matching changes after a position, and where to continue.

    The result has `changes`, `end_seq` and `has_more`. `end_seq` advances even if few changes match. The page
    ends after `MAX_CHANGES_SCANNED` changes, however few match, and after the batch that reaches
    `MAX_DELTA_CHARACTERS_SCANNED`; changes of other nodes than the one asked for are not scanned.

    Raises:
        CursorExpired: the next changes were removed after the position had been checked.
    """
    if conditions.node_id is not None:
        return await _page_of_node(snapshot, after, first, conditions)
    found: list[Change] = []
    end, limit = after, min(snapshot.seq, after + MAX_CHANGES_SCANNED)
    scanned = 0
    while end < limit and scanned < MAX_DELTA_CHARACTERS_SCANNED:
        if conditions.kinds is not None or conditions.node_types is not None:
            end = await _skipped(snapshot, conditions, end, limit)
            if end == limit:
                break
        rows, characters = await _read(snapshot, range(end + 1, min(end + CHANGE_BATCH_SIZE, limit) + 1))
        scanned += characters
        end = rows[-1]["seq"]
        shown = await seen(snapshot, rows)
        time_slice = TimeSlice()
        for place, change in enumerate(shown):
            await time_slice.pause()
            if conditions.match(change):
                found.append(change)
            if len(found) == first:
                more = end < snapshot.seq or place + 1 < len(shown)
                end_seq = change["seq"] if more else snapshot.seq
                return {"changes": found, "end_seq": end_seq, "has_more": more}
    return {"changes": found, "end_seq": end, "has_more": end < snapshot.seq}


async def _skipped(snapshot: Snapshot, conditions: ChangeConditions, end: int, limit: int) -> int:
    """Return the position before the next batch that has a candidate; `limit` if there is none."""
    [row] = await snapshot.fetch(NEXT, end, limit, conditions.kinds, conditions.node_types)
    if row["next"] != end + 1:
        raise CursorExpired(row["next"] or limit + 1)
    if row["candidate"] is None:
        return limit
    passed: int = row["candidate"] - end - 1
    return end + passed // CHANGE_BATCH_SIZE * CHANGE_BATCH_SIZE


async def _page_of_node(
    snapshot: Snapshot, after: int, first: int, conditions: ChangeConditions
) -> dict[str, Any]:
    """Return a page as `page_of_changes` does; it has more only if more changes of the node match.

    One change more than `first` is read to know that. A hidden node has no changes, like an unknown one, but
    those that hid it from the actor.
    """
    found: list[Change] = []
    end, scanned, listed = after, 0, 0
    if await _is_hidden(snapshot, conditions.node_id):
        return await _page_of_hidden_node(snapshot, after, first, conditions)
    of_all_kinds = conditions.kinds is None and conditions.node_types is None
    most = first + 1 if of_all_kinds else MAX_CHANGES_SCANNED
    while end < snapshot.seq and listed < MAX_CHANGES_SCANNED and scanned < MAX_DELTA_CHARACTERS_SCANNED:
        [batch] = await snapshot.fetch(OF_NODE, end, snapshot.seq, *conditions, most)
        if batch["next"] != end + 1:
            raise CursorExpired(batch["next"] or snapshot.seq + 1)
        listed += batch["count"]
        seqs = batch["seqs"]
        while seqs and scanned < MAX_DELTA_CHARACTERS_SCANNED:
            rows, characters = await _read(snapshot, seqs[: first + 1 - len(found)])
            scanned += characters
            end, seqs = rows[-1]["seq"], seqs[len(rows) :]
            found += filter(conditions.match, await seen(snapshot, rows))
            if len(found) > first:
                return {"changes": found[:first], "end_seq": found[first - 1]["seq"], "has_more": True}
        if not seqs:
            end = batch["last"] if batch["count"] == most else snapshot.seq
    return {"changes": found, "end_seq": end, "has_more": end < snapshot.seq}


async def _page_of_hidden_node(
    snapshot: Snapshot, after: int, first: int, conditions: ChangeConditions
) -> dict[str, Any]:
    """Return a page of the changes that hid a node from the actor, who does not see it now."""
    assert conditions.node_id is not None
    found: list[Change] = []
    seqs = await changes_that_hid(snapshot, conditions.node_id, after, first + 1)
    while seqs and len(found) <= first:
        rows, _ = await _read(snapshot, seqs)
        seqs = seqs[len(rows) :]
        found += filter(conditions.match, await seen(snapshot, rows))
    if len(found) > first:
        return {"changes": found[:first], "end_seq": found[first - 1]["seq"], "has_more": True}
    return {"changes": found, "end_seq": snapshot.seq, "has_more": False}


async def _is_hidden(snapshot: Snapshot, node_id: str | None) -> bool:
    if snapshot.visibility.is_everything:
        return False
    return bool(await fetch_visible(snapshot, HIDDEN_AMONG, [node_id]))


async def _read(snapshot: Snapshot, seqs: Sequence[int]) -> tuple[list[dict[str, Any]], int]:
    """Return the first of the changes at these positions, and how many characters their deltas have.

    Raises:
        CursorExpired: the first one was removed.
    """
    rows, characters = await read_changes(snapshot, seqs)
    if not rows or rows[0]["seq"] != seqs[0]:
        [row] = await snapshot.fetch(f"select {OLDEST_AFTER} as next", seqs[0])
        raise CursorExpired(row["next"] or snapshot.seq + 1)
    return rows, characters
