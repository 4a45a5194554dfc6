"""Disable a webhook that cannot be delivered, and tell the person whose it is by a change of the feed."""

from datetime import datetime

from okr_api.okr.author import CLOCK
from okr_api.okr.change import Change
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.entity import NodeType
from okr_api.okr.webhook import WebhookDisabledReason
from okr_api.store import webhook_statements as stored
from okr_api.store.database import Database
from okr_api.store.unit_of_work import unit_of_work

from .webhook_records import StoredWebhook


async def disable_webhook(
    database: Database, webhook: StoredWebhook, reason: WebhookDisabledReason, at: datetime
) -> None:
    """Disable a webhook unless it was edited or disabled meanwhile.

    The change is of the person and tells them; that of a service, or of an owner who has left, has none.
    """
    async with unit_of_work(database, webhook.organization_id) as work:
        version = webhook.row["version"]
        disabled = await work.connection.fetchrow(
            stored.DISABLE, webhook.organization_id, webhook.id, version, reason, at
        )
        if disabled and disabled["person_id"] and webhook.actor is not None:
            work.changes.append(
                Change(
                    seq=work.next_seq,
                    recorded_at=work.now,
                    kind=ChangeKind.WEBHOOK_DISABLED,
                    author=CLOCK,
                    node_type=NodeType.PERSON,
                    node_id=disabled["person_id"],
                    due_at=at,
                )
            )
