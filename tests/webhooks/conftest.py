"""Fixtures of webhooks: a server whose job delivers to this machine, a receiver, and a job by hand.

With `delivering` a test runs the job itself, with a clock that leaps or a resolver of its own.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import pytest

from okr_api.services.jobs.job_runner import SystemClock
from okr_api.webhooks.dispatcher import WebhookDispatcher
from tests.acme import Acme
from tests.serving import PATIENCE_S, Client, Server, serving
from tests.webhook_receiver import Receiver, receiving

LOOPBACK = (ip_network("127.0.0.0/8"),)
SELECTION = "{ seq kind summary nodeId node { id } actor { name } }"
STATE = (
    "webhook { id position state disabledReason disabledAt failures failingSince nextAttemptAt version "
    "formerSecretUntil attempts { seq outcome statusCode at } }"
)


@pytest.fixture
async def served(acme_url: str) -> AsyncIterator[Server]:
    """Serve Acme; the job delivers, to this machine as well."""
    async with serving(acme_url, webhooks=True, webhook_networks=LOOPBACK) as running:
        yield running


@pytest.fixture
async def quiet(acme_url: str) -> AsyncIterator[Server]:
    """Serve Acme without the job."""
    async with serving(acme_url, webhook_networks=LOOPBACK) as running:
        yield running


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as running:
        yield running


@dataclass
class LeapingClock(SystemClock):
    """A clock that leaps each time that somebody sleeps, so that no test waits for a retry."""

    leap: timedelta = timedelta(hours=2)
    ahead: timedelta = field(default_factory=timedelta)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    async def sleep(self, seconds: float) -> None:
        await super().sleep(min(seconds, 0.01))
        self.ahead += self.leap


@asynccontextmanager
async def delivering(server: Server, **more: Any) -> AsyncIterator[WebhookDispatcher]:
    """Run the job for as long as the context lasts."""
    assert server.app_services
    dispatcher = WebhookDispatcher(**more)
    async with dispatcher.running(server.app_services):
        running = asyncio.create_task(dispatcher.run(server.app_services.database))
        try:
            yield dispatcher
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running


async def create(client: Client, receiver: Receiver, **more: Any) -> dict[str, Any]:
    """Create a webhook of a receiver; return it with its secret."""
    given = {"url": receiver.url, "selection": SELECTION, **more}
    made = await client.do("webhookCreate", f"secret {STATE}", **given)
    return {**made["webhook"], "secret": made["secret"]}


async def check_in(client: Client, *values: float) -> list[int]:
    """Record check-ins; return their positions."""
    return [
        (await client.do("checkInRecord", keyResult={"externalId": "macros"}, value=value))["seq"]
        for value in values
    ]


async def look(client: Client, webhook: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = await client.one(
        f"query ($id: ID!) {{ webhook(id: $id) {STATE.removeprefix('webhook')} }}", id=webhook["id"]
    )
    return found


async def until_stored(acme: Acme, condition: str) -> None:
    """Wait until a webhook is stored for which a condition holds."""
    async with asyncio.timeout(PATIENCE_S):
        while not await acme.fetch(f"select id from webhook where {condition}"):  # noqa: ASYNC110  nothing tells it
            await asyncio.sleep(0)


def in_order(accepted: list[int]) -> list[int]:
    """Return what was accepted with repetitions in a row taken away."""
    return [seq for place, seq in enumerate(accepted) if place == 0 or seq != accepted[place - 1]]
