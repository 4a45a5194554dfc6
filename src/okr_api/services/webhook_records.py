"""Webhooks as they are delivered: with their owner's rights as they are now, and the secrets that sign."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from okr_api.auth.actor import Actor, Scope
from okr_api.okr.author import Author
from okr_api.okr.policy import Role
from okr_api.okr.webhook import WebhookState
from okr_api.store import webhook_statements as stored
from okr_api.store.bulk_write import Postgres, Row


@dataclass(frozen=True, slots=True)
class StoredWebhook:
    """Webhook as stored, with the actor whose rights apply; None for an owner who has left."""

    row: Mapping[str, Any]
    actor: Actor | None

    @property
    def id(self) -> UUID:
        """Return its id."""
        id: UUID = self.row["id"]
        return id

    @property
    def organization_id(self) -> UUID:
        """Return the id of its organisation."""
        id: UUID = self.row["organization_id"]
        return id

    @property
    def position(self) -> int:
        """Return the `seq` of the last change that was delivered, or passed by."""
        position: int = self.row["position"]
        return position

    @property
    def is_active(self) -> bool:
        """Return whether changes are delivered."""
        return bool(self.row["state"] == WebhookState.ACTIVE)

    def secrets(self, at: datetime) -> tuple[str, ...]:
        """Return the secrets that sign at an instant: the present one and, for a while, the former one."""
        until, former = self.row["former_secret_until"], self.row["former_secret"]
        return (self.row["secret"], *([former] if former and until > at else []))

    def is_as(self, other: "StoredWebhook | None") -> bool:
        """Return whether nothing has changed that matters to what is delivered where."""
        return (
            other is not None
            and self.is_active == other.is_active
            and (self.position, self.row["version"]) == (other.position, other.row["version"])
            and self.actor == other.actor
        )


async def load_webhook(connection: Postgres, organization_id: UUID, id: UUID) -> StoredWebhook | None:
    """Return a webhook; None if there is none."""
    row = await connection.fetchrow(stored.WITH_OWNER, organization_id, id)
    return None if row is None else StoredWebhook(dict(row), _actor(row) if row["owner_is_here"] else None)


def _actor(row: Row) -> Actor:
    """Return who a webhook's changes are delivered to: its person by their role, or its service.

    A person had the scope ADMIN when they made it; how much of that is left depends on their role.
    """
    scopes = [Scope(scope) for scope in row["scopes"]] if row["token_id"] else [Scope.ADMIN]
    return Actor(
        organization_id=row["organization_id"],
        token_id=row["token_id"] or row["id"],
        author=Author(row["name"], row["person_id"]),
        scopes=frozenset(scopes),
        role=Role(row["role"]) if row["role"] else None,
        sees_private=row["sees_private"],
    )
