"""State of a running operation (results, cost, ticket …) and its deadline: error, Strawberry extension."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from graphql import GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.types.graphql import OperationType

from okr_api.auth.admission_control import AdmissionRejected, Left, Ticket
from okr_api.graphql.error_codes import ErrorCode
from okr_api.services.background_mutations import StillUnderWay
from okr_api.store.work_meter import WorkMeter

OPERATION_LIMIT_S = 30


class OutOfTime(GraphQLError):
    """The operation timed out.

    In its extensions, `applied` has the `seq` of each mutation that was committed, by response key, and
    `pending` the response keys of mutations that are still running.
    """

    def __init__(self, done: dict[str, Any]) -> None:
        applied = {key: outcome.seq for key, outcome in done.items() if getattr(outcome, "applied", False)}
        message = f"Not answered within {OPERATION_LIMIT_S} seconds. Ask for less"
        extensions: dict[str, Any] = {"code": ErrorCode.OUT_OF_TIME}
        if applied:
            message += ". The mutations under `applied` were done, each at its `seq`: do not send them again"
            extensions["applied"] = applied
        pending = [key for key, outcome in done.items() if isinstance(outcome, StillUnderWay)]
        if pending:
            message += ". The mutations under `pending` are still running"
            extensions["pending"] = pending
        if any(isinstance(outcome, Exception) for outcome in done.values()):
            message += ". Send a mutation again with the same idempotencyKey to learn whether it was done"
        super().__init__(message, extensions=extensions)


@dataclass(slots=True)
class OperationState:
    """State of one operation, shared by the compiled executor and the graphql-core fallback.

    - `done`: results or exceptions of its mutations by response key; `cost`: its requested cost. Both are
      kept so that a fallback to graphql-core repeats neither.
    - `ends_at`: its deadline on the event loop's clock, 0 before it begins; `is_over`: it has timed out.
    - `fell_back`: the compiled plan failed; graphql-core is slower and may read fewer rows.
    - `work`: measured work; `charged`: cost charged so far; `writes`: it is a mutation, which is charged its
      requested cost at least; `prepared_for`: cost charged for preparing it.
    - `answered_bytes`: upper bound for the bytes of its mutations' payloads.
    - `resume_after`: position after which a resumed subscription continues; `position`: `seq` of its current
      event.
    - `ticket`: its admission, or `refusal`: why it was rejected. With `is_held`, the transport releases the
      ticket once the response has been read. `left` returns when the client has disconnected.
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
        """Start the time limit now; return the deadline on the event loop's clock."""
        self.ends_at = asyncio.get_running_loop().time() + OPERATION_LIMIT_S
        return self.ends_at

    def executed(self) -> None:
        """End execution; release the ticket unless the transport holds it until the response is read."""
        if self.ticket is not None:
            self.ticket.executed()
            if not self.is_held:
                self.release()

    def release(self) -> None:
        """Release the admission ticket; further calls do nothing."""
        if self.ticket is not None:
            self.ticket.release()
            self.ticket = None

    def in_time(self) -> "TimeLimit":
        """Return a context manager that cancels its body at the deadline.

        Raises:
            OutOfTime: on exit, when the deadline has passed; on entry, if it had passed before.
        """
        return TimeLimit(self)


class TimeLimit:
    """Context manager that cancels its body at the operation's deadline.

    It does what `asyncio.timeout_at` does, without a coroutine at each end: for a small query that would be
    a twentieth of its CPU time.
    """

    __slots__ = ("_cancelling", "_has_expired", "_operation_state", "_task", "_timer")

    def __init__(self, operation_state: OperationState) -> None:
        self._operation_state = operation_state
        self._has_expired = False

    def __enter__(self) -> None:
        state = self._operation_state
        if state.is_over:
            raise OutOfTime(state.done)
        task = asyncio.current_task()
        assert task is not None
        self._task, self._cancelling = task, task.cancelling()
        self._timer = asyncio.get_running_loop().call_at(state.ends_at or state.begin(), self._expire)

    def _expire(self) -> None:
        self._has_expired = True
        self._task.cancel()

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if not self._has_expired:
            return
        is_own = self._task.uncancel() <= self._cancelling
        if is_own and kind is asyncio.CancelledError:
            self._operation_state.is_over = True
            raise OutOfTime(self._operation_state.done) from None


class DeadlineExtension(SchemaExtension):
    """Strawberry extension that applies the deadline to queries and mutations; subscriptions have none."""

    async def on_execute(self) -> AsyncIterator[None]:
        """Run the execution within the time limit."""
        if self.execution_context.operation_type is OperationType.SUBSCRIPTION:
            yield
            return
        with self.execution_context.context.operation_state.in_time():
            yield
