"""Recent changes: they are kept within a budget of bytes, and read within one."""

import asyncio
import gc
import tracemalloc
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from okr_api.pubsub import recent_changes
from okr_api.pubsub.change_stream import ChangeStream
from okr_api.pubsub.recent_changes import (
    DELTA_BYTES,
    MAX_RECENT_BYTES_OF_ORGANIZATION,
    MAX_RECENT_CHANGE_BYTES,
    RecentChanges,
)
from tests.acme import Acme
from tests.large_changes import COPY, MOVE

MIB = 1024 * 1024


async def append_changes(acme: Acme, count: int, deltas: int) -> int:
    """Append changes with this many deltas each; return the position before them."""
    await acme.check_in("macros", 1)
    before = await acme.seq()
    async with acme.database.writing_across() as connection:
        await connection.execute(COPY, count, deltas)
        await connection.execute(MOVE, count)
    return before


async def follow(feed: ChangeStream, organization_id: UUID, after: int, count: int) -> list[int]:
    """Read this many changes; return the number of deltas of each read."""
    reads: list[int] = []
    end = after + count
    while after < end:
        changes = await feed.changes(organization_id, after)
        assert [change["seq"] for change in changes] == list(range(after + 1, after + 1 + len(changes)))
        after = changes[-1]["seq"]
        reads.append(sum(len(change["deltas"]) for change in changes))
    return reads


async def test_the_latest_changes_are_kept_within_their_bytes(acme: Acme):
    before = await append_changes(acme, 60, 900)
    feed = ChangeStream(acme.database, acme.notifier)
    await feed.changes(acme.organization.id, 0)
    gc.collect()
    tracemalloc.start()
    try:
        reads = await follow(feed, acme.organization.id, before, 60)
        gc.collect()
        kept = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert sum(reads) == 54_000
    assert MIB < kept < MAX_RECENT_BYTES_OF_ORGANIZATION
    assert feed.recent.bytes == pytest.approx(kept, rel=0.4)


async def test_a_read_of_large_changes_is_a_short_one(acme: Acme):
    before = await append_changes(acme, 12, 5_000)
    reads = await follow(ChangeStream(acme.database, acme.notifier), acme.organization.id, before, 12)
    assert sum(reads) == 60_000
    assert max(reads) * DELTA_BYTES < 20 * MIB


async def test_a_change_too_large_to_be_kept_is_read_once_for_all_who_wait(acme: Acme):
    before = await append_changes(acme, 1, MAX_RECENT_CHANGE_BYTES // DELTA_BYTES + 1)
    feed = ChangeStream(acme.database, acme.notifier)
    both = await asyncio.gather(*(feed.changes(acme.organization.id, before) for _ in range(2)))
    assert both[0][0] is both[1][0]
    assert feed.recent.after(acme.organization.id, before) is None
    assert feed.recent.bytes == 0


AT = datetime(2026, 1, 1, tzinfo=UTC)


def change(seq: int, deltas: int = 0) -> dict[str, Any]:
    """Return a change with this many deltas."""
    return {
        "seq": seq,
        "deltas": [None] * deltas,
        "check_in_ids": [],
        "related_ids": [],
        "reason": None,
        "recorded_at": AT,
    }


def test_the_organisation_asked_for_longest_ago_goes_first(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(recent_changes, "MAX_RECENT_BYTES", 3 * recent_changes.CHANGE_BYTES)
    kept, organizations = RecentChanges(), [UUID(int=number) for number in range(4)]
    for id in organizations[:3]:
        kept.add(id, [change(1)])
    assert kept.after(organizations[0], 0)
    kept.add(organizations[3], [change(1)])
    assert [bool(kept.after(id, 0)) for id in organizations] == [True, False, True, True]
    assert kept.bytes == 3 * recent_changes.CHANGE_BYTES


def test_what_is_kept_has_no_gap():
    kept, id = RecentChanges(), UUID(int=1)
    large = MAX_RECENT_CHANGE_BYTES // DELTA_BYTES + 1
    kept.add(id, [change(1), change(2), change(3, large), change(4), change(5)])
    found = [kept.after(id, seq) for seq in range(6)]
    seqs = [None if one is None else [change["seq"] for change in one] for one in found]
    assert seqs == [
        None,
        None,
        None,
        [4, 5],
        [5],
        None,
    ]
    kept.add(id, [change(9)])
    assert (kept.after(id, 3), [one["seq"] for one in kept.after(id, 8) or []]) == (None, [9])
