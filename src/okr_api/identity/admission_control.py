"""Admission control: how much of each token, of each organisation and in all is under way at a time.

An operation is admitted when its cost is known and before anything of it is done. It weighs as much as it
costs, up to a limit; light ones are admitted at once. The others wait for a turn: organisations take turns,
and tokens within each. An answer that its client has not read yet weighs by its bytes.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from okr_api.okr.errors import Busy, Refused
from okr_api.store.fair_semaphore import FairSemaphore
from okr_api.store.keyed_sums import KeyedSums

from .actor import Actor

MIN_COUNTED_COST = 20
MIN_COUNTED_MUTATION_COST = 1_200  # a thousand check-ins, and some: writes have a queue of their own
MAX_WEIGHT = 1_000
MAX_WEIGHT_PER_TOKEN = 4_000
MAX_WEIGHT_PER_ORGANIZATION = 12_000
MAX_WEIGHT_IN_FLIGHT = 16_000
MAX_WAITING_WEIGHT_PER_TOKEN = 250_000
MAX_WAITING_WEIGHT = 1_000_000
ADMISSION_TIMEOUT_S = 20.0
BYTES_PER_WEIGHT = 16 * 1024
MAX_UNREAD_BYTES_PER_TOKEN = 64 * 1024 * 1024
RETRY_AFTER_S = 1
CLIENT_GONE = 0.0  # on the loop's clock: at once

Left = Callable[[], Awaitable[None]]


class NotAdmitted(Refused):
    """An operation is refused as a whole, before anything of it is done, and may be sent again later."""

    def __init__(self, message: str, retry_after_s: int = RETRY_AFTER_S) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class RateLimited(NotAdmitted):
    """The token has asked for more than its share."""


class Overloaded(NotAdmitted):
    """Too many operations wait, or the turn of this one has not come in time."""

    @classmethod
    def code(cls) -> str:
        """The code of whatever is busy."""
        return Busy.code()


class Ticket:
    """The admission of one operation, to be released when it is over."""

    __slots__ = ("_key", "_semaphore", "_weight")

    def __init__(self, semaphore: FairSemaphore, key: tuple[UUID, object], weight: int) -> None:
        self._semaphore, self._key, self._weight = semaphore, key, weight

    def release(self) -> None:
        """Make room for others; again, it does nothing."""
        weight, self._weight = self._weight, 0
        if weight:
            self._semaphore.release(*self._key, weight)


class AdmissionControl:
    """Admits the operations of a process."""

    def __init__(self) -> None:
        self.semaphore = FairSemaphore(
            MAX_WEIGHT_IN_FLIGHT, MAX_WEIGHT_PER_ORGANIZATION, MAX_WEIGHT_PER_TOKEN
        )
        self.waiting = self.waiting_weight = 0
        self._waiting_weights = KeyedSums()
        self.unread_bytes = KeyedSums()
        self.refused: Counter[str] = Counter()

    def is_light(self, actor: Actor, cost: int, *, writes: bool) -> bool:
        """Return whether an operation is admitted without being counted."""
        if cost >= (MIN_COUNTED_MUTATION_COST if writes else MIN_COUNTED_COST):
            return False
        return not self.unread_bytes or (
            self.unread_bytes.get(actor.token_id, 0) < MAX_UNREAD_BYTES_PER_TOKEN
        )

    async def admit(self, actor: Actor, cost: int, left: Left | None = None) -> Ticket:
        """Return the ticket of an operation that is not light, when its turn has come.

        `left` returns when the client has gone, which gives its place up.

        Raises:
            Overloaded: too many wait, or the turn has not come in time.
        """
        key, weight = (actor.organization_id, actor.token_id), max(min(cost, MAX_WEIGHT), 1)
        if not self.semaphore.try_acquire(*key, weight):
            with self._waiting(actor.token_id, weight):
                await self._wait(key, weight, left)
        return Ticket(self.semaphore, key, weight)

    @contextmanager
    def unread(self, actor: Actor, size: int) -> Iterator[None]:
        """Count so many bytes of an answer against its token, for as long as the context lasts."""
        key, weight = (actor.organization_id, actor.token_id), size // BYTES_PER_WEIGHT + 1
        self.unread_bytes.add(actor.token_id, size)
        self.semaphore.add(*key, weight)
        try:
            yield
        finally:
            self.semaphore.release(*key, weight)
            self.unread_bytes.add(actor.token_id, -size)

    async def _wait(self, key: tuple[UUID, UUID], weight: int, left: Left | None) -> None:
        limit = asyncio.timeout(ADMISSION_TIMEOUT_S)
        try:
            async with limit:
                with _ended_with_client(left, limit):
                    await self.semaphore.acquire(*key, weight)
        except TimeoutError:
            is_gone = limit.when() == CLIENT_GONE
            reason = "the client has gone" if is_gone else "no turn in time"
            raise self._refuse(reason, "The server is busy: no turn came in time") from None

    @contextmanager
    def _waiting(self, token_id: UUID, weight: int) -> Iterator[None]:
        """Count one that waits; refuse it where too many do."""
        waiting = self._waiting_weights.get(token_id, 0)
        if waiting >= MAX_WAITING_WEIGHT_PER_TOKEN:
            raise self._refuse("too much of the token", "Too many operations of this token are waiting")
        if waiting and self.waiting_weight >= MAX_WAITING_WEIGHT:  # nobody is refused for others alone
            raise self._refuse("too much", "The server is busy: too many operations are waiting")
        self.waiting += 1
        self.waiting_weight += weight
        self._waiting_weights.add(token_id, weight)
        try:
            yield
        finally:
            self.waiting -= 1
            self.waiting_weight -= weight
            self._waiting_weights.add(token_id, -weight)

    def _refuse(self, reason: str, what: str) -> Overloaded:
        self.refused[reason] += 1
        return Overloaded(f"{what}. Nothing was done; try again")


@contextmanager
def _ended_with_client(left: Left | None, limit: asyncio.Timeout) -> Iterator[None]:
    if left is None:
        yield
        return
    watching = asyncio.create_task(_watch(left, limit))
    try:
        yield
    finally:
        watching.cancel()


async def _watch(left: Left, limit: asyncio.Timeout) -> None:
    await left()
    limit.reschedule(CLIENT_GONE)
