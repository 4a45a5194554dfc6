"""Measure an operation's work, by a context variable: CPU time, its share of SQL time, time under lock."""

import asyncio
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from time import perf_counter, thread_time
from types import coroutine
from typing import Any, TypeVar

from okr_api.okr.errors import Refused

FREE_LOCK_S = 0.02
T = TypeVar("T")


class WorkMeter:
    """Work done so far for one operation, in seconds.

    If the operation `is_measured`, a rejected read ends all its reading: neither other root fields nor
    graphql-core, which completes the response, repeat a read that took too long.
    """

    __slots__ = ("cpu_s", "is_measured", "refusal", "statements_s")

    def __init__(self) -> None:
        self.cpu_s = 0.0
        self.statements_s = 0.0
        self.is_measured = False
        self.refusal: Refused | None = None

    @property
    def total_s(self) -> float:
        """Return the sum of the CPU time and the statements' time."""
        return self.cpu_s + self.statements_s

    def end_with(self, refusal: Refused) -> Refused:
        """Store why reading has ended, if the operation is measured; return it to be raised."""
        if self.is_measured:
            self.refusal = refusal
        return refusal

    async def measure(self, operation: Coroutine[Any, Any, T]) -> T:
        """Run the operation; count the CPU time of its steps and of the tasks that it starts."""
        before, self.is_measured = CURRENT.set(self), True
        try:
            return await measured(self, operation)
        finally:
            CURRENT.reset(before)

    def follow(self, operation: Coroutine[Any, Any, T]) -> Coroutine[Any, Any, T]:
        """Return the operation with only its statements counted: it takes little CPU time."""
        self.is_measured = True
        return operation

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Count the time for which an organisation is locked, except CPU time, which is counted already.

        A commit waits for the disk, which is no work: the first `FREE_LOCK_S` are not counted.
        """
        begun, cpu_s = perf_counter(), self.cpu_s
        try:
            yield
        finally:
            waited_s = perf_counter() - begun - (self.cpu_s - cpu_s)
            self.statements_s += max(waited_s - FREE_LOCK_S, 0.0)


CURRENT: ContextVar[WorkMeter | None] = ContextVar("work_meter", default=None)


def locked_time() -> AbstractContextManager[None]:
    """Count the time for which an organisation is locked as work of the measured operation, if any."""
    meter = CURRENT.get()
    return nullcontext() if meter is None else meter.locked()


@coroutine
def measured(meter: WorkMeter, operation: Coroutine[Any, Any, T]) -> Generator[Any, Any, T]:
    """Run the operation and return its result; add the CPU time between its suspensions to a meter."""
    value: Any = None
    fault: BaseException | None = None
    while True:
        begun = thread_time()
        try:
            awaited = operation.send(value) if fault is None else operation.throw(fault)
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            meter.cpu_s += thread_time() - begun
        value = fault = None
        try:
            value = yield awaited
        except GeneratorExit:
            operation.close()
            raise
        except BaseException as thrown:  # noqa: BLE001  every exception belongs to the operation
            fault = thrown


async def _measured_steps(meter: WorkMeter, operation: Coroutine[Any, Any, T]) -> T:
    return await measured(meter, operation)


def start_measured(loop: asyncio.AbstractEventLoop, operation: Any, **options: Any) -> asyncio.Task[Any]:
    """Create a task; if a measured operation starts it, it is measured too, unless it has its own context."""
    meter = CURRENT.get()
    if meter is None or options.get("context") is not None:
        return asyncio.Task(operation, loop=loop, **options)
    started = asyncio.Task(_measured_steps(meter, operation), loop=loop, **options)
    started.add_done_callback(lambda _: operation.close())  # a task cancelled at once has not begun it
    return started


class SharedClock:
    """Clock that divides elapsed time by the number of running statements: each is charged its share."""

    __slots__ = ("_at", "_elapsed_s", "_now", "running")

    def __init__(self, now: Callable[[], float] = perf_counter) -> None:
        self._now = now
        self._at = now()
        self._elapsed_s = 0.0
        self.running = 0

    def begin(self) -> float:
        """Count a statement as running; return the mark to end it with."""
        self._advance()
        self.running += 1
        return self._elapsed_s

    def end(self, mark: float) -> float:
        """Count a statement as ended; return its share of the time since the mark, in seconds."""
        self._advance()
        self.running -= 1
        return self._elapsed_s - mark

    def _advance(self) -> None:
        now = self._now()
        if self.running:
            self._elapsed_s += (now - self._at) / self.running
        self._at = now
