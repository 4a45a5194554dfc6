"""Admission control: how much of each token, of each organisation and in all is under way at a time.

An operation is admitted when its cost is known and before anything of it is done. Light ones are limited by
their number, those that weigh more by what they cost, up to a limit: while they are executed, as there is one
event loop, and until their answer has been read, as it takes memory; what is unread weighs by its bytes.
Beyond a limit they wait for a turn: organisations take turns, and tokens within each.
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

MIN_HEAVY_COST = 20
MIN_HEAVY_MUTATION_COST = 1_200  # a thousand check-ins, and some: writes have a queue of their own
MAX_LIGHT_OPERATIONS_PER_TOKEN = 40
MAX_LIGHT_OPERATIONS_PER_ORGANIZATION = 80
MAX_LIGHT_OPERATIONS = 120
MAX_WEIGHT = 1_000
MAX_EXECUTING_WEIGHT_PER_TOKEN = 2_000
MAX_EXECUTING_WEIGHT_PER_ORGANIZATION = 4_000
MAX_EXECUTING_WEIGHT = 6_000
MAX_WEIGHT_PER_TOKEN = 4_000
MAX_WEIGHT_PER_ORGANIZATION = 12_000
MAX_WEIGHT_IN_FLIGHT = 16_000
MAX_WAITING_WEIGHT_PER_TOKEN = 250_000
MAX_WAITING_WEIGHT = 1_000_000
ADMISSION_TIMEOUT_S = 20.0
BYTES_PER_WEIGHT = 16 * 1024
MAX_UNREAD_BYTES_PER_TOKEN = 64 * 1024 * 1024
RETRY_AFTER_S = 1
WATCHED_AFTER_S = 0.1  # most turns come sooner
NO_TURN = "The server is busy: no turn came in time"

Left = Callable[[], Awaitable[None]]


class AdmissionRejected(Refused):
    """An operation is refused as a whole, before anything of it is done, and may be sent again later."""

    def __init__(self, message: str, retry_after_s: int = RETRY_AFTER_S) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class RateLimited(AdmissionRejected):
    """The token has asked for more than its share."""


class Overloaded(AdmissionRejected):
    """Too many operations wait, or the turn of this one has not come in time."""

    @classmethod
    def code(cls) -> str:
        """Return the code of everything that is busy."""
        return Busy.code()


class ClientHasGone(Exception):
    """The client has gone while its operation waited for a turn."""


class Ticket:
    """The admission of one operation, to be released when it is over; again, releasing does nothing."""

    __slots__ = ("_executing", "_held", "_key")

    def __init__(self, key: tuple[UUID, UUID]) -> None:
        self._key = key
        self._held: tuple[FairSemaphore, int] | None = None
        self._executing: tuple[FairSemaphore, int] | None = None

    def hold(self, semaphore: FairSemaphore, weight: int) -> None:
        """Take over a weight that is held until the client has read the answer."""
        self._held = semaphore, weight

    def execute(self, semaphore: FairSemaphore, weight: int) -> None:
        """Take over a weight that is held until the answer is there."""
        self._executing = semaphore, weight

    def executed(self) -> None:
        """Make room for others to be executed."""
        taken, self._executing = self._executing, None
        if taken is not None:
            taken[0].release(*self._key, taken[1])

    def release(self) -> None:
        """Make room for others."""
        self.executed()
        taken, self._held = self._held, None
        if taken is not None:
            taken[0].release(*self._key, taken[1])


class AdmissionControl:
    """Admits the operations of a process."""

    def __init__(self) -> None:
        self.held = FairSemaphore(MAX_WEIGHT_IN_FLIGHT, MAX_WEIGHT_PER_ORGANIZATION, MAX_WEIGHT_PER_TOKEN)
        self.executing = FairSemaphore(
            MAX_EXECUTING_WEIGHT, MAX_EXECUTING_WEIGHT_PER_ORGANIZATION, MAX_EXECUTING_WEIGHT_PER_TOKEN
        )
        self.light = FairSemaphore(
            MAX_LIGHT_OPERATIONS, MAX_LIGHT_OPERATIONS_PER_ORGANIZATION, MAX_LIGHT_OPERATIONS_PER_TOKEN
        )
        self.waiting = self.waiting_weight = 0
        self._waiting_weights = KeyedSums()
        self.unread_bytes = KeyedSums()
        self.refused: Counter[str] = Counter()

    async def admit(
        self, actor: Actor, cost: int, *, writes: bool = False, left: Left | None = None
    ) -> Ticket | None:
        """Return the ticket of an operation when its turn has come; None for one that is not counted.

        `left` returns when the client has gone, which gives its place up.

        Raises:
            Overloaded: too many wait, or the turn has not come in time.
        """
        key = (actor.organization_id, actor.token_id)
        is_light = cost < (MIN_HEAVY_MUTATION_COST if writes else MIN_HEAVY_COST)
        if is_light and self.unread_bytes:
            is_light = self.unread_bytes.get(actor.token_id, 0) < MAX_UNREAD_BYTES_PER_TOKEN
        if is_light and writes:
            return None
        ticket = Ticket(key)
        if is_light:
            if not self.light.try_acquire(*key):
                await self._wait(self.light, key, 1, None)
            ticket.execute(self.light, 1)
            return ticket
        weight = max(min(cost, MAX_WEIGHT), 1)
        if not self.held.try_acquire(*key, weight):
            await self._wait(self.held, key, weight, left)
        ticket.hold(self.held, weight)
        if not writes and not self.executing.try_acquire(*key, weight):
            try:
                await self._wait(self.executing, key, weight, left)
            except BaseException:
                ticket.release()
                raise
        if not writes:
            ticket.execute(self.executing, weight)
        return ticket

    @contextmanager
    def unread(self, actor: Actor, size: int) -> Iterator[None]:
        """Count so many bytes of an answer against its token, for as long as the context lasts."""
        key, weight = (actor.organization_id, actor.token_id), size // BYTES_PER_WEIGHT + 1
        self.unread_bytes.add(actor.token_id, size)
        self.held.add(*key, weight)
        try:
            yield
        finally:
            self.held.release(*key, weight)
            self.unread_bytes.add(actor.token_id, -size)

    async def _wait(
        self, semaphore: FairSemaphore, key: tuple[UUID, UUID], weight: int, left: Left | None
    ) -> None:
        """Wait for a turn, as long as the client is there.

        Raises:
            Overloaded: too many wait, or the turn has not come in time.
        """
        self._check_waiting(key[1])
        loop = asyncio.get_running_loop()
        watching: list[asyncio.Task[None]] = []
        waiter = semaphore.enqueue(*key, weight)

        def watch() -> None:
            if left is not None:
                watching.append(asyncio.create_task(_end_when_left(left, waiter)))

        timers = (
            loop.call_later(ADMISSION_TIMEOUT_S, _end, waiter, TimeoutError()),
            loop.call_later(WATCHED_AFTER_S, watch),
        )
        self._count_waiting(key[1], 1, weight)
        try:
            await semaphore.turn(*key, weight, waiter)
        except ClientHasGone:
            raise self._refuse("the client has gone", NO_TURN) from None
        except TimeoutError:
            raise self._refuse("no turn in time", NO_TURN) from None
        finally:
            self._count_waiting(key[1], -1, -weight)
            for timer in timers:
                timer.cancel()
            for one in watching:
                one.cancel()

    def _check_waiting(self, token_id: UUID) -> None:
        """Refuse one that would wait where too many do."""
        waiting = self._waiting_weights.get(token_id, 0)
        if waiting >= MAX_WAITING_WEIGHT_PER_TOKEN:
            raise self._refuse("too much of the token", "Too many operations of this token are waiting")
        if waiting and self.waiting_weight >= MAX_WAITING_WEIGHT:  # nobody is refused for others alone
            raise self._refuse("too much", "The server is busy: too many operations are waiting")

    def _count_waiting(self, token_id: UUID, count: int, weight: int) -> None:
        self.waiting += count
        self.waiting_weight += weight
        self._waiting_weights.add(token_id, weight)

    def _refuse(self, reason: str, what: str) -> Overloaded:
        self.refused[reason] += 1
        return Overloaded(f"{what}. Nothing was done; try again")


def _end(waiter: "asyncio.Future[None]", reason: Exception) -> None:
    """End the waiting for a turn that has not come."""
    if not waiter.done():
        waiter.set_exception(reason)


async def _end_when_left(left: Left, waiter: "asyncio.Future[None]") -> None:
    """End the waiting soon after the client has gone."""
    await left()
    _end(waiter, ClientHasGone())
