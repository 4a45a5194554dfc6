"""Following: who asks the same of the same feed, and may see the same, is told by one execution.

A group has one position. Who comes from before it catches up alone, with events that are shared for
a moment too; who has arrived joins, and from then on costs nothing but the sending.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Hashable
from functools import partial
from time import monotonic
from typing import Any, Protocol

from okr_api.auth.admission_control import AdmissionRejected
from okr_api.graphql.context import Context
from okr_api.graphql.errors import NotAuthenticated
from okr_api.graphql.execution.operation_cache import NotCompilable
from okr_api.graphql.input_limits import price_of_inputs
from okr_api.graphql.operation_admission import charge_subscription
from okr_api.graphql.schema import OkrSchema
from okr_api.graphql.shared_events import digest_of
from okr_api.graphql.subscription_executor import SubscriptionExecutor, SubscriptionRequest, rejection
from okr_api.graphql.subscription_sources import visible_changes

DELIVERY_BATCH_SIZE = 100

log = logging.getLogger(__name__)


class Subscriber(Protocol):
    """Whoever is told; `position` is that of the last change they know of."""

    token: str
    position: int

    def push(self, payload: bytes) -> None:
        """Send an event, without waiting."""

    async def ready(self) -> None:
        """Waits until what was sent before has left."""

    def refuse(self, errors: list[Any]) -> None:
        """Ends with errors."""

    def forbid(self) -> None:
        """Their token is no longer known."""


class SubscriptionGroup:
    """All who are told the same, and the task that tells them."""

    def __init__(
        self,
        groups: dict[Hashable, "SubscriptionGroup"],
        key: Hashable,
        question: SubscriptionRequest,
        position: int,
    ) -> None:
        self.groups = groups
        self.key = key
        self.question = question
        self.position = position
        self.members: dict[Subscriber, None] = {}
        self.task: asyncio.Task[None] | None = None

    def join(self, subscriber: Subscriber) -> None:
        """Takes a subscriber in who knows all that the group has been told, or more."""
        assert subscriber.position >= self.position
        self.members[subscriber] = None
        self.groups[self.key] = self
        if self.task is None:
            self.task = asyncio.create_task(self._run())

    def leave(self, subscriber: Subscriber) -> None:
        """Lets a subscriber go; without any the group ends."""
        self.members.pop(subscriber, None)
        if not self.members:
            self._close()

    def _close(self) -> None:
        if self.groups.get(self.key) is self:
            del self.groups[self.key]
        if self.task is not None:
            self.task.cancel()

    async def _run(self) -> None:
        try:
            await self._follow()
        except Exception as fault:  # noqa: BLE001  whatever it is, it is told to all, once
            if self.groups.get(self.key) is self:
                del self.groups[self.key]
            errors = rejection(fault)
            for subscriber in list(self.members):
                subscriber.refuse(errors)

    async def _follow(self) -> None:
        context, spoken = self.question.context, monotonic()
        feed, organization_id = context.app_services.feed, context.actor.organization_id
        async for changes in feed.follow(organization_id, self.position):
            for change in await visible_changes(context, self.question.telling, changes):
                quiet = monotonic() - spoken > feed.quiet_s
                if self.question.telling.of(change, quiet=quiet) is None:
                    continue
                await self._wait_for_allowance()
                payload = await self.question.answer(change, quiet=quiet)
                if payload is not None:
                    gone = await self._charge(len(payload))
                    await feed.notifier.answered(organization_id)
                    await self._tell(change["seq"], payload, gone)
                    spoken = monotonic()
            if changes:
                self.position = changes[-1]["seq"]

    async def _wait_for_allowance(self) -> None:
        """Wait while the tokens of all members are in debt for what they were pushed."""
        app_services = self.question.context.app_services
        actors = await app_services.tokens.actors({one.token for one in self.members})
        await app_services.push_rate_limiter.wait(actor.token_id for actor in actors.values() if actor)

    async def _charge(self, payload_bytes: int) -> set[str]:
        """Charge an event to the members' tokens, and return those that no longer allow what is told."""
        app_services, members = self.question.context.app_services, Counter(one.token for one in self.members)
        actors = await app_services.tokens.actors(members)
        charged = {actor.token_id: members[token] for token, actor in actors.items() if actor}
        app_services.push_rate_limiter.charge(charged, payload_bytes)
        return {token for token, actor in actors.items() if not self._may_see(actor)}

    async def _tell(self, seq: int, payload: bytes, gone: set[str]) -> None:
        """Tells all, some at a time, as others want their turn too. Who comes meanwhile knows it already."""
        self.position = seq
        members = list(self.members)
        for begin in range(0, len(members), DELIVERY_BATCH_SIZE):
            for subscriber in members[begin : begin + DELIVERY_BATCH_SIZE]:
                if subscriber.position >= seq or subscriber not in self.members:
                    continue
                subscriber.position = seq
                if subscriber.token in gone:
                    subscriber.forbid()
                else:
                    subscriber.push(payload)
            await asyncio.sleep(0)

    def _may_see(self, actor: Any) -> bool:
        """Whether a token still allows what the group is told."""
        mine = self.question.context.actor
        return actor is not None and (actor.organization_id, actor.sees_drafts) == (
            mine.organization_id,
            mine.sees_drafts,
        )


