"""Event source of `notificationReceived`: the notifications of one person, as changes are committed.

Whom changes told is read once for all subscribers, and what they are sent once for many of them; only who was
told costs anything more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from okr_api.graphql.app_services import AppServices
from okr_api.graphql.context import Context
from okr_api.okr.visibility import EVERYTHING
from okr_api.query_engine.sent_notifications import (
    notifications_sent,
    notifications_sent_to_each,
    people_at_once,
    people_told,
)
from okr_api.query_engine.snapshot import AutocommitSnapshot

Change = Mapping[str, Any]
Told = Mapping[str, Sequence[int]]


@dataclass(frozen=True, slots=True)
class NotificationSource:
    """Source of the notifications of the people who subscribe."""

    type_name: str = "Notification"
    is_personal: bool = True

    async def visible(self, context: Context, changes: list[Change]) -> list[Change]:
        """Return the notifications that the actor is sent of consecutive changes, and sees now."""
        person = context.actor.author.person_id
        if person is None or not changes:
            return []
        told = await told_by(context.app_services, context.actor.organization_id, changes)
        if person.hex not in told:
            return []
        if context.delivery is None or any(change["has_visibility_changes"] for change in changes):
            mine = [change for change in changes if change["seq"] in told[person.hex]]
            async with context.glance() as snapshot:
                return list(await notifications_sent(snapshot, person.hex, mine))
        return await _sent_to(person.hex, context, changes, told)

    def of(self, change: Change, *, quiet: bool) -> Change | None:
        """Return the notification."""
        del quiet
        return change

    def check_after(self, event: Change) -> None:
        """Do nothing: notifications can always be followed."""


async def _sent_to(person: str, context: Context, changes: list[Change], told: Told) -> list[Change]:
    """Return what a person is sent of changes that showed and hid nothing, read together with others.

    Where these are told late, it is read again: what hides a node moves the head of the feed.
    """
    app_services, actor = context.app_services, context.actor
    people, count = sorted(told), await people_at_once(changes)
    first = people.index(person) // count * count
    some = people[first : first + count]

    async def find() -> Mapping[str, list[dict[str, Any]]]:
        seqs = {seq for one in some for seq in told[one]}
        async with context.glance() as snapshot:
            return await notifications_sent_to_each(
                snapshot, some, [change for change in changes if change["seq"] in seqs]
            )

    feed = app_services.feed
    head = feed.notifier.known_head(actor.organization_id)
    span = changes[0]["seq"], changes[-1]["seq"]
    key = ("sent", context.delivery, actor.visibility.sees, head, *span, first)
    found: Mapping[str, list[Change]] = await app_services.shared.get(key, find)
    return list(found.get(person, ()))


async def told_by(app_services: AppServices, organization_id: UUID, changes: Sequence[Change]) -> Told:
    """Return who is sent notifications of consecutive changes, by person with their positions; read once."""
    if not changes:
        return {}
    first, last = changes[0]["seq"], changes[-1]["seq"]

    async def find() -> Told:
        snapshot = AutocommitSnapshot(app_services.database, organization_id, visibility=EVERYTHING)
        async with snapshot:
            return await people_told(snapshot, first, last)

    key = ("told", organization_id, app_services.feed.rewinds(organization_id), first, last)
    told: Told = await app_services.shared.get(key, find)
    return told


async def notification_source(context: Context) -> NotificationSource:
    """Return the event source of `notificationReceived`; a service is sent nothing."""
    del context
    return NotificationSource()
