"""The deadline of an operation: how long it may take, and what it is known to have done by then."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from graphql import GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.types.graphql import OperationType

from okr_api.auth.admission_control import AdmissionRejected, Left, Ticket
from okr_api.services.background_mutations import StillUnderWay
from okr_api.store.work_meter import WorkMeter

OPERATION_LIMIT_S = 30


class OutOfTime(GraphQLError):
    """The operation has had its time; `applied` tells the `seq` of each mutation that was done.

    `pending` names those that are still under way.
    """

    def __init__(self, done: dict[str, Any]) -> None:
        applied = {key: outcome.seq for key, outcome in done.items() if getattr(outcome, "applied", False)}
        message = f"Not answered within {OPERATION_LIMIT_S} seconds. Ask for less"
        extensions: dict[str, Any] = {"code": "OUT_OF_TIME"}
        if applied:
            message += ". The mutations under `applied` were done, each at its `seq`: do not send them again"
            extensions["applied"] = applied
        pending = [key for key, outcome in done.items() if isinstance(outcome, StillUnderWay)]
        if pending:
            message += ". The mutations under `pending` go on"
            extensions["pending"] = pending
        if any(isinstance(outcome, Exception) for outcome in done.values()):
            message += ". Send a mutation again with the same idempotencyKey to learn whether it was done"
        super().__init__(message, extensions=extensions)


@dataclass(slots=True)
class OperationState:
    """How far an operation has come, whoever answers it in the end.

    `done` is what its mutations have come to, by response key, and `cost` what it was charged: neither is
    done again when graphql-core has to complete the answer. Once it has begun, it has until
    `ends_at`, on the loop's clock.
    With `fell_back`, its plan met a fault, and graphql-core, which is slower, may read less.
    Its `work` is measured; it has been `charged` for what is known of that, at least what it `writes` costs.
    Its mutations have been answered with `answered_bytes`, at most.
    A subscription that is resumed goes on after `resume_after`; `position` is the `seq` of its present event.
    `prepared_for` is what has been charged for preparing it. `ticket` is its admission, or `refusal` why it
    has none; a transport that holds it releases it when the answer has been read. `left` returns when the
    client has gone.
    """

    done: dict[str, Any] = field(default_factory=dict)
    cost: int | None = None
    prepared_for: int = 0
    resume_after: int | None = None
    position: int = 0
    ends_at: float = 0.0
    is_over: bool = False
    inputs_are_charged: bool = False
    fell_back: bool = False
    answered_bytes: int = 0
    ticket: Ticket | None = None
    refusal: AdmissionRejected | None = None
    left: Left | None = None
    is_held: bool = False
    work: WorkMeter = field(default_factory=WorkMeter)
    charged: float = 0.0
    writes: bool = False

    def begin(self) -> float:
        """Give it its time from now on; return when that ends."""
        self.ends_at = asyncio.get_running_loop().time() + OPERATION_LIMIT_S
        return self.ends_at

    def executed(self) -> None:
        """Let others be executed; give up its place, unless a transport holds it until the answer is read."""
        if self.ticket is not None:
            self.ticket.executed()
            if not self.is_held:
                self.release()

    def release(self) -> None:
        """Give up its place among those under way; again, it does nothing."""
        if self.ticket is not None:
            self.ticket.release()
            self.ticket = None

    def in_time(self) -> "TimeLimit":
        """End what is done within once the operation has had its time.

        Raises:
            OutOfTime: it has; also at once, where it had before.
        """
        return TimeLimit(self)


class TimeLimit:
    """Context in which an operation is ended when it has had its time.

    It does what `asyncio.timeout_at` does, without a coroutine for each end of the context.
    """

    __slots__ = ("_cancelling", "_course", "_is_expired", "_running", "_timer")

    def __init__(self, operation_state: OperationState) -> None:
        self._course = operation_state
        self._is_expired = False

    def __enter__(self) -> None:
        if self._course.is_over:
            raise OutOfTime(self._course.done)
        loop, running = asyncio.get_running_loop(), asyncio.current_task()
        assert running is not None
        self._running, self._cancelling = running, running.cancelling()
        self._timer = loop.call_at(self._course.ends_at or self._course.begin(), self._expire)

    def _expire(self) -> None:
        self._is_expired = True
        self._running.cancel()

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if (
            self._is_expired
            and self._running.uncancel() <= self._cancelling
            and kind is asyncio.CancelledError
        ):
            self._course.is_over = True
            raise OutOfTime(self._course.done) from None


class DeadlineExtension(SchemaExtension):
    """Ends a query or a mutation with its time, over every transport; what is followed has no end."""

    async def on_execute(self) -> AsyncIterator[None]:
        """Around execution."""
        if self.execution_context.operation_type is OperationType.SUBSCRIPTION:
            yield
            return
        with self.execution_context.context.operation_state.in_time():
            yield