class SubscriptionGroups:
    """All that is followed in this process; off, by graphql-core alone."""

    def __init__(self, schema: OkrSchema, *, on: bool = True) -> None:
        self.subscriptions = SubscriptionExecutor(schema, on=on)
        self.groups: dict[Hashable, SubscriptionGroup] = {}
        self.fallbacks: Counter[str] = Counter()

    async def follow(
        self, subscriber: Subscriber, context: Context, text: str, variables: dict[str, Any], name: str | None
    ) -> SubscriptionGroup | None:
        """Brings a subscriber to where others are, and lets them join; None where graphql-core has to do."""
        try:
            price_of_inputs(variables)  # it has been charged, or refused, by whoever was asked before
            asking = self.subscriptions.asking(text, variables, name)
            charge_subscription(context, asking.cost)
            actor, shared = context.actor, self.subscriptions.shared(asking)
            telling, after = await asking.followed(context)
            subscriber.position, end = await context.app_services.feed.begin(actor.organization_id, after)
            rewinds = context.app_services.feed.rewinds(actor.organization_id)
            key = (actor.organization_id, actor.sees_drafts, rewinds, digest_of(text, name, shared))
        except AdmissionRejected:
            raise
        except NotCompilable as reason:
            self._fall_back(str(reason))
            return None
        except Exception as fault:  # noqa: BLE001  graphql-core meets it again, and tells it
            self._fall_back(f"an error: {type(fault).__name__}")
            return None
        known = self.groups.get(key)
        question = (
            known.question
            if known
            else SubscriptionRequest(asking, telling, Context(context.app_services, None, actor))
        )
        spoken = monotonic()
        while subscriber.position < (self.groups[key].position if key in self.groups else end):
            spoken = await self._catch_up(subscriber, context, key, question, spoken)
        group = self.groups.get(key) or SubscriptionGroup(self.groups, key, question, subscriber.position)
        group.join(subscriber)
        return group

    def _fall_back(self, reason: str) -> None:
        self.fallbacks[reason] += 1
        log.debug("followed by graphql-core: %s", reason)

    async def _catch_up(
        self,
        subscriber: Subscriber,
        context: Context,
        key: Hashable,
        question: SubscriptionRequest,
        spoken: float,
    ) -> float:
        """Send the next hundred changes after the subscriber's position; return when one was last sent."""
        app_services = context.app_services
        organization_id = context.actor.organization_id
        changes = await app_services.feed.changes(organization_id, subscriber.position)
        app_services.feed.check_rewinds(organization_id, question.rewinds)
        if not changes:
            return spoken
        actor = await app_services.tokens.actor(subscriber.token)
        if actor is None:
            raise NotAuthenticated("The token has expired or was revoked")
        app_services.push_rate_limiter.charge_scan(actor.token_id, len(changes))
        for change in await visible_changes(context, question.telling, changes):
            quiet = monotonic() - spoken > app_services.feed.quiet_s
            if question.telling.of(change, quiet=quiet) is None:
                continue
            await app_services.push_rate_limiter.wait((actor.token_id,))
            answer = partial(question.answer, change, quiet=quiet)
            payload = await app_services.shared.get((key, change["seq"], quiet), answer)
            if payload is not None:
                app_services.push_rate_limiter.charge({actor.token_id: 1}, len(payload))
                await subscriber.ready()
                subscriber.position = change["seq"]
                subscriber.push(payload)
                spoken = monotonic()
        subscriber.position = changes[-1]["seq"]
        return spoken
