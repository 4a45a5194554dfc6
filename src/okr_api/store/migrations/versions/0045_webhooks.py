"""Webhooks, and the latest attempts to deliver changes to them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0045"
down_revision: str | None = "0044"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def inside(column: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organization_id", column], [f"{table}.organization_id", f"{table}.id"], name=f"{column}_inside"
    )


def instant(name: str, *, nullable: bool = True) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "webhook",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("selection", sa.Text(), nullable=False),
        sa.Column("filter", JSONB(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("token_id", sa.Uuid(), nullable=True),
        sa.Column("owner_name", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("former_secret", sa.Text(), nullable=True),
        instant("former_secret_until"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("disabled_reason", sa.Text(), nullable=True),
        instant("disabled_at"),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        instant("failing_since"),
        instant("next_attempt_at"),
        instant("attempted_at"),
        sa.Column("version", sa.Integer(), nullable=False),
        instant("created_at", nullable=False),
        instant("updated_at", nullable=False),
        sa.CheckConstraint("num_nonnulls(person_id, token_id) = 1", name="webhook_has_one_owner"),
        sa.CheckConstraint(
            "(state = 'DISABLED') = (disabled_reason is not null)", name="webhook_disabled_why"
        ),
        sa.CheckConstraint("state in ('ACTIVE', 'DISABLED')", name="webhook_state"),
        sa.CheckConstraint(
            "disabled_reason in ('FAILING', 'RECEIVER_IS_GONE', 'OWNER_HAS_LEFT', 'POSITION_IS_LOST', "
            "'SELECTION_IS_INVALID')",
            name="webhook_disabled_reason",
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"]),
        inside("person_id", "person"),
        inside("token_id", "token"),
        sa.PrimaryKeyConstraint("organization_id", "id"),
    )
    op.create_index(
        "webhook_active",
        "webhook",
        ["organization_id", "position"],
        postgresql_where=sa.text("state = 'ACTIVE'"),
    )
    op.create_table(
        "webhook_attempt",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        instant("attempted_at", nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("status_code", sa.Integer(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("payload_bytes", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "outcome in ('DELIVERED', 'REJECTED', 'TIMED_OUT', 'UNREACHABLE', 'ADDRESS_NOT_ALLOWED')",
            name="webhook_attempt_outcome",
        ),
        inside("webhook_id", "webhook"),
        sa.PrimaryKeyConstraint("organization_id", "id"),
    )
    op.create_index("webhook_attempt_webhook", "webhook_attempt", ["organization_id", "webhook_id", "id"])


# The release before knows no webhooks: that one was disabled stays as an edit of its owner.
FORGET = "update change set kind = 'PERSON_UPDATED', due_at = null where kind = 'WEBHOOK_DISABLED'"


def downgrade() -> None:
    op.execute(FORGET)
    op.drop_table("webhook_attempt")
    op.drop_table("webhook")
