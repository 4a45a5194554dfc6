"""Subscription groups: subscribers of the same operation, feed and audience share each event's execution.

A group has one position. A subscriber that starts before it first catches up alone, with events that are
cached for a moment; then it joins and costs only the sending.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Hashable
from functools import partial
from typing import Any, Protocol

from okr_api.auth.actor import Actor
from okr_api.auth.admission_control import AdmissionRejected
from okr_api.graphql.context import Context
from okr_api.graphql.errors import NotAuthenticated
from okr_api.graphql.execution.operation_cache import NotCompilable
from okr_api.graphql.input_limits import price_of_inputs
from okr_api.graphql.operation_admission import charge_subscription
from okr_api.graphql.schema import OkrSchema
from okr_api.graphql.subscription_events import EventSelector, audience_of, depends_on_viewer, digest_of
from okr_api.graphql.subscription_executor import SubscriptionExecutor, SubscriptionRequest, rejection

DELIVERY_BATCH_SIZE = 100

log = logging.getLogger(__name__)


class Subscriber(Protocol):
    """Receiver of events; `position` is the `seq` of the last change that it knows."""

    token: str
    position: int

    def push(self, payload: bytes) -> None:
        """Send an event without waiting."""

    async def ready(self) -> None:
        """Wait until earlier events have been sent."""

    def refuse(self, errors: list[Any]) -> None:
        """End the subscription with errors."""

    def forbid(self) -> None:
        """Reject the subscriber: its token is no longer valid."""


class SubscriptionGroup:
    """Subscribers that get the same events, and the task that sends them."""

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
        """Add a subscriber that is not behind the group; start the task if it is not running."""
        assert subscriber.position >= self.position
        self.members[subscriber] = None
        self.groups[self.key] = self
        if self.task is None:
            self.task = asyncio.create_task(self._run())

    def leave(self, subscriber: Subscriber) -> None:
        """Remove a subscriber; close the group when it is the last."""
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
        except Exception as fault:  # noqa: BLE001  any error ends the group and goes to each member once
            if self.groups.get(self.key) is self:
                del self.groups[self.key]
            errors = rejection(fault)
            for subscriber in list(self.members):
                subscriber.refuse(errors)

    async def _follow(self) -> None:
        context, events = self.question.context, EventSelector(self.question.context, self.question.source)
        feed, organization_id = context.app_services.feed, context.actor.organization_id
        async for changes in feed.follow(organization_id, self.position):
            async for row in events.due(changes, self._wait_for_allowance):
                payload = await self.question.answer(row)
                gone = await self._charge(len(payload))
                await feed.notifier.answered(organization_id)
                await self._tell(row["seq"], payload, gone)
                events.sent()
                self.question.source.check_after(row)
            if changes:
                self.position = changes[-1]["seq"]

    async def _wait_for_allowance(self) -> None:
        """Wait while the tokens of all members exceed the push rate limit, for a limited time."""
        app_services = self.question.context.app_services
        actors = await app_services.tokens.actors({one.token for one in self.members})
        await app_services.push_rate_limiter.wait(actor.token_id for actor in actors.values() if actor)

    async def _charge(self, payload_bytes: int) -> set[str]:
        """Charge an event to the members' tokens; return the tokens that no longer permit it."""
        app_services, members = self.question.context.app_services, Counter(one.token for one in self.members)
        actors = await app_services.tokens.actors(members)
        charged = {actor.token_id: members[token] for token, actor in actors.items() if actor}
        app_services.push_rate_limiter.charge(charged, payload_bytes)
        return {token for token, actor in actors.items() if not actor or not self.question.is_for(actor)}

    async def _tell(self, seq: int, payload: bytes, gone: set[str]) -> None:
        """Send an event to all members, in batches that yield to other tasks; new members know it already."""
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


class SubscriptionGroups:
    """All groups of this process; with `on` False, graphql-core executes every subscription."""

    def __init__(self, schema: OkrSchema, *, on: bool = True) -> None:
        self.subscriptions = SubscriptionExecutor(schema, on=on)
        self.groups: dict[Hashable, SubscriptionGroup] = {}
        self.fallbacks: Counter[str] = Counter()

    async def follow(
        self, subscriber: Subscriber, context: Context, text: str, variables: dict[str, Any], name: str | None
    ) -> SubscriptionGroup | None:
        """Let a subscriber catch up and join its group; return None if graphql-core has to execute it.

        Raises:
            AdmissionRejected: the rate limit is exceeded.
            Refused: the catch-up failed, for example because the token was revoked.
        """
        try:
            price_of_inputs(variables)  # only checks the limits: the cost has been charged before
            asking = self.subscriptions.asking(text, variables, name)
            charge_subscription(context, asking.cost)
            actor, shared = context.actor, self.subscriptions.shared(asking)
            source, after = await asking.followed(context)
            subscriber.position, end = await context.app_services.feed.begin(actor.organization_id, after)
            rewinds = context.app_services.feed.rewinds(actor.organization_id)
            is_personal = depends_on_viewer(text)
            audience = audience_of(actor, is_personal=is_personal)
            key = (audience, rewinds, digest_of(text, name, shared))
        except AdmissionRejected:
            raise
        except NotCompilable as reason:
            self._fall_back(str(reason))
            return None
        except Exception as fault:  # noqa: BLE001  graphql-core repeats it and reports the error
            self._fall_back(f"an error: {type(fault).__name__}")
            return None
        known = self.groups.get(key)
        question = (
            known.question
            if known
            else SubscriptionRequest(
                asking, source, Context(context.app_services, None, actor), is_personal=is_personal
            )
        )
        events = EventSelector(context, question.source)
        while subscriber.position < (self.groups[key].position if key in self.groups else end):
            await self._catch_up(subscriber, key, question, events)
        group = self.groups.get(key) or SubscriptionGroup(self.groups, key, question, subscriber.position)
        group.join(subscriber)
        return group

    def _fall_back(self, reason: str) -> None:
        self.fallbacks[reason] += 1
        log.debug("subscription executed by graphql-core: %s", reason)

    async def _catch_up(
        self, subscriber: Subscriber, key: Hashable, question: SubscriptionRequest, events: EventSelector
    ) -> None:
        """Send the events of the next changes, at most 100."""
        app_services = events.context.app_services
        organization_id = events.context.actor.organization_id
        changes = await app_services.feed.changes(organization_id, subscriber.position)
        app_services.feed.check_rewinds(organization_id, question.rewinds)
        if not changes:
            return
        actor = await self._actor(subscriber, question)
        token_id = actor.token_id
        app_services.push_rate_limiter.charge_scan(token_id, len(changes))

        async def ready() -> None:
            await app_services.push_rate_limiter.wait((token_id,))
            await subscriber.ready()

        async for row in events.due(changes, ready):
            payload = await app_services.shared.get((key, row["seq"]), partial(question.answer, row))
            app_services.push_rate_limiter.charge({token_id: 1}, len(payload))
            await self._actor(subscriber, question)  # the client may have read the previous event slowly
            subscriber.position = row["seq"]
            subscriber.push(payload)
            events.sent()
            question.source.check_after(row)
        subscriber.position = changes[-1]["seq"]

    @staticmethod
    async def _actor(subscriber: Subscriber, question: SubscriptionRequest) -> Actor:
        """Return the actor of a subscriber.

        Raises:
            NotAuthenticated: the token is no longer valid, or permits other events than before.
        """
        actor = await question.context.app_services.tokens.actor(subscriber.token)
        if actor is None or not question.is_for(actor):
            raise NotAuthenticated.any_more()
        return actor
