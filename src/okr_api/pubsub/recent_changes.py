"""Cache of the latest changes of each organisation, bounded in bytes, for all who follow its feed."""

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
CHANGE_BYTES, DELTA_BYTES, ID_BYTES = 2_000, 750, 150  # as Python objects; a delta has no text of a client's

Change = Mapping[str, Any]


def size_of_change(change: Change) -> int:
    """Return about how many bytes a change takes in this process."""
    deltas, ids, reason = change["deltas"], change["check_in_ids"], change["reason"] or ""
    return CHANGE_BYTES + DELTA_BYTES * len(deltas) + ID_BYTES * len(ids) + 4 * len(reason)


class _Recent:
    """The latest changes of one organisation, without a gap."""

    def __init__(self) -> None:
        self.changes: deque[tuple[Change, int]] = deque()
        self.bytes = 0
        self.last: tuple[int, datetime] | None = None  # read last, whether it is kept or not

    @property
    def oldest_seq(self) -> int:
        return int(self.changes[0][0]["seq"])

    @property
    def newest_seq(self) -> int:
        return int(self.changes[-1][0]["seq"])

    def after(self, seq: int) -> list[Change] | None:
        """Return what follows `seq`, or None where that is not all here."""
        if not self.changes or self.newest_seq <= seq or self.oldest_seq > seq + 1:
            return None
        start = seq + 1 - self.oldest_seq
        end = min(start + READ_BATCH_SIZE, len(self.changes))
        return [self.changes[place][0] for place in range(start, end)]

    def append(self, change: Change, size: int) -> None:
        """Keep the next change, and drop the oldest ones where there is no room."""
        self.changes.append((change, size))
        self.bytes += size
        while self.bytes > MAX_RECENT_BYTES_OF_ORGANIZATION or len(self.changes) > RECENT_KEPT:
            self.bytes -= self.changes.popleft()[1]

    def clear(self) -> None:
        """Drop all."""
        self.changes.clear()
        self.bytes = 0


class RecentChanges:
    """Keeps the latest changes of organisations; the one asked for longest ago goes first."""

    def __init__(self) -> None:
        self.bytes = 0
        self._kept: OrderedDict[UUID, _Recent] = OrderedDict()

    def after(self, organization_id: UUID, seq: int) -> list[Change] | None:
        """Return what follows `seq`, at most a hundred changes; None where that is not all here."""
        recent = self._kept.get(organization_id)
        if recent is None:
            return None
        self._kept.move_to_end(organization_id)
        return recent.after(seq)

    def last(self, organization_id: UUID) -> tuple[int, datetime] | None:
        """Return the `seq` and the instant of the latest change that has been read, if any is known."""
        recent = self._kept.get(organization_id)
        return None if recent is None else recent.last

    def forget(self, organization_id: UUID) -> None:
        """Drop what is kept of an organisation."""
        recent = self._kept.pop(organization_id, None)
        self.bytes -= 0 if recent is None else recent.bytes

    def add(self, organization_id: UUID, changes: Sequence[Change]) -> None:
        """Keep consecutive changes that have been read, as far as they are newer than what is kept.

        What is kept has no gap: a change that is too large to be kept drops those before it.
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
