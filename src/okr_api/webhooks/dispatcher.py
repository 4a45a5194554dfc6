"""Dispatcher: a background job that gives webhooks with something to deliver their turns, many at a time.

One process at a time has the job. A turn is a task of its own, so a slow receiver delays no other one.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from time import monotonic
from uuid import UUID

from httpcore2 import default_ssl_context

from okr_api.graphql.app_services import AppServices
from okr_api.graphql.schema import schema
from okr_api.graphql.webhook_payloads import PayloadCompiler
from okr_api.services.jobs.job_runner import Job, JobOutcome, SystemClock
from okr_api.store import webhook_statements as stored
from okr_api.store.database import Database

from .delivery import Delivery
from .guarded_backend import Resolver, resolve
from .http_sender import HttpSender

WEBHOOK_POLL_INTERVAL_S = 0.25
WEBHOOK_JOB_INTERVAL_S = 1.0  # between two runs, of one process or several
WEBHOOK_RUN_S = 300.0  # of one run; then any process takes the next one
MAX_TURNS = 64  # at a time
MAX_TURNS_PER_ORGANIZATION = 8
RUN_GRACE_S = 1.0  # for what is under way at its end; what is cancelled then is sent again
FAULT_WAIT_S = 10.0  # before the next turn of a webhook whose turn ended by a fault of ours

log = logging.getLogger(__name__)


@dataclass(slots=True)
class WebhookDispatcher:
    """Job that delivers webhooks, while `running`."""

    resolver: Resolver = resolve
    clock: SystemClock = field(default_factory=SystemClock)
    random: Random = field(default_factory=Random)
    app_services: AppServices | None = field(default=None, init=False)
    turns: dict[UUID, tuple[UUID, asyncio.Task[int]]] = field(default_factory=dict, init=False)
    postponed: dict[UUID, datetime] = field(default_factory=dict, init=False)

    def job(self) -> Job:
        """Return the job."""
        return Job("webhooks", WEBHOOK_JOB_INTERVAL_S, self.run, is_continuous=True)

    @asynccontextmanager
    async def running(self, app_services: AppServices) -> AsyncIterator["WebhookDispatcher"]:
        """Let the job deliver, for as long as the context lasts."""
        self.app_services = app_services
        try:
            yield self
        finally:
            self.app_services = None

    async def run(self, database: Database, position: str | None = None) -> JobOutcome:
        """Deliver for `WEBHOOK_RUN_S`; the outcome counts what receivers accepted, and failed turns."""
        del position
        assert self.app_services is not None
        policy = self.app_services.webhook_addresses
        # Reading the certificates takes long.
        tls = await asyncio.get_running_loop().run_in_executor(None, default_ssl_context)
        async with HttpSender.open(policy, resolver=self.resolver, tls=tls) as sender:
            payloads = PayloadCompiler(schema)
            delivery = Delivery(self.app_services, payloads, sender, self.clock, self.random)
            return await self._deliver(database, delivery)

    async def _deliver(self, database: Database, delivery: Delivery) -> JobOutcome:
        accepted = failures = 0
        ends = monotonic() + WEBHOOK_RUN_S
        try:
            while monotonic() < ends:
                await self._begin_turns(database, delivery, ends)
                await self.clock.sleep(WEBHOOK_POLL_INTERVAL_S)
                for count in self._ended():
                    accepted += count or 0
                    failures += count is None
            if self.turns:
                await asyncio.wait([turn for _, turn in self.turns.values()], timeout=RUN_GRACE_S)
        finally:
            await self._cancel()
        return JobOutcome(accepted, failures=failures)

    async def _begin_turns(self, database: Database, delivery: Delivery, ends: float) -> None:
        """Begin the turns of webhooks that have something to deliver, as far as there is room."""
        room, now = MAX_TURNS - len(self.turns), self.clock.now()
        if room <= 0:
            return
        self.postponed = {id: until for id, until in self.postponed.items() if until > now}
        busy = Counter(organization_id for organization_id, _ in self.turns.values())
        full = [id for id, count in busy.items() if count >= MAX_TURNS_PER_ORGANIZATION]
        async with database.for_jobs() as connection:
            due = await connection.fetch(stored.DUE, now, [*self.turns, *self.postponed], full, room)
        for row in due:
            organization_id, id = row["organization_id"], row["id"]
            if busy[organization_id] < MAX_TURNS_PER_ORGANIZATION:
                busy[organization_id] += 1
                turn = asyncio.create_task(delivery.take_turn(organization_id, id, ends))
                self.turns[id] = organization_id, turn

    def _ended(self) -> list[int | None]:
        """Forget the turns that have ended; return what each delivered, None for one that failed."""
        ended: list[int | None] = []
        for id, (organization_id, turn) in list(self.turns.items()):
            if not turn.done():
                continue
            del self.turns[id]
            fault = turn.exception()
            if fault is None:
                ended.append(turn.result())
                continue
            ended.append(None)
            self.postponed[id] = self.clock.now() + timedelta(seconds=FAULT_WAIT_S)
            what = "The turn of webhook %s of organisation %s failed; it has another one in %.0f seconds"
            log.error(what, id, organization_id, FAULT_WAIT_S, exc_info=fault)
        return ended

    async def _cancel(self) -> None:
        """End all turns; what was sent and not recorded is sent again."""
        tasks = [turn for _, turn in self.turns.values()]
        self.turns.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
