"""Queued check-ins: a caller's mutation in a group, the results of a group, and when callers get them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from okr_api.auth.actor import Actor
from okr_api.okr.change import Change
from okr_api.pubsub.current_request import PendingRequest, current_request
from okr_api.store.work_meter import CURRENT, WorkMeter

from .cancellation import ended
from .check_in_lookup import CheckInRequest
from .mutation_runner import IdempotencyKey, MutationResult

MAX_RESULT_HOLD_S = 0.01  # by then the next group is being applied, unless another process has the lock


@dataclass(slots=True, eq=False)
class QueuedCheckIns:
    """Queued mutation of one caller; once it has begun, it is applied or rejected, and not cancelled."""

    actor: Actor
    items: Sequence[CheckInRequest]
    atomic: bool
    once: IdempotencyKey | None
    answer: asyncio.Future[MutationResult]
    by: PendingRequest | None = field(default_factory=current_request)
    meter: WorkMeter | None = field(default_factory=CURRENT.get)
    has_begun: bool = False

    @property
    def key(self) -> tuple[str, str] | None:
        """Return the owner and the idempotency key, or None without a key."""
        return (self.actor.owner, self.once.key) if self.once else None

    async def outcome(self) -> MutationResult:
        """Wait for the result; if cancelled before the mutation has begun, withdraw it from the queue."""
        try:
            return await asyncio.shield(self.answer)
        except asyncio.CancelledError:
            if not self.has_begun:
                self.answer.cancel()
            return await ended(self.answer)


@dataclass
class Attempt:
    """Results of one transaction for its callers, and the last change that it was to commit."""

    outcomes: list[tuple[QueuedCheckIns, MutationResult]] = field(default_factory=list)
    change: Change | None = None

    def deliver(self) -> None:
        """Set the result of each caller that has none."""
        for caller, outcome in self.outcomes:
            if not caller.answer.done():
                caller.answer.set_result(outcome)


class HeldResults:
    """Committed results of a group, held until the next group is about to be saved.

    The responses are then built while PostgreSQL saves, when this process has nothing else to do.
    """

    def __init__(self) -> None:
        self._attempt: Attempt | None = None
        self._timer: asyncio.TimerHandle | None = None

    def hold(self, attempt: Attempt) -> None:
        """Hold results until `release`, at most `MAX_RESULT_HOLD_S`."""
        self.release()
        self._attempt = attempt
        self._timer = asyncio.get_running_loop().call_later(MAX_RESULT_HOLD_S, self.release)

    def release(self) -> None:
        """Deliver what is held, if anything is."""
        attempt, self._attempt = self._attempt, None
        if attempt is not None and self._timer is not None:
            self._timer.cancel()
            attempt.deliver()
