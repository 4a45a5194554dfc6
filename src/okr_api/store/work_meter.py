"""Measure the work of an operation: CPU time in this process, and the time that its SQL statements took."""

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
    """The work that was done for one operation so far, in seconds.

    While the operation is `measured`, the refusal of a read ends all further reading: neither its other root
    fields nor graphql-core, which completes the answer, read again what took too long.
    """

    __slots__ = ("cpu_s", "is_measured", "refusal", "statements_s")

    def __init__(self) -> None:
        self.cpu_s = 0.0
        self.statements_s = 0.0
        self.is_measured = False
        self.refusal: Refused | None = None

    @property
    def total_s(self) -> float:
        """Return the CPU time and that of the statements together."""
        return self.cpu_s + self.statements_s

    def end_with(self, refusal: Refused) -> Refused:
        """Remember why reading has ended, where an operation is measured; return it to be raised."""
        if self.is_measured:
            self.refusal = refusal
        return refusal

    async def measure(self, operation: Coroutine[Any, Any, T]) -> T:
        """Return what the operation returns; count the CPU time of its steps, and of tasks that it starts."""
        before, self.is_measured = CURRENT.set(self), True
        try:
            return await measured(self, operation)
        finally:
            CURRENT.reset(before)

    def follow(self, operation: Coroutine[Any, Any, T]) -> Coroutine[Any, Any, T]:
        """Return the operation; its statements are counted, and not the little CPU time that it takes."""
        self.is_measured = True
        return operation

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Count the time for which an organisation is locked, but CPU time that is counted already.

        A commit waits for a disk, which is nobody's work: the first `FREE_LOCK_S` are not counted.
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
    """Return what the operation returns; add the CPU time between any two of its pauses to a meter."""
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
        except BaseException as thrown:  # noqa: BLE001  whatever it is, it is the operation's
            fault = thrown


async def _measured_steps(meter: WorkMeter, operation: Coroutine[Any, Any, T]) -> T:
    return await measured(meter, operation)


def start_measured(loop: asyncio.AbstractEventLoop, operation: Any, **options: Any) -> asyncio.Task[Any]:
    """Make a task; one that a measured operation starts is measured too, unless it has its own context."""
    meter = CURRENT.get()
    if meter is None or options.get("context") is not None:
        return asyncio.Task(operation, loop=loop, **options)
    started = asyncio.Task(_measured_steps(meter, operation), loop=loop, **options)
    started.add_done_callback(lambda _: operation.close())  # one that was cancelled at once has not begun it
    return started


class SharedClock:
    """A clock that goes the slower the more statements run at once: each takes its share of the time."""

    __slots__ = ("_at", "_elapsed_s", "_now", "running")

    def __init__(self, now: Callable[[], float] = perf_counter) -> None:
        self._now = now
        self._at = now()
        self._elapsed_s = 0.0
        self.running = 0

    def begin(self) -> float:
        """Count a statement as running; return the mark to end it with."""
        now = self._now()
        if self.running:
            self._elapsed_s += (now - self._at) / self.running
        self._at = now
        self.running += 1
        return self._elapsed_s

    def end(self, mark: float) -> float:
        """Count a statement as ended; return its share of the time since the mark, in seconds."""
        now = self._now()
        self._elapsed_s += (now - self._at) / self.running
        self._at = now
        self.running -= 1
        return self._elapsed_s - mark
