"""Event source of `notificationReceived`: the notifications of one person, as changes are committed.

Whom changes told is read once for all subscribers; only who was told costs anything more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from okr_api.graphql.app_services import AppServices
from okr_api.graphql.context import Context
from okr_api.okr.visibility import EVERYTHING
from okr_api.query_engine.notifications import notifications_sent, people_told
from okr_api.query_engine.snapshot import AutocommitSnapshot

Change = Mapping[str, Any]


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
        seqs = set(told.get(person.hex, ()))
        mine = [change for change in changes if change["seq"] in seqs]
        if not mine:
            return []
        async with context.glance() as snapshot:
            return list(await notifications_sent(snapshot, person.hex, mine))

    def of(self, change: Change, *, quiet: bool) -> Change | None:
        """Return the notification."""
        del quiet
        return change

    def check_after(self, event: Change) -> None:
        """Do nothing: notifications can always be followed."""


async def told_by(
    app_services: AppServices, organization_id: UUID, changes: Sequence[Change]
) -> Mapping[str, Sequence[int]]:
    """Return who is sent notifications of consecutive changes, by person with their positions; read once."""
    if not changes:
        return {}
    first, last = changes[0]["seq"], changes[-1]["seq"]

    async def find() -> Mapping[str, Sequence[int]]:
        snapshot = AutocommitSnapshot(app_services.database, organization_id, visibility=EVERYTHING)
        async with snapshot:
            return await people_told(snapshot, first, last)

    key = ("told", organization_id, app_services.feed.rewinds(organization_id), first, last)
    told: Mapping[str, Sequence[int]] = await app_services.shared.get(key, find)
    return told


async def notification_source(context: Context) -> NotificationSource:
    """Return the event source of `notificationReceived`; a service is sent nothing."""
    del context
    return NotificationSource()
