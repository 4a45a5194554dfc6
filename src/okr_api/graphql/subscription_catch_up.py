"""Catching up: send a subscriber the events before the position of its group, which it then joins."""

from collections.abc import Hashable
from functools import partial
from typing import Any, Protocol

from okr_api.auth.actor import Actor
from okr_api.auth.token_rejection import NotAuthenticated
from okr_api.graphql.context import Context
from okr_api.graphql.subscription_events import EventSelector, audience_of
from okr_api.graphql.subscription_executor import SubscriptionRequest
from okr_api.graphql.subscription_views import RestrictedToSome


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


class MissedEvents:
    """Events that a subscriber has missed; those that others miss as well are cached for a moment."""

    def __init__(
        self, subscriber: Subscriber, key: Hashable, question: SubscriptionRequest, context: Context
    ) -> None:
        self.subscriber = subscriber
        self.key = key
        self.question = question
        self.context = context
        self.events = EventSelector(question.source)

    async def send(self) -> None:
        """Send the events of the next changes, at most 100.

        Raises:
            NotAuthenticated: the token is no longer valid, or permits other events than before.
            NotFound: what is followed was hidden.
        """
        app_services, subscriber = self.context.app_services, self.subscriber
        organization_id = self.context.actor.organization_id
        changes = await app_services.feed.changes(organization_id, subscriber.position)
        app_services.feed.check_rewinds(organization_id, self.question.rewinds)
        if not changes:
            return
        actor = await self._actor()
        app_services.push_rate_limiter.charge_scan(actor.token_id, len(changes))
        try:
            shares = not self.question.source.is_personal
            await self._send(self.question.context if shares else self._own(actor), changes)
        except RestrictedToSome:
            missed = [change for change in changes if change["seq"] > subscriber.position]
            await self._send(self._own(actor), missed)
        subscriber.position = changes[-1]["seq"]

    def _own(self, actor: Actor) -> Context:
        """Return a context of the subscriber alone."""
        return Context(self.context.app_services, None, actor)

    async def _send(self, context: Context, changes: list[Any]) -> None:
        """Send the events of changes as the actor of a context sees them."""
        app_services, subscriber = context.app_services, self.subscriber
        token_id = self.context.actor.token_id
        visibility = audience_of(context.actor, is_personal=self.question.source.is_personal)

        async def ready() -> None:
            await app_services.push_rate_limiter.wait((token_id,))
            await subscriber.ready()

        async for row in self.events.due(context, changes, ready):
            key = (self.key, visibility, context.is_of_many, row["seq"])
            payload = await app_services.shared.get(key, partial(self.question.answer, row, context))
            app_services.push_rate_limiter.charge({token_id: 1}, len(payload))
            await self._actor()  # the client may have read the previous event slowly
            subscriber.position = row["seq"]
            subscriber.push(payload)
            self.events.sent()
            self.question.source.check_after(row)

    async def _actor(self) -> Actor:
        """Return the subscriber's actor.

        Raises:
            NotAuthenticated: the token is no longer valid, or permits other events than before.
        """
        actor = await self.context.app_services.tokens.actor(self.subscriber.token)
        if actor is None or not self.question.is_for(actor):
            raise NotAuthenticated.any_more()
        return actor
