"""Queries on the change feed: pages of changes, their visibility, and the scopes that nodes belong to."""

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

# Limited by the stored size, which is known without reading the deltas: up to $5 bytes, at least one change.
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
# The next change that may match a filter, regardless of visibility, and the next change of all. Large deltas
# are not decompressed for this: their changes are candidates, and are read in small batches.
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
MAX_BATCH_STORED_BYTES = 640 * 1024  # some thirty times as much once it is read
MAX_DELTA_CHARACTERS_SCANNED = 8_000_000
Change = Mapping[str, Any]
HIDDEN_NODE: Change = {"node_id": None, "fields": [], "reason": None}


class Candidates(NamedTuple):
    """Conditions that a change must meet to match a filter; None where the filter has no such condition."""

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
    """Return at most `first` matching changes after a position, and where to continue.

    The result has `changes`, `end_seq` and `has_more`. `end_seq` advances even if few changes match. The page
    ends after `MAX_CHANGES_SCANNED` changes, however few match, and after the batch that reaches
    `MAX_DELTA_CHARACTERS_SCANNED`.

    Raises:
        CursorExpired: the next changes were removed after the position had been checked.
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
    """Return the position before the next batch that has a candidate; `limit` if there is none."""
    [row] = await snapshot.fetch(NEXT, end, limit, *candidates)
    if row["next"] != end + 1:
        raise CursorExpired(row["next"] or limit + 1)
    if row["candidate"] is None:
        return limit
    passed: int = row["candidate"] - end - 1
    return end + passed // CHANGE_BATCH_SIZE * CHANGE_BATCH_SIZE


async def seen(snapshot: Snapshot, changes: Sequence[Change]) -> list[Change]:
    """Return the changes as the actor may see them, without unpublished nodes and their numbers.

    A change of a hidden node is still returned for the visible nodes whose numbers it changed, but does not
    name the hidden one: moving a key result into a draft changes the numbers of the objective that it left.
    """
    if snapshot.visibility.is_everything or not changes:
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
    """Return the ids, as hex digits, of the nodes whose numbers the changes moved."""
    moved = (digits_of(delta["node_id"]) for change in changes for delta in change["deltas"])
    return set(await collect(moved))


async def is_there(snapshot: Snapshot, objective_id: UUID | None, cycle_id: UUID | None) -> bool:
    """Return whether the objective, or the cycle, exists and is visible."""
    return bool(await snapshot.fetch(THERE, objective_id, cycle_id, snapshot.visibility.is_everything))


async def scopes_of_nodes(snapshot: Snapshot, nodes: Collection[str]) -> Mapping[str, Set[str]]:
    """Return the nodes in each objective and each cycle, by its id as hex digits; empty scopes are omitted.

    One result serves all subscribers, whichever scope they follow.
    """
    connection = await snapshot.connection()
    found: dict[str, set[str]] = {}
    async for some in Batches(sorted(nodes)):
        for scope, inside in await scopes_of(connection, snapshot.organization_id, some):
            found.setdefault(scope, set()).update(inside)
    return found
