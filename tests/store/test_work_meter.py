"""Work meter: an operation's own CPU time, that of its tasks, and its share of the database's."""

import asyncio
from contextvars import Context
from time import thread_time

import pytest

from okr_api.store.work_meter import SharedClock, WorkMeter, start_measured

WORK_S = 0.02


def compute(seconds: float) -> None:
    """Use this much CPU time."""
    until = thread_time() + seconds
    while thread_time() < until:
        pass


async def others_compute(stop: asyncio.Event) -> None:
    """Use CPU time at each turn, until stopped."""
    while not stop.is_set():
        compute(WORK_S)
        await asyncio.sleep(0)


async def test_the_cpu_time_of_an_operation_is_counted_and_not_that_of_others():
    meter, stop = WorkMeter(), asyncio.Event()
    other = asyncio.create_task(others_compute(stop))

    async def operation() -> str:
        for _ in range(5):
            compute(WORK_S)
            await asyncio.sleep(0)
        return "done"

    assert await meter.measure(operation()) == "done"
    stop.set()
    await other
    assert 5 * WORK_S <= meter.cpu_s < 7 * WORK_S


async def test_tasks_of_an_operation_are_counted_unless_they_have_a_context_of_their_own():
    loop = asyncio.get_running_loop()
    before = loop.get_task_factory()
    loop.set_task_factory(start_measured)
    try:
        meter, shared = WorkMeter(), WorkMeter()

        async def part() -> None:
            await asyncio.sleep(0)
            compute(WORK_S)

        async def operation() -> None:
            await asyncio.gather(part(), part())

        async def for_all() -> None:
            await asyncio.create_task(part(), context=Context())

        await meter.measure(operation())
        await shared.measure(for_all())
    finally:
        loop.set_task_factory(before)
    assert 2 * WORK_S <= meter.cpu_s < 3 * WORK_S
    assert shared.cpu_s < WORK_S / 2


async def test_an_operation_that_fails_or_is_cancelled_is_counted():
    failed, cancelled, begun = WorkMeter(), WorkMeter(), asyncio.Event()

    async def fails() -> None:
        compute(WORK_S)
        raise ValueError("it fails")

    async def waits() -> None:
        compute(WORK_S)
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            compute(WORK_S)

    with pytest.raises(ValueError, match="it fails"):
        await failed.measure(fails())
    task = asyncio.create_task(cancelled.measure(waits()))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert failed.cpu_s >= WORK_S
    assert cancelled.cpu_s >= 2 * WORK_S


def test_statements_that_run_at_once_share_the_time():
    now = 0.0
    clock = SharedClock(lambda: now)
    alone = clock.begin()
    now = 1.0
    beside = clock.begin()
    now = 3.0
    assert clock.end(beside) == 1.0
    now = 4.0
    assert clock.end(alone) == 3.0
    now = 9.0
    assert clock.end(clock.begin()) == 0.0
