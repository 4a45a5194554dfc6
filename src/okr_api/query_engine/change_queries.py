"""Reading the feed: stretches of it, and what of a change lies in a scope."""

from collections.abc import Callable, Collection, Mapping, Sequence, Set
from typing import Any, NamedTuple
from uuid import UUID

from okr_api.pubsub.change_stream import CursorExpired
from okr_api.store.change_rows import scopes_of
from okr_api.store.delta_documents import CHANGE_COLUMNS, decode_changes
from okr_api.store.time_slicing import Batches, TimeSlice, collect
from okr_api.store.unpublished import OF_UNPUBLISHED, UNPUBLISHED_OBJECTIVE

from .global_ids import digits_of
from .snapshot import Snapshot

# What is stored is measured as it is, without being read: the changes up to so many bytes, and always one.
CHANGES = f"""
    select {CHANGE_COLUMNS}
    from (
        select *, sum(pg_column_size(deltas)) over (order by seq) - pg_column_size(deltas) as bytes_before
        from change where organization_id = $1 and seq > $2 and seq <= $3 order by seq limit $4
    ) change
    where bytes_before < $5
    order by seq
"""
MAX_COMPARED_BYTES = 65_536
# The next change that a filter may let through, whoever sees it, and the next of all. What moved much is not
# unpacked for that: it is read a little at a time.
NEXT = f"""
    select (
        select seq from change
        where organization_id = $1 and seq > $2 and seq <= $3
            and ($4::text[] is null or kind = any($4)) and ($5::text[] is null or node_type = any($5))
            and ($6::uuid is null or node_id = $6 or pg_column_size(deltas) > {MAX_COMPARED_BYTES}
                or deltas @> jsonb_build_array(jsonb_build_object('node_id', $6)))
        order by seq limit 1
    ) as candidate, (select min(seq) from change where organization_id = $1 and seq > $2) as next
"""
THERE = f"""
    select from objective
    where organization_id = $1 and id = $2 and ($4 or not {UNPUBLISHED_OBJECTIVE.format(row="objective")})
    union all select from cycle where organization_id = $1 and id = $3
"""
CHANGE_BATCH_SIZE = 500
MAX_CHANGES_SCANNED = 10_000
MAX_BATCH_STORED_BYTES = 1024 * 1024  # up to some ten times as much when it is read
MAX_DELTA_CHARACTERS_SCANNED = 8_000_000
Change = Mapping[str, Any]
HIDDEN_NODE: Change = {"node_id": None, "fields": [], "reason": None}


class Candidates(NamedTuple):
    """What a filter says of changes that it may let through; None where it says nothing."""

    kinds: Sequence[str] | None = None
    node_types: Sequence[str] | None = None
    node_id: str | None = None


EVERYTHING = Candidates()


async def page_of_changes(
    snapshot: Snapshot,
    after: int,
    first: int,
    matches: Callable[[Change], bool],
    candidates: Candidates = EVERYTHING,
) -> dict[str, Any]:
    """Return at most `first` matching changes after the position, and where to go on.

    *Shape*: `changes`, `end_seq`, `has_more`. A filter that lets little through still moves `end_seq`; after
    `MAX_CHANGES_SCANNED` changes the page ends, however few have matched, and after the change with which
    `MAX_DELTA_CHARACTERS_SCANNED` are read.

    Raises:
        CursorExpired: what follows the position has been removed since the position was checked.
    """
    found: list[Change] = []
    end, limit = after, min(snapshot.seq, after + MAX_CHANGES_SCANNED)
    scanned = 0
    while end < limit and scanned < MAX_DELTA_CHARACTERS_SCANNED:
        if candidates != EVERYTHING:
            end = await _skipped(snapshot, candidates, end, limit)
            if end == limit:
                break
        read = await snapshot.fetch(CHANGES, end, limit, CHANGE_BATCH_SIZE, MAX_BATCH_STORED_BYTES)
        scanned += sum(len(row["deltas"]) for row in read)
        rows = await decode_changes(read)
        if not rows or rows[0]["seq"] != end + 1:
            raise CursorExpired(rows[0]["seq"] if rows else limit + 1)
        end = rows[-1]["seq"]
        shown = await seen(snapshot, rows)
        time_slice = TimeSlice()
        for place, change in enumerate(shown):
            await time_slice.pause()
            if matches(change):
                found.append(change)
            if len(found) == first:
                more = end < snapshot.seq or place + 1 < len(shown)
                end_seq = change["seq"] if more else snapshot.seq
                return {"changes": found, "end_seq": end_seq, "has_more": more}
    return {"changes": found, "end_seq": end, "has_more": end < snapshot.seq}


async def _skipped(snapshot: Snapshot, candidates: Candidates, end: int, limit: int) -> int:
    """Return where the next stretch with a candidate begins; the limit where there is none."""
    [row] = await snapshot.fetch(NEXT, end, limit, *candidates)
    if row["next"] != end + 1:
        raise CursorExpired(row["next"] or limit + 1)
    if row["candidate"] is None:
        return limit
    passed: int = row["candidate"] - end - 1
    return end + passed // CHANGE_BATCH_SIZE * CHANGE_BATCH_SIZE


async def seen(snapshot: Snapshot, changes: Sequence[Change]) -> list[Change]:
    """The changes as the asker may see them: neither what was never published nor its numbers.

    A change of what is hidden by now is still shown for what else it moved: a key result that was moved into
    a draft has moved the numbers of the objective that it left. What it was that moved is not told.
    """
    if snapshot.sees_drafts or not changes:
        return list(changes)
    nodes = {digits_of(change["node_id"]) for change in changes} | await nodes_moved_by(changes)
    hidden = set[str]()
    async for batch in Batches(nodes):
        hidden.update(row["node"] for row in await snapshot.fetch(OF_UNPUBLISHED, batch))
    shown: list[Change] = []
    for change in changes:
        deltas = await collect(one for one in change["deltas"] if digits_of(one["node_id"]) not in hidden)
        if digits_of(change["node_id"]) not in hidden:
            shown.append({**change, "deltas": deltas})
        elif deltas:
            shown.append({**change, "deltas": deltas, **HIDDEN_NODE})
    return shown


async def nodes_moved_by(changes: Sequence[Change]) -> set[str]:
    """Return the digits of what the changes have moved."""
    moved = (digits_of(delta["node_id"]) for change in changes for delta in change["deltas"])
    return set(await collect(moved))


async def is_there(snapshot: Snapshot, objective_id: UUID | None, cycle_id: UUID | None) -> bool:
    """Whether the objective, or the cycle, is there and visible."""
    return bool(await snapshot.fetch(THERE, objective_id, cycle_id, snapshot.sees_drafts))


async def scopes_of_nodes(snapshot: Snapshot, nodes: Collection[str]) -> Mapping[str, Set[str]]:
    """Return the nodes that lie in each objective and each cycle, by its digits; empty scopes are left out.

    One answer serves all who follow, whichever scope they follow.
    """
    connection = await snapshot.connection()
    found: dict[str, set[str]] = {}
    async for some in Batches(sorted(nodes)):
        for scope, inside in await scopes_of(connection, snapshot.organization_id, some):
            found.setdefault(scope, set()).update(inside)
    return found
