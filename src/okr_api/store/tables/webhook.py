"""Tables of webhooks and of the latest attempts to deliver changes to them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from okr_api.okr.webhook import AttemptOutcome, WebhookDisabledReason, WebhookState

from .columns import BIG, DOCUMENT, INSTANT, WORD, Owned, inside, of_organization, one_of


class WebhookRow(Owned, table=True):
    """Webhook of a person, or of a service by its token; its secrets are stored as they are, to sign with.

    `position` is the `seq` up to which changes were delivered, or do not match the filter.
    """

    __tablename__ = "webhook"
    __table_args__ = (
        of_organization(),
        inside("person_id", "person"),
        inside("token_id", "token"),
        CheckConstraint("num_nonnulls(person_id, token_id) = 1", name="webhook_has_one_owner"),
        CheckConstraint("(state = 'DISABLED') = (disabled_reason is not null)", name="webhook_disabled_why"),
        one_of("state", WebhookState, "webhook_state"),
        one_of("disabled_reason", WebhookDisabledReason, "webhook_disabled_reason"),
        Index("webhook_active", "organization_id", "position", postgresql_where=text("state = 'ACTIVE'")),
    )
    url: str = Field(sa_type=WORD)
    selection: str = Field(sa_type=WORD)
    filter: dict[str, Any] | None = Field(sa_type=DOCUMENT, nullable=True)
    person_id: UUID | None = None
    token_id: UUID | None = None
    owner_name: str = Field(sa_type=WORD)
    secret: str = Field(sa_type=WORD)
    former_secret: str | None = Field(sa_type=WORD, nullable=True)
    former_secret_until: datetime | None = Field(sa_type=INSTANT, nullable=True)
    state: str = Field(sa_type=WORD)
    disabled_reason: str | None = Field(sa_type=WORD, nullable=True)
    disabled_at: datetime | None = Field(sa_type=INSTANT, nullable=True)
    position: int = Field(sa_type=BIG)
    failures: int
    failing_since: datetime | None = Field(sa_type=INSTANT, nullable=True)
    next_attempt_at: datetime | None = Field(sa_type=INSTANT, nullable=True)
    attempted_at: datetime | None = Field(sa_type=INSTANT, nullable=True)
    version: int
    created_at: datetime = Field(sa_type=INSTANT)
    updated_at: datetime = Field(sa_type=INSTANT)


class WebhookAttemptRow(Owned, table=True):
    """Attempt to deliver a change to a webhook; only the latest ones are kept."""

    __tablename__ = "webhook_attempt"
    __table_args__ = (
        inside("webhook_id", "webhook"),
        one_of("outcome", AttemptOutcome, "webhook_attempt_outcome"),
        Index("webhook_attempt_webhook", "organization_id", "webhook_id", "id"),
    )
    webhook_id: UUID
    seq: int = Field(sa_type=BIG)
    attempted_at: datetime = Field(sa_type=INSTANT)
    outcome: str = Field(sa_type=WORD)
    status_code: int | None = None
    duration_ms: int
    payload_bytes: int
