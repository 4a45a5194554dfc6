"""Change stream: follow a feed from any position, each change once; check cursors; detect restored databases.

Each subscriber keeps its position and reads what follows it; nothing is buffered for a slow one. The
latest changes of an organisation are read once for all its subscribers in this process.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from okr_api.okr.errors import Refused
from okr_api.store.change_rows import changes_after, heads_of
from okr_api.store.database import Database
from okr_api.store.entity_lookup import head_of
from okr_api.store.row_batcher import RowBatcher

from .notifier import ChangeNotifier
from .recent_changes import READ_BATCH_SIZE, RecentChanges

MAX_STORED_BYTES_READ = 640 * 1024  # of deltas as stored; as Python objects some thirty times as much
QUIET_S = 30.0
NO_FEED = (0, 1)  # head and oldest `seq` where there is no feed


class CursorExpired(Refused):
    """The feed no longer keeps what follows this position; begin again with a fresh snapshot."""

    def __init__(self, oldest_seq: int) -> None:
        super().__init__(f"The feed begins at {oldest_seq}; read a fresh snapshot and go on from its seq")
        self.oldest_seq = oldest_seq


class CursorAhead(Refused):
    """The position lies beyond the feed's end: it is of another database, or of one since restored."""


RESTORED = "The database was restored to an earlier state; read a fresh snapshot and go on from its seq"


def check_cursor(after: int, *, head: int, oldest_seq: int) -> None:
    """Check that the feed can be followed from a position.

    Raises:
        CursorExpired: changes after the position are no longer kept.
        CursorAhead: the position lies beyond the end of the feed.
    """
    if after < oldest_seq - 1:
        raise CursorExpired(oldest_seq)
    if after > head:
        raise CursorAhead(f"The feed ends at {head}; {after} lies beyond it", path=["after"])


@dataclass
class _Reading:
    """Queue of readers of an organisation's feed, one at a time; `found` is what the last one read."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0
    after: int = -1
    found: list[Any] = field(default_factory=list)


class ChangeStream:
    """Feeds of all organisations, for any number of subscribers.

    `on_new_rights` is called once for changes by which some may see more or less than before.
    """

    def __init__(self, database: Database, notifier: ChangeNotifier, *, quiet_s: float = QUIET_S) -> None:
        self.database = database
        self.notifier = notifier
        self.quiet_s = quiet_s
        self.begun = 0
        self.reads = 0
        self.recent = RecentChanges()
        self.on_new_rights: Callable[[], None] = lambda: None
        notifier.on_rewind = self.recent.forget
        self._readings: dict[UUID, _Reading] = {}
        self._heads: RowBatcher[tuple[int, int]] = RowBatcher()

    async def begin(self, organization_id: UUID, after: int | None) -> tuple[int, int]:
        """Return the position to follow from, which is `after` or the end of the feed, and that end.

        Raises:
            CursorExpired: changes after the position are no longer kept.
            CursorAhead: the position lies beyond the end of the feed.
        """
        key = organization_id.hex
        head, oldest_seq = await self._heads.row("head", key, self._read_heads) or NO_FEED
        if after is not None:
            check_cursor(after, head=head, oldest_seq=oldest_seq)
        self.begun += 1
        return (head if after is None else after), head

    async def _read_heads(self, keys: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Read the heads of feeds, for many subscribers at once; detect a database that was restored."""
        ids = [UUID(hex=key) for key in keys]
        known = {id: (self.notifier.known_head(id), self.recent.last(id)) for id in ids}
        async with self.database.following() as connection:
            rows = await heads_of(connection, ids, [last and last[0] for _, last in known.values()])
        for row in rows:
            id, head = row["organization_id"], row["seq"]
            known_head, last = known[id]
            if last is not None and last[0] >= row["oldest_seq"] and last[1] != row["recorded_at"]:
                self.notifier.rewind(id, head)
            else:
                self.notifier.observe(id, head, known=known_head)
        return {row["organization_id"].hex: (row["seq"], row["oldest_seq"]) for row in rows}

    async def follow(self, organization_id: UUID, after: int) -> AsyncIterator[list[Any]]:
        """Yield the changes after the position as they come, in order; an empty list after 30 s without any.

        Raises:
            CursorExpired: changes after the position are no longer kept.
            CursorAhead: the database was restored to an earlier state meanwhile.
        """
        rewinds = self.notifier.rewinds(organization_id)
        while True:
            changes = await self.changes(organization_id, after)
            self.check_rewinds(organization_id, rewinds)
            if changes:
                after = changes[-1]["seq"]
                yield changes
            elif not await self.notifier.wait_past(organization_id, after, self.quiet_s):
                yield []

    def rewinds(self, organization_id: UUID) -> int:
        """Return how often the feed was found in an earlier state than before."""
        return self.notifier.rewinds(organization_id)

    def check_rewinds(self, organization_id: UUID, rewinds: int) -> None:
        """Raise `CursorAhead` if the feed was rewound since: its positions now belong to other changes."""
        if self.notifier.rewinds(organization_id) != rewinds:
            raise CursorAhead(RESTORED, path=["after"])

    async def changes(self, organization_id: UUID, after: int) -> list[Any]:
        """Return the changes after the position so far: at most a hundred, fewer if they are large."""
        known = self.recent.after(organization_id, after)
        if known is not None:
            return known
        reading = self._readings.setdefault(organization_id, _Reading())
        reading.waiting += 1
        try:
            async with reading.turn:
                known = self.recent.after(organization_id, after)
                if known is None and reading.after == after:  # too large to cache: waiting readers share it
                    known = reading.found
                if known is None:
                    known = await self._read(organization_id, after)
                    if known:
                        reading.after, reading.found = after, known
                return known
        finally:
            reading.waiting -= 1
            if not reading.waiting:
                del self._readings[organization_id]

    async def _read(self, organization_id: UUID, after: int) -> list[Any]:
        self.reads += 1
        known, last = self.notifier.known_head(organization_id), self.recent.last(organization_id)
        async with self.database.of(organization_id) as connection:
            found = await changes_after(
                connection, organization_id, after, READ_BATCH_SIZE, MAX_STORED_BYTES_READ
            )
            if not found or found[0]["seq"] != after + 1:
                head, oldest_seq = await head_of(connection, organization_id)
                if not found:
                    self.notifier.observe(organization_id, head, known=known)
                check_cursor(after, head=head, oldest_seq=oldest_seq)
                if found:
                    raise CursorExpired(oldest_seq)
                return []
        if last is not None and last[0] == after and found[0]["previous_at"] not in (None, last[1]):
            self.notifier.rewind(organization_id, found[-1]["seq"])
            raise CursorAhead(RESTORED, path=["after"])
        if any(change["has_visibility_changes"] or "role" in change["fields"] for change in found):
            self.on_new_rights()
        self.recent.add(organization_id, found)
        return found
