"""Deliver the changes of one webhook, in order: send each, and store its position after it was accepted.

Nothing is kept in memory between attempts, so whichever process goes on after another one was killed begins
with the change that may not have been accepted: each is delivered at least once.
"""

import logging
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import inf
from random import Random
from time import monotonic, perf_counter
from typing import Any
from uuid import UUID

from okr_api.graphql.app_services import AppServices
from okr_api.graphql.context import Context
from okr_api.graphql.webhook_payloads import PayloadCompiler, SelectionIsInvalid
from okr_api.okr.webhook import (
    AttemptOutcome,
    WebhookDisabledReason,
    has_failed_for_long,
    retry_wait_s,
)
from okr_api.pubsub.change_stream import CursorAhead, CursorExpired
from okr_api.services.jobs.job_runner import SystemClock
from okr_api.services.webhook_disabling import disable_webhook
from okr_api.services.webhook_records import StoredWebhook, load_webhook
from okr_api.services.webhook_signatures import signed_headers
from okr_api.store import webhook_statements as stored
from okr_api.store.database import new_id

from .http_sender import Attempt, HttpSender

MAX_TURN_S = 5.0  # after which it begins no attempt, so that others have their turn
GONE = 410

log = logging.getLogger(__name__)


class WebhookHasChanged(Exception):
    """Raised if a webhook, or its owner's rights, changed while its changes were being delivered."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What delivering takes: the services, payloads, the sender, and a clock and randomness."""

    app_services: AppServices
    payloads: PayloadCompiler
    sender: HttpSender
    clock: SystemClock = field(default_factory=SystemClock)
    random: Random = field(default_factory=Random)

    async def take_turn(self, organization_id: UUID, id: UUID, ends: float = inf) -> int:
        """Deliver what follows a webhook's position, until an attempt fails; return how much was accepted.

        A turn begins no attempt after `MAX_TURN_S`, or when the monotonic clock says `ends`.
        """
        ends, accepted = min(ends, monotonic() + MAX_TURN_S), 0
        while monotonic() < ends:
            webhook = await self.load(organization_id, id)
            if webhook is None or not webhook.is_active or self._waits(webhook):
                break
            turn = Turn(self, webhook, ends)
            try:
                goes_on = await turn.deliver_next()
            except WebhookHasChanged:
                goes_on = True
            except SelectionIsInvalid as reason:
                log.warning("The selection of webhook %s is invalid: %s", id, reason)
                goes_on = await self.disable(turn.webhook, WebhookDisabledReason.SELECTION_IS_INVALID)
            except (CursorExpired, CursorAhead):
                goes_on = await self.disable(turn.webhook, WebhookDisabledReason.POSITION_IS_LOST)
            finally:
                accepted += turn.accepted
            if not goes_on:
                break
        return accepted

    async def load(self, organization_id: UUID, id: UUID) -> StoredWebhook | None:
        """Return a webhook with its owner as they are now."""
        async with self.app_services.database.for_jobs() as connection:
            return await load_webhook(connection, organization_id, id)

    def _waits(self, webhook: StoredWebhook) -> bool:
        at: datetime | None = webhook.row["next_attempt_at"]
        return at is not None and at > self.clock.now()

    async def disable(self, webhook: StoredWebhook, reason: WebhookDisabledReason) -> bool:
        """Disable a webhook; return False, as nothing more is to be delivered."""
        await disable_webhook(self.app_services.database, webhook, reason, self.clock.now())
        log.warning(
            "Webhook %s of organisation %s is disabled: %s", webhook.id, webhook.organization_id, reason
        )
        return False


