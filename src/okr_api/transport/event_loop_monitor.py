"""Event loop monitor: measure how long the loop is blocked, in histograms; log the stack that blocks it."""

import asyncio
import logging
import sys
import threading
from bisect import bisect_left
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic, thread_time
from types import FrameType

HEARTBEAT_INTERVAL_S = 0.02
SAMPLING_INTERVAL_S = 0.05
BLOCK_THRESHOLD_S = 0.05
UNUSED_BLOCK_THRESHOLD_S = 0.5  # if the loop used no CPU, the machine may be busy
MAX_BLOCK_WINDOW_S = 60.0
MIN_BLOCK_WARNING_INTERVAL_S = 10.0
MAX_BLOCK_STACK_FRAMES = 12
LAG_BUCKET_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

log = logging.getLogger(__name__)


class LagHistogram:
    """Histogram of lags, with their sum and the longest lag of the last one to two windows."""

    def __init__(self) -> None:
        self.counts = [0] * (len(LAG_BUCKET_BOUNDS) + 1)
        self.sum_s = 0.0
        self._longest = self._longest_before = 0.0

    def observe(self, lag_s: float) -> None:
        """Add a lag, in seconds."""
        self.counts[bisect_left(LAG_BUCKET_BOUNDS, lag_s)] += 1
        self.sum_s += lag_s
        self._longest = max(self._longest, lag_s)

    def turn_window(self) -> None:
        """Start a new window and forget the one before the last."""
        self._longest_before, self._longest = self._longest, 0.0

    @property
    def longest_s(self) -> float:
        """Return the longest lag of this window and the one before."""
        return max(self._longest, self._longest_before)

    def buckets(self) -> list[tuple[str, float]]:
        """Return the cumulative counts by upper bound, as Prometheus expects them."""
        total, found = 0, list[tuple[str, float]]()
        for bound, count in zip([*map(str, LAG_BUCKET_BOUNDS), "+Inf"], self.counts, strict=True):
            total += count
            found.append((bound, float(total)))
        return found


class EventLoopMonitor:
    """Heartbeat on the event loop every 20 ms, with a measurement of how late each beat is.

    A block that begins between two beats is measured up to 20 ms too short. `wall` counts whole lags, `cpu`
    the part of each in which the loop's thread used the CPU; in the rest it waited, or other processes had
    the CPU. While a beat is late, a thread samples the loop's stack.
    """

    def __init__(self) -> None:
        self.wall, self.cpu = LagHistogram(), LagHistogram()
        self.stack: str | None = None
        self._due = self._cpu_before = self._window_ends = self._warned = 0.0
        self._silent = 0
        self._timer: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Monitor the running loop for as long as the context lasts."""
        self._loop = asyncio.get_running_loop()
        self._cpu_before = thread_time()
        self._window_ends = monotonic() + MAX_BLOCK_WINDOW_S
        self._start_timer()
        stopped = threading.Event()
        arguments = (threading.get_ident(), stopped)
        sampler = threading.Thread(target=self._watch, args=arguments, name="loop-sampler", daemon=True)
        sampler.start()
        try:
            yield
        finally:
            stopped.set()
            if self._timer is not None:
                self._timer.cancel()
            sampler.join()

    def _start_timer(self) -> None:
        self._due = monotonic() + HEARTBEAT_INTERVAL_S
        self._timer = self._loop.call_later(HEARTBEAT_INTERVAL_S, self._beat)

    def _beat(self) -> None:
        now, cpu = monotonic(), thread_time()
        lag_s = max(now - self._due, 0.0)
        cpu_s = min(lag_s, cpu - self._cpu_before)
        self._cpu_before = cpu
        self.wall.observe(lag_s)
        self.cpu.observe(cpu_s)
        if lag_s > BLOCK_THRESHOLD_S:
            if cpu_s > BLOCK_THRESHOLD_S or lag_s > UNUSED_BLOCK_THRESHOLD_S:
                self._warn(now, lag_s, cpu_s)
            self.stack = None
        if now > self._window_ends:
            self._window_ends = now + MAX_BLOCK_WINDOW_S
            self.wall.turn_window()
            self.cpu.turn_window()
        self._start_timer()

    def _warn(self, now: float, lag_s: float, cpu_s: float) -> None:
        """Log a block; within `MIN_BLOCK_WARNING_INTERVAL_S` after a warning only count it."""
        if now - self._warned < MIN_BLOCK_WARNING_INTERVAL_S and self._warned:
            self._silent += 1
            return
        others = f" ({self._silent} more since the last warning)" if self._silent else ""
        message = "the event loop was blocked for %.0f ms, %.0f ms of them computing%s%s"
        log.warning(message, lag_s * 1e3, cpu_s * 1e3, others, self.stack or "")
        self._warned, self._silent = now, 0

    def _watch(self, loop_thread: int, stopped: threading.Event) -> None:
        """Sample the loop's stack once for each late beat; runs in a separate thread."""
        sampled = 0.0
        while not stopped.wait(SAMPLING_INTERVAL_S):
            due = self._due
            if due == sampled or monotonic() - due < BLOCK_THRESHOLD_S:
                continue
            # No variable for the frame: it would keep what the frames refer to alive until the next sample.
            stack = _described(sys._current_frames().get(loop_thread))  # noqa: SLF001  there is no public API
            if self._due == due:
                sampled, self.stack = due, stack


def _described(frame: FrameType | None) -> str:
    """Return the innermost functions of a stack with line numbers, one per line, innermost first."""
    found = list[str]()
    while frame is not None and len(found) < MAX_BLOCK_STACK_FRAMES:
        code = frame.f_code
        place = "/".join(code.co_filename.split("/")[-3:])
        found.append(f"\n  {place}:{frame.f_lineno} {code.co_qualname}")
        frame = frame.f_back
    return "".join(found)
