"""Subscription groups: subscribers with one operation and audience share executions; catch-up and charges.

Where something is restricted to some of them, only those who see the same share it. A group has one position.
A subscriber that starts before it first catches up alone, with events that are cached for a moment; then it
joins and costs only the sending.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Collection, Hashable
from functools import partial
from typing import Any
from uuid import UUID

from okr_api.auth.admission_control import AdmissionRejected
from okr_api.graphql.context import Context
from okr_api.graphql.execution.operation_cache import NotCompilable
from okr_api.graphql.input_limits import price_of_inputs
from okr_api.graphql.notification_source import told_by
from okr_api.graphql.operation_admission import charge_subscription
from okr_api.graphql.schema import OkrSchema
from okr_api.graphql.subscription_catch_up import MissedEvents, Subscriber
from okr_api.graphql.subscription_events import EventSelector, depends_on_viewer, digest_of, rights_of
from okr_api.graphql.subscription_executor import SubscriptionExecutor, SubscriptionRequest, rejection
from okr_api.graphql.subscription_views import RestrictedToSome

DELIVERY_BATCH_SIZE = 100
MAX_VIEWS_READ = 4

log = logging.getLogger(__name__)


class SubscriptionGroup:
    """Subscribers of the same operation with the same rights, and the task that sends them their events."""

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
        self.app_services = question.context.app_services
        self.position = position
        self.turns = asyncio.Semaphore(MAX_VIEWS_READ)
        self.events = self._selector()
        self.selectors: dict[Hashable, EventSelector] = {}
        self.members: dict[Subscriber, UUID | None] = {}  # each with the id of its person
        self.task: asyncio.Task[None] | None = None

    def join(self, subscriber: Subscriber, person_id: UUID | None = None) -> None:
        """Add a subscriber that is not behind the group; start the task if it is not running."""
        assert subscriber.position >= self.position
        self.members[subscriber] = person_id
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
        context = self.question.context
        async for changes in context.app_services.feed.follow(context.actor.organization_id, self.position):
            if self.question.source.is_personal:
                await self._deliver_apart(changes)
            else:
                await self._deliver_to_all(context, changes)
            if changes:
                self.position = changes[-1]["seq"]

    async def _deliver_to_all(self, context: Context, changes: list[Any]) -> None:
        """Send the events of consecutive changes to all members, apart where something is restricted."""
        try:
            await self._deliver(context, self.events, changes, self.members)
        except RestrictedToSome:
            await self._deliver_apart([change for change in changes if change["seq"] > self.position])

    async def _deliver(
        self, context: Context, events: EventSelector, changes: list[Any], members: Collection[Subscriber]
    ) -> None:
        """Send the events of consecutive changes, as the actor of a context sees them, to some members."""
        async for row in events.due(context, changes, partial(self._wait_for_allowance, members)):
            async with self.turns:
                payload = await self.question.answer_each(row, context)
            gone = await self._charge(len(payload), members)
            await self.app_services.feed.notifier.answered(context.actor.organization_id)
            await self._tell(row["seq"], payload, gone, members)
            events.sent()
            self.question.source.check_after(row)

    async def _deliver_apart(self, changes: list[Any]) -> None:
        """Send the events of changes to each member as its own visibility shows them; the same ones share.

        Those who join meanwhile are sent them as well.
        """
        asked = set[Subscriber]()
        while members := [one for one in await self._concerned(changes) if one not in asked]:
            asked.update(members)
            views = await self._views(members)
            known = self.selectors
            self.selectors = {key: known.get(key) or self._selector() for key in views}
            sending = (
                self._deliver_view(key, context, changes, some) for key, (context, some) in views.items()
            )
            await asyncio.gather(*sending)

    async def _concerned(self, changes: list[Any]) -> list[Subscriber]:
        """Return the members whom changes may concern: of a personal source those who are told of any."""
        if not self.question.source.is_personal:
            return list(self.members)
        told = await told_by(self.app_services, self.question.context.actor.organization_id, changes)
        return [one for one, person in self.members.items() if person is not None and person.hex in told]

    def _selector(self) -> EventSelector:
        return EventSelector(self.question.source, self.turns)

    async def _views(
        self, members: Collection[Subscriber]
    ) -> dict[Hashable, tuple[Context, list[Subscriber]]]:
        """Return members by what they see, each with the context of one; end those with other rights now."""
        actors = await self.app_services.tokens.actors({one.token for one in members})
        views: dict[Hashable, tuple[Context, list[Subscriber]]] = {}
        delivery = object()
        for subscriber in members:
            actor = actors[subscriber.token]
            if actor is None or not self.question.is_for(actor):
                subscriber.forbid()
            else:
                key = actor.principal if self.question.source.is_personal else actor.visibility
                context = Context(self.app_services, None, actor, delivery=delivery)
                views.setdefault(key, (context, []))[1].append(subscriber)
        return views

    async def _deliver_view(
        self, key: Hashable, context: Context, changes: list[Any], members: list[Subscriber]
    ) -> None:
        """Send the events of changes to members who see the same; any error ends these alone."""
        try:
            await self._deliver(context, self.selectors[key], changes, members)
        except Exception as fault:  # noqa: BLE001  as for a whole group
            errors = rejection(fault)
            for subscriber in members:
                if subscriber in self.members:
                    subscriber.refuse(errors)

    async def _wait_for_allowance(self, members: Collection[Subscriber]) -> None:
        """Wait while the tokens of all these members exceed the push rate limit, for a limited time."""
        actors = await self.app_services.tokens.actors({one.token for one in members})
        await self.app_services.push_rate_limiter.wait(actor.token_id for actor in actors.values() if actor)

    async def _charge(self, payload_bytes: int, members: Collection[Subscriber]) -> set[str]:
        """Charge an event to the members' tokens; return the tokens that no longer permit it."""
        tokens = Counter(one.token for one in members)
        actors = await self.app_services.tokens.actors(tokens)
        charged = {actor.token_id: tokens[token] for token, actor in actors.items() if actor}
        self.app_services.push_rate_limiter.charge(charged, payload_bytes)
        return {token for token, actor in actors.items() if not actor or not self.question.is_for(actor)}

    async def _tell(self, seq: int, payload: bytes, gone: set[str], members: Collection[Subscriber]) -> None:
        """Send an event to members, in batches that yield to other tasks; new members know it already."""
        if members is self.members:
            self.position = seq
        told = list(members)
        for begin in range(0, len(told), DELIVERY_BATCH_SIZE):
            for subscriber in told[begin : begin + DELIVERY_BATCH_SIZE]:
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
            context.describe(asking.operation.definition)
            charge_subscription(context, asking.cost)
            actor, shared = context.actor, self.subscriptions.shared(asking)
            source, after = await asking.followed(context)
            subscriber.position, end = await context.app_services.feed.begin(actor.organization_id, after)
            rewinds = context.app_services.feed.rewinds(actor.organization_id)
            is_personal = depends_on_viewer(text) and not source.is_personal  # told apart at delivery
            rights = rights_of(actor, is_personal=is_personal)
            key = (rights, rewinds, digest_of(text, name, shared))
        except AdmissionRejected:
            raise
        except NotCompilable as reason:
            self._fall_back(str(reason))
            return None
        except Exception as fault:  # noqa: BLE001  graphql-core repeats it and reports the error
            self._fall_back(f"an error: {type(fault).__name__}")
            return None
        known, own = self.groups.get(key), Context(context.app_services, None, actor)
        question = (
            known.question if known else SubscriptionRequest(asking, source, own, is_personal=is_personal)
        )
        missed = MissedEvents(subscriber, key, question, context)
        while subscriber.position < (self.groups[key].position if key in self.groups else end):
            await missed.send()
        group = self.groups.get(key) or SubscriptionGroup(self.groups, key, question, subscriber.position)
        group.join(subscriber, actor.author.person_id)
        return group

    def _fall_back(self, reason: str) -> None:
        self.fallbacks[reason] += 1
        log.debug("subscription executed by graphql-core: %s", reason)
