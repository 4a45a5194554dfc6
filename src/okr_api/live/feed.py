"""The feed as it is followed: from any position onwards, every change once, in order.

Whoever follows keeps a position and asks for what comes after it; nothing is buffered for a slow
one. The latest changes of an organisation are read once for all who follow it in this process.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from okr_api.okr.errors import Refused
from okr_api.store.database import Database
from okr_api.store.feed import changes_after
from okr_api.store.finding import head_of

from .wakeups import Wakeups

READ_AT_ONCE = 100
RECENT_KEPT = 200
MOST_FEEDS_KEPT = 1_000
QUIET_S = 30.0


class CursorExpired(Refused):
    """The feed no longer keeps what follows this position; begin again with a fresh snapshot."""

    def __init__(self, oldest_seq: int) -> None:
        super().__init__(f"The feed begins at {oldest_seq}; read a fresh snapshot and go on from its seq")
        self.oldest_seq = oldest_seq


class CursorAhead(Refused):
    """The position lies beyond the feed's end: it is of another database, or of one since restored."""


def check_cursor(after: int, *, head: int, oldest_seq: int) -> None:
    """Refuses a position that misses changes (`CursorExpired`) or to which none come (`CursorAhead`)."""
    if after < oldest_seq - 1:
        raise CursorExpired(oldest_seq)
    if after > head:
        raise CursorAhead(f"The feed ends at {head}; {after} lies beyond it", path=["after"])


@dataclass
class _Recent:
    """The latest changes of one organisation, without a gap."""

    changes: deque[Any] = field(default_factory=lambda: deque(maxlen=RECENT_KEPT))
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def after(self, seq: int) -> list[Any] | None:
        """What follows `seq`, or None where that is not all here."""
        if not self.changes or self.changes[-1]["seq"] <= seq or self.changes[0]["seq"] > seq + 1:
            return None
        start = seq + 1 - self.changes[0]["seq"]
        return [self.changes[i] for i in range(start, min(start + READ_AT_ONCE, len(self.changes)))]


class Feed:
    """Lets any number of readers follow the feeds of organisations."""

    def __init__(self, database: Database, wakeups: Wakeups, *, quiet_s: float = QUIET_S) -> None:
        self.database = database
        self.wakeups = wakeups
        self.quiet_s = quiet_s
        self.begun = 0
        self._recent: dict[UUID, _Recent] = {}

    async def begin(self, organization_id: UUID, after: int | None) -> tuple[int, int]:
        """The position to follow from, which is the given one, checked, or the feed's end; and that end."""
        async with self.database.of(organization_id) as connection:
            head, oldest_seq = await head_of(connection, organization_id)
        if after is not None:
            check_cursor(after, head=head, oldest_seq=oldest_seq)
        self.begun += 1
        return (head if after is None else after), head

    async def follow(self, organization_id: UUID, after: int) -> AsyncIterator[list[Any]]:
        """The changes after the position, as they come, in order; an empty list after 30 quiet seconds."""
        while True:
            changes = await self.changes(organization_id, after)
            if changes:
                after = changes[-1]["seq"]
                yield changes
            elif not await self.wakeups.beyond(organization_id, after, self.quiet_s):
                yield []

    async def changes(self, organization_id: UUID, after: int) -> list[Any]:
        """What follows the position so far, at most a hundred changes."""
        recent = self._recent.get(organization_id)
        if recent is None:
            if len(self._recent) >= MOST_FEEDS_KEPT:
                self._recent.clear()
            recent = self._recent[organization_id] = _Recent()
        known = recent.after(after)
        if known is not None:
            return known
        async with recent.turn:
            known = recent.after(after)
            if known is None:
                known = await self._read(organization_id, after, recent)
        return known

    async def _read(self, organization_id: UUID, after: int, recent: _Recent) -> list[Any]:
        async with self.database.of(organization_id) as connection:
            found = await changes_after(connection, organization_id, after, READ_AT_ONCE)
            if found and found[0]["seq"] != after + 1:
                _, oldest_seq = await head_of(connection, organization_id)
                raise CursorExpired(oldest_seq)
        newest = recent.changes[-1]["seq"] if recent.changes else None
        if found and (newest is None or found[-1]["seq"] > newest):
            if newest is None or found[0]["seq"] > newest + 1:
                recent.changes.clear()
                newest = None
            recent.changes.extend(row for row in found if newest is None or row["seq"] > newest)
        return found
