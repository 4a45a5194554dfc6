"""Change notifier: known feed heads; wake subscribers in all processes after commits (LISTEN/NOTIFY, poll).

The feed table is the only source of truth. A NOTIFY is a hint, sent after the commit, one for all
changes that accumulate meanwhile; if a hint is lost, a poll every second finds the change.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from uuid import UUID

import asyncpg

from okr_api.okr.errors import Busy
from okr_api.store.connection_options import keep_alive
from okr_api.store.database import Database
from okr_api.store.time_limits import KEEPALIVES

from .current_request import PendingRequest, current_request
from .response_barrier import PendingResponses

CHANNEL = "okr_feed"
POLL_S = 1.0
RECONNECT_S = 0.5
# Losing a hint in a power failure does no harm: unlike check-ins, it does not wait for the disk.
TELL = """
    with at_once as materialized (select set_config('synchronous_commit', 'off', true))
    select pg_notify($1, hint) from at_once, unnest($2::text[]) hint
"""
HEADS = "select organization_id, seq from feed_head where organization_id = any($1::uuid[])"
UNREACHABLE = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, Busy)

log = logging.getLogger(__name__)


class ChangeNotifier:
    """Notifier of subscribers that wait for a feed to move."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._heads: dict[UUID, int] = {}
        self._rewinds: defaultdict[UUID, int] = defaultdict(int)
        self.on_rewind: Callable[[UUID], None] = lambda _: None
        self._waiting: defaultdict[UUID, set[asyncio.Future[None]]] = defaultdict(set)
        self._unanswered: defaultdict[UUID, PendingResponses] = defaultdict(PendingResponses)
        self._to_tell: dict[UUID, int] = {}
        self._something_to_tell = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def running(cls, database: Database) -> AsyncIterator["ChangeNotifier"]:
        """Run a notifier with its listener, sender and poll for as long as the context lasts."""
        notifier = cls(database)
        tasks = [asyncio.create_task(work()) for work in (notifier._listen, notifier._tell, notifier._poll)]
        try:
            yield notifier
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def moved(
        self, organization_id: UUID, seq: int, by: Iterable[PendingRequest | None] | None = None
    ) -> None:
        """Wake the subscribers in this process after a commit here, and queue a hint for other processes.

        `by` are the requests that made the changes; by default the current one.
        """
        for request in (current_request(),) if by is None else by:
            if request is not None:
                self._unanswered[organization_id].add(request)
        self._wake(organization_id, seq)
        self._to_tell[organization_id] = max(seq, self._to_tell.get(organization_id, 0))
        self._something_to_tell.set()

    async def answered(self, organization_id: UUID) -> None:
        """Wait until the requests in this process that changed the organisation have their responses."""
        if organization_id in self._unanswered:
            await self._unanswered[organization_id].none_left()

    def known_head(self, organization_id: UUID) -> int:
        """Return the latest known position of the feed; 0 if none is known."""
        return self._heads.get(organization_id, 0)

    def rewinds(self, organization_id: UUID) -> int:
        """Return how often the feed was found in an earlier state than before."""
        return self._rewinds.get(organization_id, 0)

    def observe(self, organization_id: UUID, head: int, *, known: int) -> None:
        """Record a head that was read from the database when `known` was the latest known position.

        A commit precedes its notification, so a head before `known` means that the database was restored
        to an earlier state: all waiting subscribers are woken to check their positions.
        """
        if head < known:
            self.rewind(organization_id, head)
        else:
            self._wake(organization_id, head)

    def rewind(self, organization_id: UUID, head: int) -> None:
        """Record that a restore has replaced the feed, which now ends at `head`; wake all subscribers."""
        log.warning(
            "The database was restored to an earlier state: the feed of %s ends at %d, not at %d",
            organization_id, head, self.known_head(organization_id),
        )  # fmt: skip
        self._heads[organization_id] = head
        self._rewinds[organization_id] += 1
        self.on_rewind(organization_id)
        self._notify_waiting(organization_id)

    async def wait_past(self, organization_id: UUID, seq: int, timeout_s: float) -> bool:
        """Wait until the feed passes `seq` or is rewound; return False on timeout."""
        rewinds = self.rewinds(organization_id)
        try:
            async with asyncio.timeout(timeout_s):
                while self.known_head(organization_id) <= seq and self.rewinds(organization_id) == rewinds:
                    await self._woken(organization_id)
        except TimeoutError:
            return False
        return True

    async def _woken(self, organization_id: UUID) -> None:
        """Wait until the feed moves or is rewound."""
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[organization_id].add(woken)
        try:
            await woken
        finally:
            self._waiting[organization_id].discard(woken)
            if not self._waiting[organization_id]:
                del self._waiting[organization_id]

    def _wake(self, organization_id: UUID, seq: int) -> None:
        if seq <= self._heads.get(organization_id, 0):
            return
        self._heads[organization_id] = seq
        self._notify_waiting(organization_id)

    def _notify_waiting(self, organization_id: UUID) -> None:
        for woken in self._waiting.get(organization_id, ()):
            if not woken.done():
                woken.set_result(None)

    async def _tell(self) -> None:
        """Send one NOTIFY for each organisation whose feed has moved since the last round."""
        while True:
            await self._something_to_tell.wait()
            self._something_to_tell.clear()
            told, self._to_tell = self._to_tell, {}
            hints = [f"{organization}:{seq}" for organization, seq in told.items()]
            try:
                async with self.database.following() as connection:
                    await connection.execute(TELL, CHANNEL, hints)
            except UNREACHABLE as fault:
                log.warning(
                    "Could not send NOTIFY; subscribers will see the change at the next poll: %s", fault
                )

    async def _listen(self) -> None:
        """Listen to the hints of other processes on a dedicated connection; reconnect when it drops."""
        while True:
            with suppress(*UNREACHABLE):
                connection = await asyncpg.connect(self.database.dsn, server_settings=KEEPALIVES)
                keep_alive(connection)
                try:
                    lost = asyncio.Event()
                    connection.add_termination_listener(lambda _, lost=lost: lost.set())
                    await connection.add_listener(CHANNEL, self._heard)
                    await lost.wait()
                finally:
                    connection.terminate()
            await asyncio.sleep(RECONNECT_S)

    def _heard(self, connection: object, process: int, channel: str, hint: object) -> None:
        del connection, process, channel
        organization, _, seq = str(hint).partition(":")
        self._wake(UUID(organization), int(seq))

    async def _poll(self) -> None:
        """Poll the heads of the feeds that subscribers wait for, every `POLL_S`."""
        while True:
            await asyncio.sleep(POLL_S)
            asked = list(self._waiting)
            if not asked:
                continue
            known = {organization_id: self.known_head(organization_id) for organization_id in asked}
            try:
                async with self.database.following() as connection:
                    rows = await connection.fetch(HEADS, asked)
                for row in rows:
                    self.observe(row["organization_id"], row["seq"], known=known[row["organization_id"]])
            except UNREACHABLE as fault:
                log.warning("Could not poll the change feed: %s", fault)
