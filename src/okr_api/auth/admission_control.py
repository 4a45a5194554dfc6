"""Admission control: limits on concurrent cost per token, organisation and process; excess waits in queues.

An operation is admitted when its cost is known, before it executes. Light operations are limited by
their number, heavier ones by their weight (the cost, capped at `MAX_WEIGHT`): while they execute, as there
is one event loop, and until the client has read the response, as it takes memory; unread bytes count as
weight. Operations beyond a limit wait in a queue that is fair between organisations, and between the
tokens of each.
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
MIN_HEAVY_MUTATION_COST = 1_200  # more than a thousand check-ins: writes have a queue of their own
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
WATCHED_AFTER_S = 0.1  # most waits are shorter
NO_TURN = "The server is busy: the operation waited too long"

Left = Callable[[], Awaitable[None]]


class AdmissionRejected(Refused):
    """Operation rejected before execution; the client may retry it later."""

    def __init__(self, message: str, retry_after_s: int = RETRY_AFTER_S) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class RateLimited(AdmissionRejected):
    """The token has exceeded its rate limit."""


class Overloaded(AdmissionRejected):
    """Too many operations are waiting, or this one has waited too long."""

    @classmethod
    def code(cls) -> str:
        """Return the code of `Busy`, which clients know."""
        return Busy.code()


class ClientHasGone(Exception):
    """The client disconnected while its operation was waiting."""


class Ticket:
    """Admission of one operation; release it at the end (releasing is idempotent)."""

    __slots__ = ("_executing", "_held", "_key")

    def __init__(self, key: tuple[UUID, UUID]) -> None:
        self._key = key
        self._held: tuple[FairSemaphore, int] | None = None
        self._executing: tuple[FairSemaphore, int] | None = None

    def hold(self, semaphore: FairSemaphore, weight: int) -> None:
        """Attach a weight that is held until the client has read the response."""
        self._held = semaphore, weight

    def execute(self, semaphore: FairSemaphore, weight: int) -> None:
        """Attach a weight that is held until the operation has executed."""
        self._executing = semaphore, weight

    def executed(self) -> None:
        """Release the execution weight."""
        taken, self._executing = self._executing, None
        if taken is not None:
            taken[0].release(*self._key, taken[1])

    def release(self) -> None:
        """Release all weights."""
        self.executed()
        taken, self._held = self._held, None
        if taken is not None:
            taken[0].release(*self._key, taken[1])


class AdmissionControl:
    """Admission of the operations of one process."""

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
        """Wait for admission and return the operation's ticket; None for a light write, which is not counted.

        `left` returns when the client has disconnected, which cancels the wait.

        Raises:
            Overloaded: too many operations wait, this one waited too long, or its client disconnected.
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
        """Count the unread bytes of a response against its token while the context lasts."""
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
        """Wait in the semaphore's queue while the client is connected.

        Raises:
            Overloaded: too many operations wait, this one waited too long, or its client disconnected.
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
        """Raise `Overloaded` if the queue is full."""
        waiting = self._waiting_weights.get(token_id, 0)
        if waiting >= MAX_WAITING_WEIGHT_PER_TOKEN:
            raise self._refuse("too much of the token", "Too many operations of this token are waiting")
        if waiting and self.waiting_weight >= MAX_WAITING_WEIGHT:  # never reject only because of other tokens
            raise self._refuse("too much", "The server is busy: too many operations are waiting")

    def _count_waiting(self, token_id: UUID, count: int, weight: int) -> None:
        self.waiting += count
        self.waiting_weight += weight
        self._waiting_weights.add(token_id, weight)

    def _refuse(self, reason: str, what: str) -> Overloaded:
        self.refused[reason] += 1
        return Overloaded(f"{what}. Nothing was done; try again")


def _end(waiter: "asyncio.Future[None]", reason: Exception) -> None:
    """End a wait with an exception."""
    if not waiter.done():
        waiter.set_exception(reason)


async def _end_when_left(left: Left, waiter: "asyncio.Future[None]") -> None:
    """End a wait once the client has disconnected."""
    await left()
    _end(waiter, ClientHasGone())