@dataclass(slots=True)
class Turn:
    """Delivery of the next changes of a webhook, at most a hundred."""

    delivery: Delivery
    webhook: StoredWebhook
    ends: float
    accepted: int = 0

    async def deliver_next(self) -> bool:
        """Deliver the next changes; return whether there may be more to deliver now.

        Raises:
            WebhookHasChanged: the webhook or its owner's rights have changed meanwhile.
            SelectionIsInvalid: the selection does not fit the schema any more.
            CursorExpired: the feed does not keep what follows any more.
            CursorAhead: the feed ends before the position.
        """
        webhook, services = self.webhook, self.delivery.app_services
        if webhook.actor is None:
            return await self._disable(WebhookDisabledReason.OWNER_HAS_LEFT)
        changes = await services.feed.changes(webhook.organization_id, webhook.position)
        if not changes:
            return False
        context = Context(services, None, webhook.actor)
        events = await self.delivery.payloads.events(context, webhook.row["selection"], webhook.row["filter"])
        services.push_rate_limiter.charge_scan(webhook.id, len(changes))
        async with aclosing(events.of(changes, self._check)) as found:
            async for seq, payload in found:
                services.push_rate_limiter.charge({webhook.id: 1}, len(payload))
                if not await self._attempt(seq, payload) or monotonic() > self.ends:
                    return False
        await self._pass(changes)
        return True

    async def _check(self) -> None:
        """Wait for the rate limit; check that the webhook is as it was read, and so are its owner's rights.

        Raises:
            WebhookHasChanged: they are not.
        """
        await self.delivery.app_services.push_rate_limiter.wait((self.webhook.id,))
        now = await self.delivery.load(self.webhook.organization_id, self.webhook.id)
        if not self.webhook.is_as(now):
            raise WebhookHasChanged

    async def _attempt(self, seq: int, payload: bytes) -> bool:
        """Send a payload and record what came of it; return whether it was accepted."""
        at, began = self.delivery.clock.now(), perf_counter()
        headers = signed_headers(self.webhook.id, seq, payload, at=at, secrets=self.webhook.secrets(at))
        attempt = await self.delivery.sender.send(self.webhook.row["url"], headers, payload)
        duration_ms = round((perf_counter() - began) * 1_000)
        what = (new_id(), seq, at, attempt.outcome, attempt.status, duration_ms, len(payload))
        if attempt.outcome is AttemptOutcome.DELIVERED:
            await self._store(stored.SUCCEEDED, *what)
            self._at(position=seq, failures=0, failing_since=None)
            self.accepted += 1
            return True
        await self._fail(attempt, what)
        return False

    async def _fail(self, attempt: Attempt, what: Sequence[Any]) -> None:
        """Record a failure, and when to try again; disable what has failed for long, or is gone."""
        failures, at = self.webhook.row["failures"] + 1, what[2]
        since = self.webhook.row["failing_since"] or at
        wait = timedelta(seconds=retry_wait_s(failures, self.delivery.random))
        await self._store(stored.FAILED, *what, self.delivery.clock.now() + wait)
        if attempt.status == GONE:
            await self._disable(WebhookDisabledReason.RECEIVER_IS_GONE)
        elif has_failed_for_long(failures, at - since):
            await self._disable(WebhookDisabledReason.FAILING)

    async def _pass(self, changes: Sequence[Any]) -> None:
        """Store the position after changes of which the last ones are not sent."""
        last = changes[-1]["seq"]
        if last > self.webhook.position:
            await self._store(stored.PASS, last, self.delivery.clock.now())
            self._at(position=last)

    async def _store(self, statement: str, *values: Any) -> None:
        """Store what came of an attempt; raise `WebhookHasChanged` if it is not as it was read."""
        webhook = self.webhook
        known = (webhook.organization_id, webhook.id, webhook.position, webhook.row["version"])
        async with self.delivery.app_services.database.for_jobs() as connection:
            if await connection.fetchval(statement, *known, *values) is None:
                raise WebhookHasChanged

    def _at(self, **values: Any) -> None:
        self.webhook = replace(self.webhook, row={**self.webhook.row, **values})

    async def _disable(self, reason: WebhookDisabledReason) -> bool:
        return await self.delivery.disable(self.webhook, reason)
