"""Stored changes: read changes of the feed at given positions, in batches; find positions by time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from okr_api.store.delta_documents import CHANGE_COLUMNS, STORED_BYTES, decode_changes

from .snapshot import Snapshot

# The changes at those positions in their order, up to $3 stored bytes; at least one.
CHANGES = f"""
    select {CHANGE_COLUMNS}
    from (
        select asked.*, wanted.number,
            sum(bytes) over (order by wanted.number) - bytes as bytes_before
        from unnest($2::bigint[]) with ordinality wanted(place, number) cross join lateral (
            select *, {STORED_BYTES} as bytes from change
            where organization_id = $1 and seq = wanted.place offset 0
        ) asked
    ) change
    where bytes_before < $3
    order by number
"""
# For each instant the first position from which on no change was recorded before it. Positions follow the
# order of recording, so that they are searched by halves; some may be missing.
POSITIONS = """
    with recursive search(place, at, low, high) as (
        select asked.place, asked.at, 1::bigint, head.seq + 1
        from unnest($2::timestamptz[]) with ordinality asked(at, place)
        join feed_head head on head.organization_id = $1
        union all
        select search.place, search.at,
            case when probe.recorded_at < search.at then probe.seq + 1 else search.low end,
            case when probe.recorded_at < search.at then search.high else (search.low + search.high) / 2 end
        from search left join lateral (
            select seq, recorded_at from change
            where organization_id = $1 and seq >= (search.low + search.high) / 2 and seq < search.high
            order by seq limit 1
        ) probe on true
        where search.low < search.high
    )
    select place, low as position from search where low >= high order by place
"""
MAX_BATCH_STORED_BYTES = 640 * 1024  # some thirty times as much once it is read


async def read_changes(snapshot: Snapshot, seqs: Sequence[int]) -> tuple[list[dict[str, Any]], int]:
    """Return the first of the changes at these positions, in their order, and the characters of their deltas.

    What was removed meanwhile is left out.
    """
    rows = await snapshot.fetch(CHANGES, seqs, MAX_BATCH_STORED_BYTES)
    return await decode_changes(rows), sum(len(row["deltas"]) for row in rows)


async def positions_at(snapshot: Snapshot, *instants: datetime) -> list[int]:
    """Return for each instant the first position of the feed that was not recorded before it."""
    return [row["position"] for row in await snapshot.fetch(POSITIONS, list(instants))]
