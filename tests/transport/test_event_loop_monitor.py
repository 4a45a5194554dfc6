"""Event loop monitor: blocks of the loop are measured and logged."""

import asyncio
import logging
import threading
from time import monotonic, thread_time

import pytest

from okr_api.transport.event_loop_monitor import (
    BLOCK_THRESHOLD_S,
    HEARTBEAT_INTERVAL_S,
    LAG_BUCKET_BOUNDS,
    EventLoopMonitor,
)
from tests.acme import Acme
from tests.loop_blocks import loop_blocks
from tests.serving import serving
from tests.transport.test_metrics import samples


def compute(seconds: float) -> None:
    """Block the event loop for the given CPU time."""
    until = thread_time() + seconds
    while thread_time() < until:
        pass


def observed(monitor: EventLoopMonitor) -> int:
    """Return the number of observed heartbeats."""
    return sum(monitor.wall.counts)


async def beats(monitor: EventLoopMonitor, count: int) -> None:
    """Wait for `count` more heartbeats."""
    until = observed(monitor) + count
    while observed(monitor) < until:  # noqa: ASYNC110  there is no event to wait for
        await asyncio.sleep(HEARTBEAT_INTERVAL_S)


async def test_a_block_is_measured_by_both_clocks_and_its_place_is_logged(caplog: pytest.LogCaptureFixture):
    monitor = EventLoopMonitor()
    async with monitor.running():
        await beats(monitor, 2)
        compute(0.3)
        await beats(monitor, 1)
    assert monitor.cpu.longest_s > 0.25
    assert monitor.wall.longest_s >= monitor.cpu.longest_s
    assert sum(monitor.cpu.counts[LAG_BUCKET_BOUNDS.index(0.25) + 1 :]) == 1
    [warning] = [one.getMessage() for one in caplog.records if one.name.endswith("event_loop_monitor")]
    assert "the event loop was blocked for" in warning
    assert "test_event_loop_monitor.py" in warning
    assert " compute" in warning


async def test_what_only_waits_is_no_computing():
    monitor = EventLoopMonitor()
    async with monitor.running():
        await beats(monitor, 2)
        threading.Event().wait(0.2)
        await beats(monitor, 1)
    assert monitor.wall.longest_s > 0.15
    assert monitor.cpu.longest_s < BLOCK_THRESHOLD_S


async def test_warnings_do_not_follow_closely(caplog: pytest.LogCaptureFixture):
    monitor = EventLoopMonitor()
    caplog.set_level(logging.WARNING)
    async with monitor.running():
        for _ in range(3):
            await beats(monitor, 1)
            compute(0.12)
        await beats(monitor, 1)
    assert len([one for one in caplog.records if one.name.endswith("event_loop_monitor")]) == 1
    assert monitor._silent == 2


async def test_an_idle_loop_is_hardly_used():
    """A heartbeat is 50 timers a second and uses little CPU time."""
    monitor = EventLoopMonitor()
    async with monitor.running():
        await beats(monitor, 2)
        begun, cpu = monotonic(), thread_time()
        await asyncio.sleep(1)
        used = (thread_time() - cpu) / (monotonic() - begun)
    assert used < 0.03


async def test_prometheus_is_told(acme: Acme, acme_url: str):
    async with serving(acme_url, metrics=True) as running:
        await samples(running)
        compute(0.2)
        await asyncio.sleep(HEARTBEAT_INTERVAL_S)
        found = await samples(running)
    count = found["okr_event_loop_blocked_seconds_count", "cpu"]
    assert found["okr_event_loop_blocked_seconds_bucket", "cpu", "0.1"] < count
    assert found["okr_event_loop_blocked_seconds_bucket", "cpu", "+Inf"] == count
    assert found["okr_event_loop_longest_block_seconds", "cpu"] > 0.15


async def test_blocks_of_servers_are_seen_by_tests_and_their_own_are_not():
    async def block_for_a_server() -> None:
        compute(0.08)

    asyncio.get_running_loop().call_soon(compute, 0.06)
    with loop_blocks() as blocks:
        await asyncio.sleep(0)
        await asyncio.create_task(block_for_a_server())  # a task of this test file, which is not counted
        compute(0.1)
        await asyncio.sleep(0)
    assert 0.05 < blocks.longest.seconds < 0.079, blocks.found
