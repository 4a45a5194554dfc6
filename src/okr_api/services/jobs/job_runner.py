"""Job runner: run background jobs at their intervals, each in one process at a time.

A process runs one job at a time, beside it one of those that are prompt, and those that are continuous, each
with two connections of their pool. When a job was last done is in the database, so that several processes
together keep to its interval, and one that was missed is made up for.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from time import perf_counter

from okr_api.store.database import Database
from okr_api.store.job_locks import HeldJob, job_lock

JOB_START_DELAY_S = 30.0  # and up to as much again
JOB_TIMEOUT_S = 900.0
MIN_JOB_RETRY_S = 60.0  # doubled with each failure in a row, up to the interval
JOB_RECHECK_S = 300.0  # while another process holds the lock
JITTER_SHARE = 0.1  # of the interval, at most, so that processes do not come all at once

NEVER_DUE = datetime.max.replace(tzinfo=UTC)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """Outcome of one run: the number of rows deleted or faults found, and where the next one continues.

    `failures` are parts that could not be done, such as those of one organisation.
    """

    items: int
    position: str | None = None
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Job:
    """Background job. `run` gets the database and the position of the run before; `name` is also its lock.

    A job that `is_prompt` does not wait for others that are not. One that `is_continuous` waits for none, and
    begins at once; most of the time it is running.
    """

    name: str
    interval_s: float
    run: Callable[[Database, str | None], Awaitable[JobOutcome]]
    is_prompt: bool = False
    is_continuous: bool = False


class SystemClock:
    """Clock of this machine."""

    def now(self) -> datetime:
        """Return the present instant."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait so many seconds."""
        await asyncio.sleep(seconds)


@dataclass(slots=True)
class JobState:
    """State of a job in this process, with what `/metrics` shows of it."""

    job: Job
    due_at: datetime = NEVER_DUE
    runs: int = 0
    failures: int = 0
    failures_in_a_row: int = 0
    items: int = 0
    seconds: float = 0.0
    last_success: datetime | None = None


@dataclass(slots=True)
class JobRunner:
    """Runner of the background jobs of one process."""

    jobs: Sequence[Job]
    clock: SystemClock = field(default_factory=SystemClock)
    random: Random = field(default_factory=Random)
    states: list[JobState] = field(init=False)

    def __post_init__(self) -> None:
        self.states = [JobState(job) for job in self.jobs]

    @asynccontextmanager
    async def running(self, database: Database) -> AsyncIterator["JobRunner"]:
        """Run the jobs for as long as the context lasts; one that is running at its end is cancelled."""
        shared = [each for each in self.states if not each.job.is_continuous]
        lanes = [[each for each in shared if each.job.is_prompt is prompt] for prompt in (False, True)]
        lanes += [[each] for each in self.states if each.job.is_continuous]
        tasks = [asyncio.create_task(self._run(database, lane)) for lane in lanes]
        try:
            yield self
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, database: Database, states: Sequence[JobState]) -> None:
        """Run whichever of these jobs is due next, for ever."""
        for state in states:
            delay_s = 0.0 if state.job.is_continuous else JOB_START_DELAY_S
            self._postpone(state, delay_s, jitter_s=delay_s)
        while states:
            state = min(states, key=lambda each: each.due_at)
            await self.clock.sleep(max((state.due_at - self.clock.now()).total_seconds(), 0.0))
            await self._attempt(database, state)

    async def _attempt(self, database: Database, state: JobState) -> None:
        """Run a job unless another process runs it or has just done so; a failure is logged and counted."""
        job = state.job
        try:
            async with asyncio.timeout(JOB_TIMEOUT_S) as deadline:
                now = asyncio.get_running_loop().time
                async with job_lock(database, job.name, on_lost=lambda: deadline.reschedule(now())) as held:
                    if held is None:
                        self._postpone(state, min(JOB_RECHECK_S, job.interval_s))
                    elif (rest_s := self._seconds_until_due(job, held)) > 0:
                        self._postpone(state, rest_s)
                    else:
                        await self._perform(database, state, held)
        except Exception:
            state.failures += 1
            state.failures_in_a_row += 1
            retry_s = min(MIN_JOB_RETRY_S * 2 ** (state.failures_in_a_row - 1), job.interval_s)
            self._postpone(state, retry_s)
            log.exception("The job %s failed; it is tried again in %.0f seconds", job.name, retry_s)

    async def _perform(self, database: Database, state: JobState, held: HeldJob) -> None:
        state.runs += 1
        began = perf_counter()
        try:
            outcome = await state.job.run(database, held.position)
        finally:
            state.seconds += perf_counter() - began
        at = self.clock.now()
        await held.finish(at, outcome.position)
        state.items += outcome.items
        state.failures += outcome.failures
        state.last_success, state.failures_in_a_row = at, 0
        self._postpone(state, state.job.interval_s)
        log.debug("The job %s is done: %d", state.job.name, outcome.items)

    def _seconds_until_due(self, job: Job, held: HeldJob) -> float:
        """Return the rest of the interval since the last success; 0 if that was recorded ahead of now."""
        if held.finished_at is None:
            return 0.0
        passed_s = (self.clock.now() - held.finished_at).total_seconds()
        return job.interval_s - passed_s if passed_s >= 0 else 0.0

    def _postpone(self, state: JobState, seconds: float, *, jitter_s: float | None = None) -> None:
        """Set when to try the job next: after so many seconds and a random part of the jitter."""
        most_s = state.job.interval_s * JITTER_SHARE if jitter_s is None else jitter_s
        state.due_at = self.clock.now() + timedelta(seconds=seconds + self.random.uniform(0.0, most_s))
