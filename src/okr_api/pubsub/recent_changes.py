"""Cache of the latest changes of each organisation, bounded in bytes, for all subscribers of its feed."""

from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

READ_BATCH_SIZE = 100
RECENT_KEPT = 200
MAX_FEEDS_KEPT = 1_000
MAX_RECENT_BYTES = 32 * 1024 * 1024
MAX_RECENT_BYTES_OF_ORGANIZATION = 8 * 1024 * 1024
MAX_RECENT_CHANGE_BYTES = 1024 * 1024
CHANGE_BYTES, DELTA_BYTES, ID_BYTES = 2_000, 1_100, 150  # as Python objects; a delta contains no client text

Change = Mapping[str, Any]


def size_of_change(change: Change) -> int:
    """Return the approximate size of a change in memory, in bytes."""
    ids = len(change["check_in_ids"]) + len(change["related_ids"])
    reason = change["reason"] or ""
    return CHANGE_BYTES + DELTA_BYTES * len(change["deltas"]) + ID_BYTES * ids + 4 * len(reason)


class _Recent:
    """Latest changes of one organisation, without a gap."""

    def __init__(self) -> None:
        self.changes: deque[tuple[Change, int]] = deque()
        self.bytes = 0
        self.last: tuple[int, datetime] | None = None  # the latest one read, cached or not

    @property
    def oldest_seq(self) -> int:
        return int(self.changes[0][0]["seq"])

    @property
    def newest_seq(self) -> int:
        return int(self.changes[-1][0]["seq"])

    def after(self, seq: int) -> list[Change] | None:
        """Return the changes after `seq`, at most `READ_BATCH_SIZE`; None if they are not cached."""
        if not self.changes or self.newest_seq <= seq or self.oldest_seq > seq + 1:
            return None
        start = seq + 1 - self.oldest_seq
        end = min(start + READ_BATCH_SIZE, len(self.changes))
        return [self.changes[place][0] for place in range(start, end)]

    def append(self, change: Change, size: int) -> None:
        """Add the next change, and drop the oldest ones beyond the limits."""
        self.changes.append((change, size))
        self.bytes += size
        while self.bytes > MAX_RECENT_BYTES_OF_ORGANIZATION or len(self.changes) > RECENT_KEPT:
            self.bytes -= self.changes.popleft()[1]

    def clear(self) -> None:
        """Drop all changes, but remember `last`."""
        self.changes.clear()
        self.bytes = 0


class RecentChanges:
    """LRU cache of the latest changes of organisations."""

    def __init__(self) -> None:
        self.bytes = 0
        self._kept: OrderedDict[UUID, _Recent] = OrderedDict()

    def after(self, organization_id: UUID, seq: int) -> list[Change] | None:
        """Return the changes after `seq`, at most `READ_BATCH_SIZE`; None if they are not cached."""
        recent = self._kept.get(organization_id)
        if recent is None:
            return None
        self._kept.move_to_end(organization_id)
        return recent.after(seq)

    def last(self, organization_id: UUID) -> tuple[int, datetime] | None:
        """Return the `seq` and the instant of the latest change that was read; None if none is known."""
        recent = self._kept.get(organization_id)
        return None if recent is None else recent.last

    def forget(self, organization_id: UUID) -> None:
        """Drop everything cached for an organisation."""
        recent = self._kept.pop(organization_id, None)
        self.bytes -= 0 if recent is None else recent.bytes

    def add(self, organization_id: UUID, changes: Sequence[Change]) -> None:
        """Cache consecutive changes that have been read, as far as they are newer than the cached ones.

        The cache has no gap: a change that is too large to cache drops those before it.
        """
        recent = self._kept.setdefault(organization_id, _Recent())
        self._kept.move_to_end(organization_id)
        self.bytes -= recent.bytes
        for change in changes:
            seq = change["seq"]
            if recent.last is not None and seq <= recent.last[0]:
                continue
            size = size_of_change(change)
            if size > MAX_RECENT_CHANGE_BYTES or (recent.changes and seq > recent.newest_seq + 1):
                recent.clear()
            if size <= MAX_RECENT_CHANGE_BYTES:
                recent.append(change, size)
            recent.last = (seq, change["recorded_at"])
        self.bytes += recent.bytes
        while self.bytes > MAX_RECENT_BYTES or len(self._kept) > MAX_FEEDS_KEPT:
            self.bytes -= self._kept.popitem(last=False)[1].bytes
